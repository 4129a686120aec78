"""Whatever is the matter with the database: one UserError with exit code 5, a clear sentence and a way out."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import refusals
from plan import NOW, make_firing

from ledger import LEASE, begin, child, claim_one, connected, for_children, settle_one
from runner.errors import ErrorCode, Exit, UserError
from runner.ledger.database import connect, tables
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.ledger_errors import LedgerAway
from runner.ledger.values import Settlement
from runner.plan.history import State

NOBODY = 65534


@contextmanager
def refused(code: ErrorCode, *values: str) -> Iterator[pytest.ExceptionInfo[UserError]]:
    """What is done inside is refused with this code, on one line, and with a way out."""
    with refusals.refused(code, *values) as caught:
        yield caught
    assert "\n" not in caught.value.message
    assert caught.value.exit_code is Exit.REFUSED
    assert caught.value.help


def opened(path: Path) -> None:
    Ledger(parse_url(str(path))).close()


def sqlite(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def test_no_file_names_the_way_to_one(tmp_path: Path) -> None:
    with refused(ErrorCode.LEDGER_MISSING) as error:
        opened(tmp_path / "none.sqlite3")
    assert error.value.help == "Create it with: bulletins ledger init"
    assert list(tmp_path.iterdir()) == []


def test_a_folder(tmp_path: Path) -> None:
    with refused(ErrorCode.NOT_A_LEDGER):
        opened(tmp_path)


def test_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    with refused(ErrorCode.LEDGER_UNUSABLE):
        opened(tmp_path / "link")
    assert not (tmp_path / "nowhere").exists()


def test_an_empty_file_stays_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with refused(ErrorCode.LEDGER_EMPTY):
        opened(tmp_path / "empty")
    with refused(ErrorCode.LEDGER_EMPTY):
        create(parse_url(str(tmp_path / "empty")), now=NOW, who="asha")
    assert (tmp_path / "empty").read_bytes() == b""


def test_a_text_file(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("not a database, not at all\n" * 100)
    with refused(ErrorCode.LEDGER_DAMAGED):
        opened(tmp_path / "notes")


@pytest.mark.parametrize("kept", [100, 4096, 3 * 4096, -4096])
def test_a_file_that_was_cut_off(sqlite_path: Path, kept: int) -> None:
    whole = sqlite_path.read_bytes()
    sqlite_path.write_bytes(whole[:kept])
    with refused(ErrorCode.LEDGER_DAMAGED):
        opened(sqlite_path)


def test_a_damaged_page_is_met_when_it_is_read(sqlite_path: Path) -> None:
    pages = sqlite_path.read_bytes()
    sqlite_path.write_bytes(pages[: 4 * 4096] + b"\xff" * (len(pages) - 4 * 4096))
    with refused(ErrorCode.LEDGER_DAMAGED), Ledger(parse_url(str(sqlite_path))) as ledger:
        run = begin(ledger)
        claim_one(ledger, run, make_firing(), NOW)


def test_a_ledger_of_a_newer_version(sqlite_path: Path) -> None:
    sqlite(sqlite_path, "UPDATE ledger SET version = 99")
    versions = f"its tables have version 99, this program knows {tables.SCHEMA_VERSION}"
    with refused(ErrorCode.LEDGER_TOO_NEW, versions):
        opened(sqlite_path)


@pytest.mark.parametrize(
    "statement", ["UPDATE ledger SET version = 'one'", "UPDATE ledger SET version = ''", "DELETE FROM ledger"]
)
def test_a_ledger_without_its_description(sqlite_path: Path, statement: str) -> None:
    sqlite(sqlite_path, statement)
    with refused(ErrorCode.NOT_A_LEDGER):
        opened(sqlite_path)


@pytest.mark.parametrize("table", ["firings", "resolutions", "runs"])
def test_a_ledger_that_lost_a_table(sqlite_path: Path, table: str) -> None:
    sqlite(sqlite_path, f"DROP TABLE {table}")
    with refused(ErrorCode.LEDGER_DAMAGED, table):
        opened(sqlite_path)


def test_a_ledger_that_lost_what_makes_firings_unique_claims_nothing(ledger: Ledger, ledger_url: str) -> None:
    with connected(ledger_url) as connection:
        connection.exec_driver_sql("DROP INDEX firings_at_most_once")
    run = begin(ledger)
    with refused(ErrorCode.LEDGER_DAMAGED):
        claim_one(ledger, run, make_firing(), NOW)
    assert ledger.rows() == []


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE customers (id INTEGER)", "CREATE TABLE ledger (debit INTEGER, credit INTEGER)"],
)
def test_the_database_of_another_program_stays_as_it_is(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "theirs.db"
    sqlite(path, statement)
    before = path.read_bytes()
    with refused(ErrorCode.NOT_A_LEDGER):
        opened(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["theirs.db"]


@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)  # a SQLite ledger is a file of its own
def test_tables_of_another_program_are_not_taken_for_ours(ledger_url: str) -> None:
    url = parse_url(ledger_url)
    engine = connect.new_engine(url)
    with connect.transaction(engine, url) as connection:
        connection.exec_driver_sql("CREATE TABLE runs (id INTEGER)")
    engine.dispose()
    with refused(ErrorCode.LEDGER_NOT_CREATED):
        create(url, now=NOW, who="asha")


@pytest.fixture
def common_path() -> Iterator[Path]:
    """A ledger in a folder that every user can reach."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = Path(folder) / "ledger.sqlite3"
        create(parse_url(str(path)), now=NOW, who="asha")
        opened(path)  # all that is imported on the way is imported now
        yield path


@contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write whatever the permissions say; so this is done as nobody."""
    if os.geteuid() != 0:
        yield
        return
    try:
        os.seteuid(NOBODY)
    except OSError:
        pytest.skip("root can't become another user here")
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_not_be_read(common_path: Path) -> None:
    common_path.chmod(0)
    with unprivileged(), refused(ErrorCode.LEDGER_UNUSABLE):
        opened(common_path)


def test_a_file_that_may_not_be_written(common_path: Path) -> None:
    common_path.chmod(0o444)
    common_path.parent.chmod(0o777)
    with unprivileged(), Ledger(parse_url(str(common_path))) as ledger:
        assert ledger.describe().runs == 0
        with refused(ErrorCode.LEDGER_NOT_WRITABLE):
            begin(ledger)


def test_a_folder_that_may_not_be_written(common_path: Path) -> None:
    common_path.chmod(0o666)
    common_path.parent.chmod(0o555)
    with unprivileged(), pytest.raises(UserError) as caught:
        opened(common_path)
    assert caught.value.code in (ErrorCode.LEDGER_NOT_WRITABLE, ErrorCode.LEDGER_UNUSABLE)
    common_path.parent.chmod(0o755)


def test_a_folder_that_may_not_be_written_gets_no_ledger(common_path: Path) -> None:
    with unprivileged(), refused(ErrorCode.LEDGER_NOT_CREATED, "Permission denied"):
        create(parse_url(str(common_path.parent / "new" / "ledger.sqlite3")), now=NOW, who="asha")


def test_a_database_without_room_records_nothing_and_recovers(sqlite_path: Path) -> None:
    with Ledger(parse_url(str(sqlite_path))) as ledger:
        run = begin(ledger)
        claim = claim_one(ledger, run, make_firing("held"), NOW)
        assert claim
        with ledger.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with refused(ErrorCode.LEDGER_NOT_WRITABLE):
            for number in range(1000):
                claim_one(ledger, run, make_firing(f"b{number}", properties={"text": "x" * 500}), NOW)
        recorded = len(ledger.rows())
        with refused(ErrorCode.LEDGER_NOT_WRITABLE):
            settle_one(ledger, claim, Settlement(State.FIRED, reason="x" * 9000), NOW)
        assert {row.state for row in ledger.rows()} == {State.CLAIMED}
        with ledger.reading() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {int(pages or 0) + 100}")
        assert settle_one(ledger, claim, Settlement(State.FIRED), NOW)
        assert len(ledger.rows()) == recorded


def test_a_full_disk_loses_no_claim(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size=512k tmpfs {disk}"
    if sys.platform != "linux" or subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True).returncode:
        pytest.skip("no small file system can be mounted here")
    fill = f'{mount} && exec "{sys.executable}" "{child.__file__}" fill "{disk}/ledger.sqlite3"'
    done = subprocess.run(["unshare", "-m", "sh", "-c", fill], capture_output=True, text=True, env=for_children())
    said, counted = done.stdout.splitlines() or [done.stderr, ""]
    assert said.startswith("5 the ledger ")
    assert "can't be written: the disk" in said
    claimed, recorded = counted.removesuffix(" recorded").split(" claimed, ")
    assert claimed == recorded != "0"


def test_a_ledger_that_another_process_has_locked(sqlite_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_S", 0.01)
    with Ledger(parse_url(str(sqlite_path))) as ledger:
        run = begin(ledger)
        with subprocess.Popen(
            [sys.executable, child.__file__, "lock", str(sqlite_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=for_children(),
        ) as other:
            assert other.stdout
            assert other.stdout.readline() == "ready\n"
            with refused(ErrorCode.LEDGER_LOCKED, "30 s"):
                claim_one(ledger, run, make_firing(), NOW)
            assert ledger.rows() == []  # reading waits for nobody
            other.communicate("go\n")
        assert claim_one(ledger, run, make_firing(), NOW)


def test_a_ledger_that_goes_away_does_not_come_back_empty(sqlite_path: Path) -> None:
    url = parse_url(str(sqlite_path))
    sqlite_path.unlink()
    with refused(ErrorCode.LEDGER_UNUSABLE), connect.transaction(connect.new_engine(url), url):
        pass
    assert not sqlite_path.exists()


def test_a_claim_of_no_run_is_refused(ledger: Ledger) -> None:
    with refused(ErrorCode.LEDGER_UNUSABLE):
        claim_one(ledger, "NOBODY", make_firing(), NOW)
    assert ledger.rows() == []


def test_a_row_that_is_there_twice_is_refused_by_the_database(ledger: Ledger, ledger_url: str) -> None:
    run = begin(ledger)
    claim_one(ledger, run, make_firing(), NOW)
    columns = "account, bulletin, occurrence, state, run, claimed_at, file, line, payload, payload_hash, fingerprint"
    with refused(ErrorCode.LEDGER_REFUSES_VALUE), connected(ledger_url) as connection:
        connection.exec_driver_sql(f"INSERT INTO firings (id, {columns}) SELECT 'other', {columns} FROM firings")


@pytest.mark.parametrize("ledger_url", ["postgresql"], indirect=True)
def test_whoever_is_frozen_in_the_middle_of_a_write_keeps_nobody_waiting(
    ledger: Ledger, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert claim_one(ledger, run, make_firing(), NOW)
    other = begin(ledger, NOW + 2 * LEASE)
    monkeypatch.setattr(connect, "TRANSACTION_LIMITS", connect.TRANSACTION_LIMITS.replace("'5s'", "'500ms'"))

    def freeze() -> None:
        with ledger.writing() as frozen:
            frozen.execute(tables.firings.update().values(reason="never seen"))
            (row,) = ledger.put_claims_in_doubt(other)
            assert row.reason == "the run that held it ended without recording an outcome"
            frozen.execute(tables.firings.select())

    with pytest.raises(LedgerAway):
        freeze()
    assert [row.state for row in ledger.rows()] == [State.IN_DOUBT]
