"""`report`: what a run did, once more, from the ledger or from its file."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from cli.conftest import Bulletins, only_report, outcomes
from runner.definitions.schema.schemas import schema
from runner.errors import ErrorCode
from runner.sandbox.server import Sandbox

FROM_A_PLAN = ("action", "file", "line", "due_at", "fingerprint", "warnings", "name", "business_event")
ON_THE_WIRE = ("outcome", "http_status", "error", "bulletins_sent", "tries", "payload", "attempts", "latency_ms")


def test_the_ledger_shows_the_same_as_the_run_did(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.add_fault("fail:Business Event Not Found@Now 2")
    assert bulletins("fire", "--yes").code == 1
    reported = only_report(tmp_path)
    done = bulletins("report", "--format", "json")

    jsonschema.Draft202012Validator(schema("report")).validate(done.json)
    assert outcomes(done.json) == {"past-1": "expired", "now-1": "fired", "now-2": "failed"}
    written = {result["id"]: result for result in reported["results"]}
    fields = (*FROM_A_PLAN, *ON_THE_WIRE)
    for result in done.json["results"]:
        assert {name: result[name] for name in fields} == {name: written[result["id"]][name] for name in fields}
    codes = {result["id"]: result["reason_code"] for result in done.json["results"]}
    assert codes == {"past-1": "grace-ended", "now-1": None, "now-2": "refused-by-api"}
    assert done.json["results"] == reported["results"]
    assert done.json["summary"] == reported["summary"]
    same = ("id", "exit_code", "ledger", "host", "version", "git", "interrupted", "dry_run")
    assert {name: done.json["run"][name] for name in same} == {name: reported["run"][name] for name in same}


def test_a_run_is_named_by_its_id_and_a_file_by_its_path(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    assert bulletins("fire", "--yes").code == 1
    (path,) = (tmp_path / ".bulletins" / "reports").glob("*.json")
    from_file = bulletins("report", str(path), "--format", "json").json

    assert from_file == json.loads(path.read_text(encoding="utf-8"))
    assert bulletins("report", path.stem.lower(), "--format", "json").json["run"]["id"] == path.stem
    assert from_file["results"] == bulletins("report", path.stem, "--format", "json").json["results"]


def test_the_newest_run_that_did_something_is_the_default(bulletins: Bulletins, ledger: str) -> None:
    assert bulletins("fire", "--yes", "--id", "now-1").code == 0
    assert bulletins("fire", "--yes", "--id", "now-2").code == 0
    assert bulletins("fire", "--yes", "--id", "now-2").code == 0

    assert outcomes(bulletins("report", "--format", "json").json) == {"now-2": "fired"}


def test_a_person_s_word_is_in_it(bulletins: Bulletins, doubt: None) -> None:
    assert outcomes(bulletins("report", "--format", "json").json)["now-2"] == "in_doubt"
    assert bulletins("resolve", "now-2", "--sent", "--note", "in the log").code == 0
    result = next(each for each in bulletins("report", "--format", "json").json["results"] if each["id"] == "now-2")

    assert (result["outcome"], result["resolution"]["sent"]) == ("in_doubt", True)
    assert result["resolution"]["note"] == "in the log"
    assert (result["warnings"], result["attempts"][0]["http_status"]) == ([], 503)


def test_the_text_has_a_line_for_each_firing(bulletins: Bulletins, doubt: None) -> None:
    first, *lines = bulletins("report").out.splitlines()

    assert first.startswith("run 01")
    assert {line.split()[0] for line in lines[:2]} == {"fired", "in"}
    assert lines[2:] == ["1 fired, 1 in doubt (bulletins sent: 1)", "look at what is in doubt with: bulletins status"]
    assert bulletins("resolve", "now-2", "--sent", "--note", "in the log").code == 0
    assert "look at what is in doubt" not in bulletins("report").out


def test_the_sandbox_s_runs_are_in_its_own_ledger(bulletins: Bulletins, small_set: Path) -> None:
    assert bulletins("fire", "--sandbox", "--yes", "--id", "now-*").code == 0
    assert outcomes(bulletins("report", "--sandbox", "--format", "json").json) == {"now-1": "fired", "now-2": "fired"}


@pytest.mark.parametrize("run", ["01JDX0000000000000000000AA", "nothing"])
def test_a_run_that_is_not_there(bulletins: Bulletins, ledger: str, run: str) -> None:
    assert bulletins("report", run).refused_with(ErrorCode.UNKNOWN_RUN, run.upper(), exit_code=2)


def test_no_run_at_all(bulletins: Bulletins, ledger: str) -> None:
    assert bulletins("report").refused_with(ErrorCode.NO_RUN, exit_code=2)


def test_a_baseline_is_no_run_of_fire(bulletins: Bulletins, ledger: str) -> None:
    assert bulletins("ledger", "baseline", "--yes").code == 0
    assert bulletins("report").refused_with(ErrorCode.NO_RUN, exit_code=2)


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"schema_version": 1}', "\x80"])
def test_a_file_that_is_no_report(bulletins: Bulletins, text: str) -> None:
    Path("x.json").write_bytes(text.encode("latin-1"))
    assert bulletins("report", "x.json").refused_with(
        ErrorCode.NOT_A_REPORT, "x.json", ".bulletins/reports", exit_code=2
    )
