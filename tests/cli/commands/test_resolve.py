"""`resolve`: a person's word on what is in doubt."""

from __future__ import annotations

import os
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ledger import claim_one, connected
from sqlalchemy import update

from cli.conftest import Bulletins
from runner import process
from runner.definitions.load import load
from runner.errors import ErrorCode
from runner.ledger.database import tables
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.values import Identity, Origin
from runner.plan.firing import firings
from runner.sandbox.server import Sandbox


def test_without_a_ledger(bulletins: Bulletins) -> None:
    assert bulletins("resolve", "a", "--sent", "--note", "n").refused_with(ErrorCode.LEDGER_MISSING)


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize(("word", "action", "accepted"), [("--sent", "done", 1), ("--not-sent", "retry", 2)])
def test_a_word_settles_it(bulletins: Bulletins, sandbox: Sandbox, word: str, action: str, accepted: int) -> None:
    requests = len(sandbox.received())
    done = bulletins("resolve", "now-2", word, "--note", "seen in the log, 18:31")
    assert (done.code, done.err) == (0, "")
    said = "sent" if word == "--sent" else "not sent"
    assert done.out.startswith(f"resolved: now-2 in india (r1) is recorded as {said}; nothing was sent now\n")
    assert ("the next run sends it again" in done.out) is (word == "--not-sent")
    assert len(sandbox.received()) == requests
    history = bulletins("status", "now-2").out
    assert f"as {said}" in history
    assert "seen in the log, 18:31" in history
    assert f"now: {action} in india" in history
    assert bulletins("status").out.startswith("nothing is in doubt\n")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    assert len(sandbox.accepted()) == accepted
    again = bulletins("resolve", "now-2", word, "--note", "once more")
    assert again.refused_with(ErrorCode.NOTHING_TO_RESOLVE, "'now-2'")


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize("words", [[], ["--sent", "--not-sent"]])
def test_without_a_plain_word_nothing_is_settled(bulletins: Bulletins, words: list[str]) -> None:
    done = bulletins("resolve", "now-2", "--note", "seen", *words)
    assert done.refused_with(ErrorCode.BAD_USAGE, "--sent or --not-sent", "--help", exit_code=2)
    assert "now-2 in india (r1)\n" in bulletins("status").out


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize("note", ["", " ", "\t\n"])
def test_a_blank_note_settles_nothing(bulletins: Bulletins, note: str) -> None:
    done = bulletins("resolve", "now-2", "--sent", "--note", note)
    assert done.refused_with(ErrorCode.BAD_USAGE, "--note", "--help", exit_code=2)
    assert "now-2 in india (r1)\n" in bulletins("status").out


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize(
    "options", [["now-1"], ["nobody"], ["now-2", "--account", "x"], ["now-2", "--occurrence", "x"]]
)
def test_what_is_not_in_doubt(bulletins: Bulletins, options: list[str]) -> None:
    done = bulletins("resolve", *options, "--sent", "--note", "n")
    assert done.refused_with(ErrorCode.NOTHING_TO_RESOLVE, options[0])


@pytest.mark.usefixtures("two_accounts")
def test_two_doubts_of_one_id_need_more_options(bulletins: Bulletins) -> None:
    done = bulletins("resolve", "now-1", "--sent", "--note", "n")
    assert done.refused_with(ErrorCode.SEVERAL_FIRINGS, "now-1", "--account", "--occurrence", exit_code=2)
    assert bulletins("resolve", "now-1", "--sent", "--note", "n", "--account", "india").code == 0
    assert bulletins("resolve", "now-1", "--not-sent", "--note", "n").code == 0  # one is left


@pytest.mark.usefixtures("two_accounts")
def test_the_lines_that_status_gives_do_settle(bulletins: Bulletins) -> None:
    one, other, both = sent_lines(bulletins("status").out)
    assert "--run" in both
    for line in (one, other):
        program, *arguments = shlex.split(line)
        assert program == "bulletins"
        assert bulletins(*arguments).code == 0
    assert bulletins("status").out.startswith("nothing is in doubt\n")


@pytest.mark.usefixtures("two_accounts")
def test_the_line_for_a_whole_run_does_settle(bulletins: Bulletins) -> None:
    *_, both = sent_lines(bulletins("status").out)
    done = bulletins(*shlex.split(both)[1:])
    assert (done.code, done.out.count("resolved: now-1 in ")) == (0, 2)
    assert bulletins("status").out.startswith("nothing is in doubt\n")


@pytest.mark.usefixtures("two_accounts")
def test_the_lines_name_a_ledger_that_the_command_line_named(bulletins: Bulletins, tmp_path: Path) -> None:
    (tmp_path / ".bulletins" / "ledger.sqlite3").rename(tmp_path / "my ledger.sqlite3")
    lines = sent_lines(bulletins("status", "--ledger", "my ledger.sqlite3").out)
    assert len(lines) == 3
    assert all("--ledger 'my ledger.sqlite3' --sent" in line for line in lines)
    assert bulletins(*shlex.split(lines[-1])[1:]).code == 0


def sent_lines(overview: str) -> list[str]:
    return [line.split(maxsplit=1)[1] for line in overview.splitlines() if "sent?" in line]


@pytest.fixture
def two_doubts(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> str:
    """now-1 and now-2 are in doubt; the id of the run that left them so."""
    sandbox.add_fault("503-after")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 4
    sandbox.clear_faults()
    run: str = bulletins("status", "--format", "json").json["in_doubt"][0]["run"]
    return run


@pytest.mark.usefixtures("two_doubts")
def test_several_at_once(bulletins: Bulletins) -> None:
    done = bulletins("resolve", "now-1", "now-2", "now-1", "--sent", "--note", "both in the log")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[1] for line in done.out.splitlines()] == ["now-1", "now-2"]
    assert "2 done" in bulletins("plan").out


@pytest.mark.usefixtures("two_doubts")
def test_several_of_which_one_is_not_in_doubt_settle_nothing(bulletins: Bulletins) -> None:
    done = bulletins("resolve", "now-1", "past-1", "--sent", "--note", "n")
    assert done.refused_with(ErrorCode.NOTHING_TO_RESOLVE, "'past-1'")
    assert "2 in doubt" in bulletins("status").out


def test_a_whole_run(bulletins: Bulletins, two_doubts: str) -> None:
    done = bulletins("resolve", "--run", two_doubts, "--not-sent", "--note", "the account was down")
    assert (done.code, done.out.count("recorded as not sent")) == (0, 2)
    assert "2 retry" in bulletins("plan").out


def test_some_of_a_run(bulletins: Bulletins, two_doubts: str) -> None:
    assert bulletins("resolve", "now-1", "--run", two_doubts, "--sent", "--note", "n").code == 0
    done = bulletins("resolve", "now-1", "--run", two_doubts, "--sent", "--note", "n")
    assert done.refused_with(ErrorCode.NOTHING_TO_RESOLVE, "'now-1'")
    assert "1 in doubt" in bulletins("status").out


@pytest.mark.usefixtures("two_doubts")
def test_a_run_that_left_nothing(bulletins: Bulletins) -> None:
    done = bulletins("resolve", "--run", "01NOBODY", "--sent", "--note", "n")
    assert done.refused_with(ErrorCode.NOTHING_TO_RESOLVE)


@pytest.mark.usefixtures("two_doubts")
def test_without_an_id_or_a_run(bulletins: Bulletins) -> None:
    assert bulletins("resolve", "--sent", "--note", "n").refused_with(
        ErrorCode.BAD_USAGE, "--run", "--help", exit_code=2
    )
    assert "2 in doubt" in bulletins("status").out


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize(
    ("first", "then", "action"), [("--sent", "--not-sent", "retry"), ("--not-sent", "--sent", "done")]
)
def test_a_wrong_word_is_corrected(bulletins: Bulletins, first: str, then: str, action: str) -> None:
    assert bulletins("resolve", "now-2", first, "--note", "I looked at the wrong day").code == 0
    done = bulletins("resolve", "now-2", then, "--note", "the right day", "--again")
    assert done.code == 0
    history = bulletins("status", "now-2").out
    assert f"now: {action} in india" in history
    assert "I looked at the wrong day" in history
    assert "the right day" in history


@pytest.mark.usefixtures("doubt")
def test_a_resolution_that_was_acted_upon_is_kept(bulletins: Bulletins, sandbox: Sandbox) -> None:
    assert bulletins("resolve", "now-2", "--not-sent", "--note", "not there").code == 0
    assert bulletins("fire", "--yes", "--id", "now-2").code == 0
    done = bulletins("resolve", "now-2", "--not-sent", "--note", "n", "--again")
    assert done.refused_with(ErrorCode.NOTHING_TO_RESOLVE, "'now-2'")
    assert bulletins("fire", "--yes", "--id", "now-2").code == 0
    assert [received.name for received in sandbox.accepted()].count("Now 2") == 1


@pytest.mark.usefixtures("doubt")
def test_what_the_program_itself_knows_is_not_corrected(bulletins: Bulletins) -> None:
    done = bulletins("resolve", "now-1", "--not-sent", "--note", "n", "--again")
    assert done.refused_with(ErrorCode.NOTHING_TO_RESOLVE, "'now-1'")


@pytest.fixture
def frozen(ledger: str, small_set: Path) -> None:
    """now-1 is claimed by this process, whose lease ran out an hour ago, as if it had been frozen."""
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    with Ledger(parse_url(".bulletins/ledger.sqlite3"), clock=lambda: hour_ago) as opened:
        identity = Identity("asha", "here", os.getpid(), process.this_process())
        run = opened.start_run(Origin("fire", "1"), identity, lease=timedelta(seconds=30))
        (firing,) = (each for each in firings(load([small_set]), datetime.now(UTC)) if each.key.bulletin == "now-1")
        assert claim_one(opened, run, firing, hour_ago)


@pytest.mark.usefixtures("frozen")
@pytest.mark.skipif(not process.this_process(), reason="nothing distinguishes a process from later ones here")
def test_what_a_frozen_process_may_still_send_is_not_called_unsent(bulletins: Bulletins) -> None:
    assert f"  first   kill -9 {os.getpid()} " in bulletins("status").out
    done = bulletins("resolve", "now-1", "--not-sent", "--note", "n")
    assert done.refused_with(ErrorCode.PROCESS_STILL_EXISTS, f"pid {os.getpid()}", f"kill -9 {os.getpid()}")
    assert bulletins("resolve", "now-1", "--sent", "--note", "seen").code == 0
    assert "now: done" in bulletins("status", "now-1").out


def test_of_another_run_those_are_named_that_hold_some(bulletins: Bulletins, two_doubts: str) -> None:
    done = bulletins("resolve", "now-1", "--run", "01OTHER", "--sent", "--note", "n")
    assert done.refused_with(ErrorCode.NOTHING_TO_RESOLVE, "'now-1'", two_doubts)


@pytest.mark.usefixtures("two_doubts")
def test_what_is_past_its_grace_is_said_not_to_be_fired_again(bulletins: Bulletins, tmp_path: Path) -> None:
    with connected(str(tmp_path / ".bulletins" / "ledger.sqlite3")) as connection:
        past = update(tables.firings).where(tables.firings.c.bulletin == "now-1")
        connection.execute(past.values(expires_at=datetime(2026, 1, 1, tzinfo=UTC)))
    done = bulletins("resolve", "now-1", "--not-sent", "--note", "n").out
    assert "its grace period ended 2026-01-01T00:00:00Z: it is not sent again" in done
    assert "the next run sends it again" not in done
    done = bulletins("resolve", "now-2", "--not-sent", "--note", "n").out
    assert done.endswith("the next run sends it again, if it is still due\n")


def test_a_firing_in_the_sandbox_is_resolved_there(bulletins: Bulletins, small_set: Path) -> None:
    assert bulletins("fire", "--sandbox", "--yes", "--id", "now-*").code == 0
    url = parse_url(".bulletins/sandbox.sqlite3")
    with Ledger(url) as opened:
        run = opened.start_run(Origin("fire", "1"), Identity("asha", "builder", 4321), lease=timedelta(seconds=0))
        (firing,) = (each for each in firings(load([small_set]), datetime.now(UTC)) if each.key.bulletin == "past-1")
        assert claim_one(opened, run, firing, datetime.now(UTC))
        opened.end_leases(lambda process: True)
    shown = bulletins("status", "--sandbox").out
    assert 'bulletins resolve past-1 --account india --sandbox --sent --note "…"' in shown
    assert bulletins("resolve", "past-1", "--sandbox", "--sent", "--note", "seen").code == 0
    assert bulletins("status", "--sandbox").out.startswith("nothing is in doubt")
