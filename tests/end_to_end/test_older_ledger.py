"""A ledger that went back while processes were at work, or died: whoever has seen more refuses it, and nothing is lost.

Copies are taken as people take them: the file alone, a dump of the database, at any moment.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from servers.postgres import PrivatePostgres, find_binaries
from sqlalchemy import create_engine

from end_to_end.site import TIMEOUT_S, Done, Forks, Hold, Site
from runner import local
from runner.ledger.database.ledger_url import parse_url
from runner.sandbox.server import Sandbox

IDS = [f"b-{number}" for number in range(8)]
SUFFIXES = ("", "-wal", "-shm")


def ledger_files(site: Site) -> list[Path]:
    return [site.folder / ".bulletins" / f"ledger.sqlite3{suffix}" for suffix in SUFFIXES]


def without_log(site: Site) -> None:
    """The log of the ledger gets lost, as where only the file itself was copied, or a folder was cleaned."""
    for path in ledger_files(site)[1:]:
        path.unlink(missing_ok=True)


def copied(site: Site, name: str) -> list[Path]:
    """A copy of the ledger and its log; for a copy of the file alone, take the first."""
    (site.folder / name).mkdir()
    return [Path(shutil.copy(path, site.folder / name)) for path in ledger_files(site) if path.exists()]


def restore(site: Site, copy: list[Path]) -> None:
    without_log(site)
    for path in copy:
        shutil.copy(path, site.folder / ".bulletins" / path.name)


def lost_run(done: Done) -> str:
    """The run that a refusal names, on which nothing was sent."""
    assert done.code == 5, done
    assert "Traceback" not in done.err
    return done.err.split("--accept-older-ledger ")[1].split()[0]


def test_a_killed_run_whose_log_is_lost_is_missed(site: Site) -> None:
    site.write_bulletins(IDS)
    with site.hold.from_request(4), site.started("fire", "--yes") as process:
        site.wait_received(4, process)
        process.kill()
        process.communicate()
    without_log(site)
    run = lost_run(site.run("fire", "--yes"))
    requests = site.requests()
    assert sum(requests.values()) >= 4
    accepted = ("--accept-older-ledger", run, "--note", "the log was lost")
    done = site.run("fire", "--yes", *accepted)
    assert done.code == 0, done
    assert "b-0 in india" in done.err
    assert site.run("fire", "--yes", *accepted).code == 5
    assert site.run("fire", "--yes").code == 0


@pytest.mark.parametrize("whole", [True, False], ids=["with its log", "the file alone"])
def test_a_copy_from_the_middle_of_a_run_is_noticed(site: Site, whole: bool) -> None:
    site.write_bulletins(IDS)
    with site.started("fire", "--yes") as process:
        with site.hold.from_request(3):
            site.wait_received(3, process)
            copy = copied(site, "copy")
        process.communicate()
    assert process.returncode == 0
    restore(site, copy if whole else copy[:1])
    assert lost_run(site.run("fire", "--yes"))
    assert set(site.accepted().values()) == {1}


def test_what_a_run_claimed_is_known_a_moment_later_though_it_is_killed(site: Site) -> None:
    site.write_accounts("concurrency: 1")
    site.write_bulletins(IDS)
    with site.started("fire", "--yes") as process:
        with site.hold.from_request(1):
            site.wait_received(1, process)
            copy = copied(site, "copy")
            claims = site.query("SELECT count(*) FROM firings")[0]
            site.sandbox.add_fault("timeout")  # from the second request on
        wait_for_witness(claims)
        process.kill()
        process.communicate()
    restore(site, copy)
    assert lost_run(site.run("fire", "--yes"))
    assert max(site.requests().values()) == 1


def wait_for_witness(claims: int) -> None:
    """Returns once this machine has noted more claims than that."""
    folder = local.witness_folder()
    assert folder
    give_up_at = time.monotonic() + TIMEOUT_S
    while all(
        run["claims"] <= claims for path in folder.glob("*.json") for run in json.loads(path.read_bytes())["runs"]
    ):
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def test_runs_of_one_machine_at_once_raise_no_false_alarm(site: Site) -> None:
    site.write_bulletins(IDS)
    with ThreadPoolExecutor(3) as pool:
        for done in pool.map(lambda _: site.run("fire", "--yes"), range(6)):
            assert done.code == 0, done
            assert "warning" not in done.err
    assert site.run("fire", "--yes").code == 0
    assert site.accepted() == dict.fromkeys(IDS, 1)


def test_an_overlapping_run_that_ended_first_hides_no_loss(site: Site) -> None:
    """The newest run is in the copy, and nothing of it is missing; an older run went on after it."""
    site.write_bulletins(IDS)
    with site.started("fire", "--yes") as process:
        with site.hold.from_request(2):
            site.wait_received(2, process)
            other = site.run("fire", "--yes", "--id", "b-0")
            assert other.code == 0
            copy = copied(site, "copy")
        process.communicate()
    restore(site, copy)
    lost = lost_run(site.run("fire", "--yes"))
    assert lost == min(site.query("SELECT id FROM runs"))
    assert set(site.accepted().values()) == {1}


def test_machines_that_share_a_file_each_remember(site: Site) -> None:
    site.write_bulletins(IDS)
    one, two = (
        replace(site, environment={**site.environment, "XDG_STATE_HOME": str(site.folder / name)})
        for name in ("one", "two")
    )
    copy = copied(site, "copy")
    assert one.run("fire", "--yes", "--id", "b-1").code == 0
    assert two.run("fire", "--yes").code == 0
    restore(site, copy)
    for machine in (one, two):
        assert lost_run(machine.run("fire", "--yes"))
    assert site.accepted() == dict.fromkeys(IDS, 1)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_home_that_is_read_only_is_a_warning(site: Site) -> None:
    home = site.folder / "home"
    home.mkdir(mode=stat.S_IRUSR | stat.S_IXUSR)
    assert_unremembered(site, {"HOME": str(home), "XDG_STATE_HOME": ""})


def test_a_home_that_does_not_exist_is_a_warning(site: Site) -> None:
    assert_unremembered(site, {"HOME": "/dev/null", "XDG_STATE_HOME": "state"})


def assert_unremembered(site: Site, environment: dict[str, str]) -> None:
    site.write_bulletins(IDS)
    site.environment.update(environment)
    done = site.run("fire", "--yes")
    assert done.code == 0
    assert "warning: this machine can't record" in done.err
    assert site.accepted() == dict.fromkeys(IDS, 1)


@pytest.fixture
def shared(tmp_path: Path, forked: Forks | None, postgres: PrivatePostgres) -> Iterator[Callable[[str], Site]]:
    """A function that gives the same site on another machine, each with a memory of its own; on PostgreSQL."""
    with ExitStack() as stack:
        hold = Hold()
        sandbox = stack.enter_context(Sandbox(latency_s=0.02, on_answer=hold))
        site = Site(tmp_path, sandbox, ledger=postgres.new_database(), hold=hold, forked=forked)
        site.write_accounts()
        site.make_ledger()
        site.write_bulletins(IDS)

        def on(machine: str) -> Site:
            return replace(site, environment={**site.environment, "XDG_STATE_HOME": str(tmp_path / machine)})

        yield on


def tool(name: str, site: Site, *arguments: str, given: bytes | None = None) -> bytes:
    url = site.ledger_url
    binaries = find_binaries()
    assert binaries
    command = [str(binaries / name), "-h", str(url.host), "-p", str(url.port), "-U", str(url.username), *arguments]
    return subprocess.run([*command, str(url.database)], input=given, capture_output=True, check=True).stdout


def dump(site: Site) -> bytes:
    return tool("pg_dump", site)


def restore_dump(site: Site, dumped: bytes) -> None:
    """A new database of the same name, with what was dumped."""
    url = parse_url(site.ledger or "")
    engine = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{url.database}" WITH (FORCE)')
        connection.exec_driver_sql(f'CREATE DATABASE "{url.database}"')
    engine.dispose()
    if dumped:
        tool("psql", site, "--quiet", given=dumped)


def test_an_older_dump_is_refused_by_all_machines_until_one_accepts_it(shared: Callable[[str], Site]) -> None:
    one, two = shared("one"), shared("two")
    before = dump(one)
    assert one.run("fire", "--yes", "--id", "b-[0-3]").code == 0
    assert two.run("fire", "--yes").code == 0
    restore_dump(one, before)
    lost = {name: lost_run(site.run("fire", "--yes")) for name, site in (("one", one), ("two", two))}
    assert one.accepted() == dict.fromkeys(IDS, 1)

    accepted = ("--accept-older-ledger", lost["two"], "--note", "restored from the nightly dump")
    done = two.run("fire", "--yes", "--id", "b-0", *accepted)
    assert done.code == 0
    assert "b-0 in india" in done.err
    assert one.run("fire", "--yes", "--id", "b-1").code == 0
    assert one.run("fire", "--yes", "--id", "b-1", *accepted).code == 5
    assert one.accepted() == {**dict.fromkeys(IDS, 1), "b-0": 2, "b-1": 2}


def test_a_dump_from_the_middle_of_a_run_is_refused(shared: Callable[[str], Site]) -> None:
    site = shared("one")
    with site.started("fire", "--yes") as process:
        with site.hold.from_request(3):
            site.wait_received(3, process)
            middle = dump(site)
        process.communicate()
    restore_dump(site, middle)
    assert lost_run(site.run("fire", "--yes"))
    assert site.accepted() == dict.fromkeys(IDS, 1)


def test_a_new_ledger_in_a_database_that_was_made_anew_is_refused(shared: Callable[[str], Site]) -> None:
    site = shared("one")
    assert site.run("fire", "--yes").code == 0
    restore_dump(site, b"")
    assert site.run("ledger", "init").code == 0
    assert lost_run(site.run("fire", "--yes"))
    assert site.accepted() == dict.fromkeys(IDS, 1)
