"""The sample set of the repository: valid, fired at the sandbox, and not again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from end_to_end.site import ROOT, Forks, Site, outcomes
from runner.sandbox.server import Sandbox


@pytest.fixture
def sample(tmp_path: Path, forked: Forks | None) -> Iterator[Site]:
    """A copy of the set, with neither credentials nor a ledger. The sandbox here is none of its business."""
    shutil.copytree(ROOT / "bulletins.d", tmp_path / "bulletins.d")
    with Sandbox() as sandbox:
        yield Site(tmp_path, sandbox, forked=forked)


def test_the_sample_set_is_valid(sample: Site) -> None:
    done = sample.run("validate")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(" are valid\n")


def test_the_sample_set_is_fired_at_the_sandbox_once(sample: Site) -> None:
    first = sample.run("fire", "--sandbox", "--yes")
    (report,) = sample.reports()
    summary = report["summary"]
    assert summary["fired"] >= 3
    assert summary["failed"] == summary["in_doubt"] == summary["skipped"] == 0
    assert first.code == (1 if summary["expired"] else 0)
    assert "report: .bulletins/reports/" in first.out

    second = sample.run("fire", "--sandbox", "--yes", "--report-all")
    assert second.code == 0
    assert sample.reports()[-1]["summary"]["done"] == summary["fired"]
    assert set(outcomes(sample.reports()[-1]).values()) == {None}
    codes = {result["action"]: result["reason_code"] for result in sample.reports()[-1]["results"]}
    assert codes["done"] == "sent"

    planned = sample.run("plan", "--sandbox", "--detailed-exitcode")
    assert planned.code == 0
    assert "done" in planned.out


def test_the_sandbox_leaves_the_real_ledger_alone(sample: Site) -> None:
    sample.run("fire", "--sandbox", "--yes")
    assert not (sample.folder / ".bulletins" / "ledger.sqlite3").exists()
    assert sample.run("fire", "--yes").code == 5
    assert sample.sandbox.received() == ()
