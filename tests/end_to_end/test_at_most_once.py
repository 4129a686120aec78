"""The promise, against what breaks it elsewhere: overlapping runs, and runs that are killed at any moment."""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from end_to_end.site import Site, outcomes

MAX_DOUBTS_A_KILL = 5  # concurrency + 2
ROUNDS = int(os.environ.get("BULLETINS_TEST_KILL_ROUNDS", "1"))  # more of them take longer and look further
KILLS_A_ROUND = 6
BULLETINS_A_ROUND = 90


def test_six_runs_at_once_fire_each_bulletin_once(site: Site) -> None:
    ids = [f"b-{number}" for number in range(48)]
    site.write_bulletins(ids)
    with ThreadPoolExecutor(6) as pool:
        runs = list(pool.map(lambda _: site.run("fire", "--yes"), range(6)))
    assert {done.code for done in runs} == {0}, runs
    assert site.accepted() == dict.fromkeys(ids, 1)
    assert site.requests() == dict.fromkeys(ids, 1)  # the account's slots are shared: none was refused with 429
    fired = [id for report in site.reports() for id, outcome in outcomes(report).items() if outcome == "fired"]  # noqa: A001
    assert sorted(fired) == sorted(ids)
    assert site.states()["fired"] == len(ids)
    assert not site.states().keys() & {"claimed", "in_doubt"}


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_killed_at_random_moments_nothing_is_sent_twice_and_nothing_lost(site: Site, seed: int) -> None:
    ids = [f"b-{number}" for number in range(BULLETINS_A_ROUND)]
    site.write_bulletins(ids)
    chance = random.Random(seed)
    for kill in range(KILLS_A_ROUND):
        before = in_doubt(site)
        start_and_kill(site, chance)
        assert len(in_doubt(site)) - len(before) <= MAX_DOUBTS_A_KILL, f"kill {kill} of seed {seed}"

    done = site.run("fire", "--yes")
    assert done.code == (4 if "in_doubt" in outcomes(site.reports()[-1]).values() else 0), done
    accepted, doubtful = site.accepted(), in_doubt(site)
    assert max(accepted.values()) == 1
    assert accepted.keys() >= set(ids) - doubtful  # nothing lost: whatever was not raised is for a person to settle
    fired = set(site.query("SELECT bulletin FROM firings WHERE state = 'fired'"))
    assert fired.isdisjoint(doubtful)
    assert fired | doubtful == set(ids)
    assert fired <= accepted.keys()
    requests = site.sandbox.totals()[0]
    again = site.run("fire", "--yes")
    assert (again.code, site.sandbox.totals()[0]) == (0, requests)
    assert f"{len(doubtful)} in doubt" in again.out or not doubtful


def start_and_kill(site: Site, chance: random.Random) -> None:
    """Starts a run and kills it: in its first second, or some requests later and up to a request's time further."""
    seen = site.sandbox.totals()[0]
    with site.started("fire", "--yes") as process:
        if chance.random() < 0.2:
            time.sleep(chance.uniform(0.0, 1.0))
        else:
            site.wait_received(seen + chance.randint(1, 12), process)
            time.sleep(chance.uniform(0.0, 0.03))
        process.kill()
        process.communicate()


def in_doubt(site: Site) -> set[str]:
    """What a person has to settle: in doubt, or claimed by a run that has ended; every run here has."""
    return set(site.query("SELECT bulletin FROM firings WHERE state IN ('in_doubt', 'claimed')"))


def kill_in_the_middle(site: Site) -> None:
    """Kills a run of twenty bulletins that has had three answers and waits for more."""
    site.write_bulletins([f"b-{number}" for number in range(20)])
    with site.hold.from_request(4), site.started("fire", "--yes") as process:
        site.sandbox.wait_received(4, timeout_s=60)
        process.kill()
        process.communicate()


def test_a_run_reports_what_a_killed_one_left_in_doubt(site: Site) -> None:
    kill_in_the_middle(site)
    left = in_doubt(site)
    done = site.run("fire", "--yes")
    assert 1 <= len(left) <= MAX_DOUBTS_A_KILL
    assert done.code == 4
    reported = {id for id, outcome in outcomes(site.reports()[-1]).items() if outcome == "in_doubt"}  # noqa: A001
    assert reported == left
    assert max(site.accepted().values()) == 1


def test_a_killed_run_of_another_machine_holds_its_claims_until_its_lease_runs_out(site: Site) -> None:
    kill_in_the_middle(site)
    left = in_doubt(site)
    # As if it had run elsewhere, a moment ago: nobody here can know whether that process has ended.
    site.query("UPDATE runs SET process = 'elsewhere', lease_until = '2999-01-01T00:00:00.000000Z'")
    site.query("UPDATE firings SET state = 'claimed', settled_at = NULL WHERE state = 'in_doubt'")
    site.query("DELETE FROM slots")  # those of its run would keep the next one waiting as long
    done = site.run("fire", "--yes")
    assert done.code == 0
    assert f"{len(left)} held by another run" in done.out
    assert in_doubt(site) == left
    # The lease runs out.
    site.query("UPDATE runs SET lease_until = '2000-01-01T00:00:00.000000Z' WHERE process = 'elsewhere'")
    done = site.run("fire", "--yes")
    assert done.code == 4
    assert {id for id, outcome in outcomes(site.reports()[-1]).items() if outcome == "in_doubt"} == left  # noqa: A001
    assert max(site.accepted().values()) == 1
