"""Paths that begin with ~ where no shell replaces it: each command refuses to write there, and writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.conftest import Bulletins
from runner.errors import ErrorCode, Exit

COMMANDS = [
    "fire {set} --sandbox --yes --report ~/out",
    "fire {set} --sandbox --yes --metrics-file=~/out",
    "plan {set} --out=~/out",
    "ledger export ~/out",
    "init ~/out",
    "schema --for-set --path {set} --out ~out",
    "import csv {set}/shows.csv --out=~/out.yaml",
    "import xlsx {set}/shows.xlsx --out=~/out.yaml",
    "import json {set}/shows.json --out ~asha/out.yaml",
    "import curl {set}/shows.sh --out ~/out.yaml",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_path_to_write_that_begins_with_a_tilde_is_refused(
    bulletins: Bulletins, small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = bulletins(*command.format(set=small_set).split())
    assert (done.code, done.out) == (Exit.USAGE, "")
    assert f"[{ErrorCode.TILDE_IN_PATH}]" in done.err
    assert not list(tmp_path.glob("~*"))


def test_a_file_to_append_to_that_begins_with_a_tilde_is_refused(bulletins: Bulletins, small_set: Path) -> None:
    done = bulletins("new", str(small_set), "--file", "~/more.yaml", "--yes")
    assert done.code == Exit.USAGE
    assert not (small_set / "~").exists()
    assert "begins with ~" in done.err
