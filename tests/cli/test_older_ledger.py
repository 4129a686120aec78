"""A ledger that lacks what this machine has seen is refused, until a person accepts it; nothing is sent before."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from cli.conftest import Bulletins, Done, only_report, outcomes
from runner import local
from runner.errors import ErrorCode
from runner.sandbox.server import Sandbox

PLACE = Path(".bulletins/ledger.sqlite3")


def save(name: str) -> Path:
    """A copy of the ledger as it is now, for which no process has it open."""
    return Path(shutil.copy(PLACE, name))


def restore(copy: Path) -> None:
    shutil.copy(copy, PLACE)


def raised(sandbox: Sandbox) -> Counter[str | None]:
    return Counter(received.name for received in sandbox.accepted())


def lost_run(done: Done) -> str:
    """The run that a refusal names."""
    assert done.code == 5, done
    return done.err.split("--accept-older-ledger ")[1].split()[0]


@pytest.fixture
def older(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> str:
    """The run that the ledger lacks: two bulletins were sent, then a copy from before was restored."""
    before = save("before")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    (run,) = (path.stem for path in local.REPORTS.glob("*.json"))
    restore(before)
    for path in local.REPORTS.glob("*.json"):
        path.unlink()
    return run


ONCE = {"Now 1": 1, "Now 2": 1}
TWICE = {"Now 1": 2, "Now 2": 2}


def test_an_older_copy_is_refused_and_nothing_is_sent(
    bulletins: Bulletins, older: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    for _ in range(2):
        done = bulletins("fire", "--yes", "--id", "now-*")
        assert done.refused_with(ErrorCode.LEDGER_OLDER, older, "--accept-older-ledger", "--note")
    assert "`bulletins ledger baseline`" in done.err
    assert raised(sandbox) == ONCE


def test_a_refused_run_leaves_a_report(bulletins: Bulletins, older: str, tmp_path: Path) -> None:
    assert bulletins("fire", "--yes", "--id", "now-*").code == 5
    report = only_report(tmp_path)
    assert report["run"]["exit_code"] == 5
    assert set(outcomes(report).values()) == {"skipped"}


def test_the_newer_copy_brings_everything_back(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    before = save("before")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    after = save("after")
    restore(before)
    assert bulletins("fire", "--yes", "--id", "now-*").code == 5
    restore(after)
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    assert raised(sandbox) == ONCE


@pytest.mark.parametrize("arguments", [("plan",), ("status",), ("fire", "--dry-run", "--id", "now-*")])
def test_other_commands_only_warn(bulletins: Bulletins, older: str, arguments: tuple[str, ...]) -> None:
    done = bulletins(*arguments)
    assert done.code == 0
    (warning,) = (line for line in done.err.splitlines() if line.startswith("warning: "))
    assert older in warning


def test_what_looks_only_changes_no_witness(bulletins: Bulletins, older: str) -> None:
    folder = local.witness_folder()
    assert folder
    before = {path: path.read_bytes() for path in folder.iterdir()}
    for arguments in (("plan",), ("status",), ("fire", "--dry-run"), ("fire", "--yes")):
        bulletins(*arguments)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_an_accepted_ledger_goes_on_and_says_what_it_may_repeat(
    bulletins: Bulletins, older: str, sandbox: Sandbox
) -> None:
    accepted = ("--accept-older-ledger", older, "--note", "restored from the backup")
    done = bulletins("fire", "--yes", "--id", "now-*", *accepted)
    assert done.code == 0, done
    assert "now-1 in india, now-2 in india" in done.err
    assert raised(sandbox) == TWICE
    shown = bulletins("ledger", "show", "--format", "json").json["accepted"]
    assert [(each["run"], each["claims"], each["note"]) for each in shown] == [(older, 2, "restored from the backup")]

    again = bulletins("fire", "--yes", *accepted)
    assert again.refused_with(ErrorCode.NO_LOSS_TO_ACCEPT, older, "--accept-older-ledger")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    assert raised(sandbox) == TWICE


def test_an_accepted_ledger_may_not_go_back_again(bulletins: Bulletins, older: str, sandbox: Sandbox) -> None:
    accepted = ("--accept-older-ledger", older, "--note", "restored")
    assert bulletins("fire", "--yes", "--id", "now-1", *accepted).code == 0
    after = save("after")
    assert bulletins("fire", "--yes", "--id", "now-2").code == 0
    restore(after)
    again = bulletins("fire", "--yes", "--id", "now-*")
    assert lost_run(again) != older
    restore(Path("before"))
    assert bulletins("fire", "--yes", "--id", "now-*", *accepted).code == 5
    assert raised(sandbox) == TWICE


def test_nothing_is_accepted_where_the_run_is_refused_for_another_reason(bulletins: Bulletins, older: str) -> None:
    accepted = ("--accept-older-ledger", older, "--note", "restored")
    assert bulletins("fire", "--yes", "--id", "now-*", "--max", "1", *accepted).code == 5
    assert bulletins("fire", "--id", "now-*", *accepted).code == 5  # nobody can be asked
    assert bulletins("ledger", "show", "--format", "json").json["accepted"] == []
    assert lost_run(bulletins("fire", "--yes")) == older


def test_only_the_run_that_is_lost_can_be_accepted(bulletins: Bulletins, older: str, sandbox: Sandbox) -> None:
    done = bulletins("fire", "--yes", "--accept-older-ledger", "01M85VG8BNRZMX1H8FKDXEKV9W", "--note", "restored")
    assert lost_run(done) == older
    both = ("--accept-older-ledger", older, "--accept-older-ledger", "01M85VG8BNRZMX1H8FKDXEKV9W")
    assert bulletins("fire", "--yes", *both, "--note", "restored").code == 5
    assert raised(sandbox) == ONCE


@pytest.mark.parametrize(
    "arguments",
    [
        ("--accept-older-ledger", "01X"),
        ("--note", "restored"),
        ("--accept-older-ledger", "01X", "--note", " "),
        ("--accept-older-ledger", "01X", "--note", "restored", "--dry-run"),
        ("--accept-older-ledger", "01X", "--note", "restored", "--sandbox"),
    ],
)
def test_an_acceptance_that_is_not_whole_is_wrong_usage(
    bulletins: Bulletins, ledger: str, arguments: tuple[str, ...]
) -> None:
    assert bulletins("fire", "--yes", *arguments).code == 2


def test_a_baseline_of_the_whole_set_accepts_the_ledger(bulletins: Bulletins, older: str, sandbox: Sandbox) -> None:
    done = bulletins("ledger", "baseline", "--yes", "--note", "backup of Monday")
    assert done.code == 0
    assert older in done.err
    (accepted,) = bulletins("ledger", "show", "--format", "json").json["accepted"]
    assert accepted["run"] == older
    assert "backup of Monday" in accepted["note"]
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    assert raised(sandbox) == ONCE


def test_a_baseline_of_a_part_leaves_the_ledger_refused(bulletins: Bulletins, older: str, sandbox: Sandbox) -> None:
    assert bulletins("ledger", "baseline", "--yes", "--id", "now-1").code == 0
    assert lost_run(bulletins("fire", "--yes")) == older
    assert bulletins("ledger", "baseline", "--yes").code == 0
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    assert raised(sandbox) == ONCE


def test_a_baseline_that_nobody_confirms_accepts_nothing(bulletins: Bulletins, older: str) -> None:
    assert bulletins("ledger", "baseline").code == 5
    assert lost_run(bulletins("fire", "--yes")) == older


def test_a_baseline_that_is_lost_is_noticed(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    before = save("before")
    assert bulletins("ledger", "baseline", "--yes").code == 0
    restore(before)
    assert bulletins("fire", "--yes").code == 5
    assert raised(sandbox) == {}


def test_a_new_ledger_in_the_place_of_another_is_refused(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    PLACE.unlink()
    made = bulletins("ledger", "init")
    assert made.code == 0
    assert "warning: " in made.err
    run = lost_run(bulletins("fire", "--yes"))
    assert raised(sandbox) == ONCE
    accepted = ("--accept-older-ledger", run, "--note", "a new season")
    assert bulletins("fire", "--yes", "--id", "now-*", *accepted).code == 0
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    assert raised(sandbox) == TWICE


def test_a_new_ledger_elsewhere_is_none_of_its_business(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    assert bulletins("ledger", "init", "--ledger", "second.sqlite3").code == 0
    assert bulletins("fire", "--yes", "--id", "now-*", "--ledger", "second.sqlite3").code == 0


def test_a_moved_ledger_is_still_known(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    before = save("before")
    assert bulletins("fire", "--yes", "--id", "now-1").code == 0
    os.rename(PLACE, "moved.sqlite3")
    assert bulletins("fire", "--yes", "--id", "now-1", "--ledger", "moved.sqlite3").code == 0
    refused = bulletins("fire", "--yes", "--ledger", str(before))
    assert refused.refused_with(ErrorCode.LEDGER_OLDER, "--ledger", "--accept-older-ledger", str(before))
    assert bulletins("fire", "--yes", "--id", "now-2", "--ledger", "moved.sqlite3").code == 0
    assert raised(sandbox) == ONCE


def test_an_imported_ledger_is_still_known(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    assert bulletins("ledger", "export", "before.jsonl").code == 0
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    assert bulletins("ledger", "export", "after.jsonl").code == 0
    for name in ("before", "after"):
        assert bulletins("ledger", "import", f"{name}.jsonl", "--ledger", f"{name}.sqlite3").code == 0
    assert bulletins("fire", "--yes", "--ledger", "before.sqlite3").code == 5
    assert bulletins("fire", "--yes", "--id", "now-*", "--ledger", "after.sqlite3").code == 0
    assert raised(sandbox) == ONCE


def test_an_import_brings_back_what_an_older_copy_lacks(bulletins: Bulletins, older: str, ledger: str) -> None:
    assert bulletins("fire", "--yes").code == 5
    shutil.copy(PLACE, "older.sqlite3")
    restore(Path("before"))
    accepted = ("--accept-older-ledger", older, "--note", "for the export")
    assert bulletins("fire", "--yes", "--id", "now-*", *accepted).code == 0
    assert bulletins("ledger", "export", "whole.jsonl").code == 0
    shutil.copy("older.sqlite3", PLACE)
    assert bulletins("fire", "--yes").code == 5
    assert bulletins("ledger", "import", "whole.jsonl").code == 0
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0


@pytest.mark.parametrize("is_used", [True, False])
def test_an_import_that_is_lost_is_noticed(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_used: bool
) -> None:
    if is_used:
        assert bulletins("fire", "--yes", "--id", "now-1").code == 0
    before = save("before")
    other = ("--ledger", "other.sqlite3")
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("XDG_STATE_HOME", str(tmp_path / "another machine"))
        assert bulletins("ledger", "init", *other).code == 0
        assert bulletins("fire", "--yes", "--id", "now-2", *other).code == 0
        assert bulletins("ledger", "export", "other.jsonl", *other).code == 0
    sent = raised(sandbox)
    assert bulletins("ledger", "import", "other.jsonl").code == 0
    restore(before)
    assert bulletins("fire", "--yes").code == 5
    assert raised(sandbox) == sent


def test_an_import_into_an_older_ledger_warns_and_is_no_way_around(
    bulletins: Bulletins, older: str, ledger: str, sandbox: Sandbox
) -> None:
    assert bulletins("ledger", "init", "--ledger", "other.sqlite3").code == 0
    assert bulletins("ledger", "baseline", "--yes", "--id", "now-1", "--ledger", "other.sqlite3").code == 0
    assert bulletins("ledger", "export", "other.jsonl", "--ledger", "other.sqlite3").code == 0
    done = bulletins("ledger", "import", "other.jsonl")
    assert done.code == 0
    assert older in next(line for line in done.err.splitlines() if line.startswith("warning: "))
    assert lost_run(bulletins("fire", "--yes")) == older
    assert raised(sandbox) == ONCE


def test_claims_that_are_missing_of_a_run_are_noticed(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    connection = sqlite3.connect(PLACE)
    connection.execute("DELETE FROM attempts")
    connection.execute("DELETE FROM firings WHERE bulletin = 'now-1'")
    connection.commit()
    connection.close()
    done = bulletins("fire", "--yes", "--id", "now-*")
    assert "contains 1 of the 2 firings" in done.err
    assert lost_run(done)
    assert raised(sandbox) == ONCE


def test_the_sandbox_leaves_no_witness(bulletins: Bulletins, ledger: str) -> None:
    assert bulletins("fire", "--yes", "--sandbox", "--id", "now-*").code == 0
    local.SANDBOX_LEDGER.unlink()
    assert bulletins("fire", "--yes", "--sandbox", "--id", "now-*").code == 0
    folder = local.witness_folder()
    assert folder
    assert not folder.exists()


def test_a_folder_that_cant_be_written_is_a_warning(
    bulletins: Bulletins, ledger: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sandbox: Sandbox
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    done = bulletins("fire", "--yes", "--id", "now-*")
    assert done.code == 0
    assert [line.split(":")[0] for line in done.err.splitlines() if "has seen of the ledger" in line] == ["warning"]
    assert raised(sandbox) == ONCE


def test_a_damaged_witness_is_a_warning_and_is_replaced(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    assert bulletins("fire", "--yes", "--id", "now-1").code == 0
    before = save("before")
    folder = local.witness_folder()
    assert folder
    (path,) = folder.iterdir()
    path.write_text("{")
    done = bulletins("fire", "--yes", "--id", "now-2")
    assert done.code == 0
    assert str(path) in done.err
    assert json.loads(path.read_text())["runs"]
    restore(before)
    assert bulletins("fire", "--yes").code == 5
    assert raised(sandbox) == ONCE


def test_two_machines_that_share_a_ledger_accept_together(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def on(machine: str, *arguments: str) -> Done:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / machine))
        return bulletins("fire", "--yes", "--id", "now-*", *arguments)

    before = save("before")
    assert on("one", "--exclude-id", "now-2").code == 0
    assert on("two").code == 0
    restore(before)
    first, second = lost_run(on("one")), lost_run(on("two"))
    assert first != second
    assert raised(sandbox) == ONCE
    # What the first machine lost is older: accepting that covers no later run.
    restore(before)
    assert on("one", "--accept-older-ledger", first, "--note", "x", "--max", "0").code == 5
    assert on("two", "--accept-older-ledger", second, "--note", "restored").code == 0
    assert on("one").code == 0
    assert on("two").code == 0
    assert raised(sandbox) == TWICE


def test_accepting_an_earlier_loss_covers_no_later_one(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def on(machine: str, *arguments: str) -> Done:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / machine))
        return bulletins("fire", "--yes", *arguments)

    before = save("before")
    assert on("one", "--id", "now-1").code == 0
    assert on("two", "--id", "now-2").code == 0
    restore(before)
    first = lost_run(on("one"))
    assert on("one", "--id", "now-1", "--accept-older-ledger", first, "--note", "x").code == 0
    second = lost_run(on("two", "--id", "now-2"))
    assert raised(sandbox) == {"Now 1": 2, "Now 2": 1}
    assert on("two", "--id", "now-2", "--accept-older-ledger", second, "--note", "x").code == 0
    assert on("one", "--id", "now-*").code == 0
    assert raised(sandbox) == TWICE
