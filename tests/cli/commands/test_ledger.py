"""`ledger`: made, described, checked and moved; and a baseline of what was sent by other means."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from cli.conftest import Bulletins
from runner.errors import ErrorCode
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.database.tables import SCHEMA_VERSION
from runner.ledger.ledger import Ledger
from runner.ledger.values import Identity, Origin
from runner.sandbox.server import Sandbox


def test_a_ledger_is_made_once(bulletins: Bulletins, tmp_path: Path) -> None:
    first = bulletins("ledger", "init")
    assert first.code == 0
    assert first.out.startswith("created the ledger 01")
    assert first.out.endswith(" at .bulletins/ledger.sqlite3\n")
    assert first.err.startswith("keep the ledger where every run finds it")
    made = (tmp_path / ".bulletins/ledger.sqlite3").read_bytes()
    again = bulletins("ledger", "init")
    assert again.refused_with(ErrorCode.LEDGER_EXISTS, ".bulletins/ledger.sqlite3")
    assert (tmp_path / ".bulletins/ledger.sqlite3").read_bytes() == made


def test_what_is_made_is_kept_out_of_git(bulletins: Bulletins, tmp_path: Path) -> None:
    bulletins("ledger", "init")
    assert (tmp_path / ".bulletins/.gitignore").read_text() == "*\n"


def test_no_file_is_ever_replaced(bulletins: Bulletins, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    assert bulletins("ledger", "init", "--ledger", "notes").refused_with(ErrorCode.LEDGER_EXISTS)
    assert (tmp_path / "notes").read_text() == "mine"


def test_a_place_where_none_can_be_made(bulletins: Bulletins, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = bulletins("ledger", "init", "--ledger", "file/ledger.sqlite3")
    assert done.refused_with(ErrorCode.LEDGER_NOT_CREATED, "file/ledger.sqlite3", "--ledger")


def test_show(bulletins: Bulletins, ledger: str) -> None:
    assert bulletins("fire", "--yes").code == 1
    done = bulletins("ledger", "show")
    assert (done.code, done.err) == (0, "")
    assert "size bytes " in done.out
    facts = dict(line.split(maxsplit=1) for line in done.out.splitlines() if not line.startswith("created"))
    assert facts == {
        "id": ledger,
        "kind": "sqlite",
        "place": ".bulletins/ledger.sqlite3",
        "size": facts["size"],
        "version": str(SCHEMA_VERSION),
        "runs": "1",
        "firings": "2 fired, 1 expired",
    }


def test_show_in_json(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("ledger", "show", "--format", "json")
    assert (done.code, done.err, done.json["id"], done.json["runs"]) == (0, "", ledger, 0)
    assert set(done.json["firings"].values()) == {0}


def test_show_without_one(bulletins: Bulletins) -> None:
    done = bulletins("ledger", "show")
    assert done.refused_with(ErrorCode.LEDGER_MISSING, ".bulletins/ledger.sqlite3")


def test_a_ledger_is_no_program(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    mode = (tmp_path / ".bulletins/ledger.sqlite3").stat().st_mode
    assert not mode & (stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


@pytest.fixture
def used(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> str:
    """The id of a ledger that holds a row of each state but claimed, attempts and a resolution."""
    sandbox.add_fault("503@Now 2*1")
    assert bulletins("fire", "--yes").code == 4
    assert bulletins("resolve", "now-2", "--not-sent", "--note", "नहीं मिला").code == 0
    sandbox.add_fault("400@Now 2*1")
    assert bulletins("fire", "--yes").code == 1
    sandbox.add_fault("503@Now 2*1")
    assert bulletins("fire", "--yes").code == 4
    return ledger


def test_moved_it_is_the_same(bulletins: Bulletins, used: str, tmp_path: Path) -> None:
    done = bulletins("ledger", "export", "out.jsonl")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"exported the ledger {used} to out.jsonl: {len(lines_of(tmp_path / 'out.jsonl')) - 2} rows\n"
    assert "".join(lines_of(tmp_path / "out.jsonl")) == bulletins("ledger", "export").out

    done = bulletins("ledger", "import", "out.jsonl", "--ledger", "moved.sqlite3")
    assert done.out.startswith(f"imported into the ledger {used} at moved.sqlite3: firings: 5 (5 new, 0 known ")
    assert "never fire with the exported one again" in done.err
    assert bulletins("ledger", "export", "--ledger", "moved.sqlite3").out == bulletins("ledger", "export").out
    now = "2026-12-01T00:00:00Z"
    old, new = (
        bulletins("plan", "--now", now, "-v", "--ledger", url) for url in (".bulletins/ledger.sqlite3", "moved.sqlite3")
    )
    assert (new.code, new.out) == (0, old.out)
    assert bulletins("status", "now-2", "--ledger", "moved.sqlite3").out == bulletins("status", "now-2").out

    again = bulletins("ledger", "import", "out.jsonl", "--ledger", "moved.sqlite3")
    assert "firings: 5 (0 new, 0 known with more certainty than before)" in again.out
    assert again.err == ""
    assert bulletins("ledger", "export", "--ledger", "moved.sqlite3").out == bulletins("ledger", "export").out


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="ascii").splitlines(keepends=True)


def test_an_export_that_is_not_whole_imports_nothing(bulletins: Bulletins, used: str, tmp_path: Path) -> None:
    assert bulletins("ledger", "export", "out.jsonl").code == 0
    lines = lines_of(tmp_path / "out.jsonl")
    (tmp_path / "short.jsonl").write_text("".join(lines[:-1]), encoding="ascii")
    done = bulletins("ledger", "import", "short.jsonl", "--ledger", "new.sqlite3")
    assert done.refused_with(ErrorCode.EXPORT_INCOMPLETE)
    assert not (tmp_path / "new.sqlite3").exists()
    assert bulletins("ledger", "init", "--ledger", "there.sqlite3").code == 0
    before = bulletins("ledger", "export", "--ledger", "there.sqlite3").out
    assert bulletins("ledger", "import", "short.jsonl", "--ledger", "there.sqlite3").code == 5
    assert bulletins("ledger", "export", "--ledger", "there.sqlite3").out == before


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", ErrorCode.NOT_AN_EXPORT),
        (b"{}\n", ErrorCode.NOT_AN_EXPORT),
        (b"\xff\n", ErrorCode.NOT_AN_EXPORT),
        (b"[]", ErrorCode.EXPORT_INCOMPLETE),
    ],
)
def test_what_is_no_export(bulletins: Bulletins, ledger: str, tmp_path: Path, content: bytes, code: ErrorCode) -> None:
    (tmp_path / "in").write_bytes(content)
    assert bulletins("ledger", "import", "in").refused_with(code)


def test_an_export_that_is_not_there(bulletins: Bulletins, ledger: str) -> None:
    assert bulletins("ledger", "import", "nowhere").refused_with(ErrorCode.CANNOT_READ)


def test_an_export_that_has_no_place(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = bulletins("ledger", "export", "file/out.jsonl")
    assert done.refused_with(ErrorCode.CANNOT_WRITE, "file/out.jsonl")


def test_two_ledgers_that_both_sent_are_reported(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    assert bulletins("fire", "--yes", "--id", "now-1").code == 0
    assert bulletins("ledger", "init", "--ledger", "other.sqlite3").code == 0
    assert bulletins("fire", "--yes", "--id", "now-*", "--ledger", "other.sqlite3").code == 0
    (Path("out.jsonl")).write_text(bulletins("ledger", "export", "--ledger", "other.sqlite3").out)
    done = bulletins("ledger", "import", "out.jsonl")
    assert (done.code, done.err) == (0, "")
    assert f"imported into the ledger {ledger} " in done.out
    assert "sent, or perhaps sent, according to both ledgers: now-1 in india (r1)\n" in done.out
    assert "2 done" in bulletins("plan").out
    assert bulletins("ledger", "check").code == 0


def test_a_run_under_way_is_reported_and_stops_an_import(bulletins: Bulletins, used: str) -> None:
    assert bulletins("ledger", "export", "before.jsonl").code == 0
    with Ledger(parse_url(".bulletins/ledger.sqlite3")) as opened:
        run = opened.start_run(Origin("fire", "1"), Identity("asha", "builder", 4321), lease=timedelta(hours=1))
    done = bulletins("ledger", "export")
    assert done.err == f"run {run} on builder is in progress: the export lacks what it sends from now on\n"
    done = bulletins("ledger", "import", "before.jsonl")
    assert done.refused_with(ErrorCode.RUN_IN_PROGRESS, run)


def test_check(bulletins: Bulletins, used: str) -> None:
    done = bulletins("ledger", "check")
    assert (done.code, done.out, done.err) == (0, f"the ledger {used} is sound (firings: 5, runs: 3)\n", "")
    assert bulletins("ledger", "check", "--format", "json").json == {"ledger": used, "findings": []}


def test_check_of_a_broken_one(bulletins: Bulletins, used: str) -> None:
    with closing(sqlite3.connect(".bulletins/ledger.sqlite3")) as connection:
        connection.execute("UPDATE firings SET payload = '{}' WHERE bulletin = 'now-1'")
        connection.commit()
    done = bulletins("ledger", "check")
    assert done.refused_with(ErrorCode.LEDGER_DAMAGED, ".bulletins/ledger.sqlite3", used)
    assert done.out.startswith("fault: row 01")
    assert "(now-1 in india): its payload does not match its hash" in done.out
    assert bulletins("ledger", "check", "--format", "json").json["findings"][0]["is_fault"] is True
    assert bulletins("ledger", "check").code == 5  # nothing was repaired


def test_baseline(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    done = bulletins("ledger", "baseline", "--yes", "--note", "sent from the dashboard")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "3 recorded as already sent by other means; nothing was sent now\n"
        "not recorded: 1 due later (--also-later records them too)\n"
    )
    assert "1 wait, 3 done, 1 disabled" in bulletins("plan").out
    assert bulletins("fire", "--yes").code == 0
    assert sandbox.received() == ()
    assert "sent before, by other means: sent from the dashboard; run " in bulletins("status", "now-1").out
    done = bulletins("ledger", "baseline", "--yes")
    assert done.out.startswith("0 recorded")


def test_a_baseline_of_a_selection(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("ledger", "baseline", "--yes", "--tag", "hindi", "--id", "now-*")
    assert done.out == "1 recorded as already sent by other means; nothing was sent now\n"
    assert "1 fire, 1 wait, 1 expired (not reported yet), 1 done, 1 disabled" in bulletins("plan").out


def test_a_baseline_of_what_is_due_later(bulletins: Bulletins, ledger: str) -> None:
    assert bulletins("ledger", "baseline", "--yes", "--also-later").out.startswith("4 recorded")
    assert "4 done, 1 disabled" in bulletins("plan").out


def test_a_baseline_leaves_what_is_in_doubt(bulletins: Bulletins, used: str) -> None:
    assert bulletins("ledger", "baseline", "--yes").out.startswith("1 recorded")  # the one that expired
    assert "1 in doubt" in bulletins("status").out


def test_a_baseline_that_nobody_confirms(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("ledger", "baseline")
    assert done.refused_with(ErrorCode.NO_TERMINAL, "--yes")
    assert "2 fire" in bulletins("plan").out
