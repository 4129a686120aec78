"""The promise with a PostgreSQL server as the ledger: killed runs, overlapping ones, a restart, a pooler.

`tests/torture` does the same for longer and harder.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from servers.postgres import PrivatePostgres
from torture.places import verdict

from end_to_end.site import Done, Forks, Hold, Site, outcomes
from runner.sandbox.server import Sandbox

MAX_DOUBTS_A_KILL = 5  # concurrency + 2
KILLS = 4


@pytest.fixture
def site_at(tmp_path: Path, forked: Forks | None) -> Iterator[Callable[[str, list[str]], Site]]:
    """A function that makes a site whose ledger is at a URL, with bulletins of those ids."""
    with ExitStack() as stack:

        def make(url: str, ids: list[str]) -> Site:
            hold = Hold()
            sandbox = stack.enter_context(Sandbox(latency_s=0.02, on_answer=hold))
            site = Site(tmp_path, sandbox, ledger=url, hold=hold, forked=forked)
            site.write_accounts()
            site.make_ledger()
            site.write_bulletins(ids)
            return site

        yield make


def numbered(count: int) -> list[str]:
    return [f"b-{number}" for number in range(count)]


def test_killed_runs_send_nothing_twice_and_lose_nothing(
    site_at: Callable[[str, list[str]], Site], postgres_url: str
) -> None:
    ids, chance = numbered(60), random.Random(1)
    site = site_at(postgres_url, ids)
    doubtful: frozenset[str] = frozenset()
    for _ in range(KILLS):
        with site.started("fire", "--yes") as process:
            site.wait_received(site.sandbox.totals()[0] + chance.randint(1, 9), process)
            time.sleep(chance.uniform(0.0, 0.03))
            process.kill()
            process.communicate()
        left = verdict(site, ids)
        assert not left.broken(over=False)
        assert len(left.in_doubt - doubtful) <= MAX_DOUBTS_A_KILL
        doubtful = left.in_doubt

    done = site.run("fire", "--yes")
    assert done.code == (4 if "in_doubt" in outcomes(site.reports()[-1]).values() else 0), done
    final = verdict(site, ids)
    assert not final.broken(over=True)
    assert final.in_doubt == doubtful


def test_overlapping_runs_fire_each_bulletin_once(site_at: Callable[[str, list[str]], Site], postgres_url: str) -> None:
    ids = numbered(30)
    site = site_at(postgres_url, ids)
    assert_fired_once(site, ids, [done.code for done in at_once(site, 3)])


def test_a_run_outlives_a_restart_of_the_server(
    site_at: Callable[[str, list[str]], Site], postgres: PrivatePostgres, postgres_url: str
) -> None:
    ids = numbered(40)
    site = site_at(postgres_url, ids)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(site.run, "fire", "--yes")
        with site.hold.from_request(20):
            site.sandbox.wait_received(20, timeout_s=60)
            postgres.stop("fast")
        time.sleep(0.3)  # what was answered meanwhile has to wait for it
        postgres.start()
        done = running.result()
    assert_fired_once(site, ids, [done.code])


def test_runs_through_a_pooler_that_gives_each_transaction_another_session(
    site_at: Callable[[str, list[str]], Site], pgbouncer_url: str
) -> None:
    ids = numbered(30)
    site = site_at(pgbouncer_url, ids)
    assert_fired_once(site, ids, [done.code for done in at_once(site, 2)])


def at_once(site: Site, count: int) -> list[Done]:
    """So many runs at the same time."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: site.run("fire", "--yes"), range(count)))


def assert_fired_once(site: Site, ids: list[str], codes: list[int]) -> None:
    """Every bulletin was raised once and is known as fired, by the ledger and by one report."""
    assert set(codes) == {0}, site.reports()
    assert site.accepted() == dict.fromkeys(ids, 1)
    assert site.requests() == dict.fromkeys(ids, 1)  # none was refused with 429
    assert site.states()["fired"] == len(ids)
    assert not site.states().keys() & {"claimed", "in_doubt"}
    reported = [id for report in site.reports() for id, outcome in outcomes(report).items() if outcome == "fired"]  # noqa: A001
    assert sorted(reported) == sorted(ids)
