"""At most once, as the ledger keeps it: every way from state to state, and claims that race."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import runner
from runner.definitions.model import Bulletin, Definitions, Place, Schedule
from runner.ledger import connect
from runner.ledger.ledger import Ledger
from runner.ledger.values import Attempt, Claim, Identity, Origin, Settlement
from runner.plan.firing import Firing, firings
from runner.plan.history import State

NOW = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
ME = Identity("me", "here", 1)
LATER = NOW + timedelta(minutes=5)


def firing_of(name: str = "b-1", schedule: Schedule | None = None) -> Firing:
    place = Place("x.yaml", 1, 1, 0)
    bulletin = Bulletin(name, "E", "N", {"p": "1"}, "a@example.com", ("india",), place, schedule=schedule)
    (firing,) = firings(Definitions({}, {}, (bulletin,), ()))
    return firing


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    url = connect.parse_url(str(tmp_path / "ledger.sqlite3"))
    connect.create(url, now=NOW, who="me")
    with Ledger(url) as opened:
        yield opened


@pytest.fixture
def run(ledger: Ledger) -> str:
    return ledger.start_run(Origin("fire", "0"), ME, now=NOW, lease_until=NOW + LEASE)


def claim(ledger: Ledger, run: str, firing: Firing) -> Claim:
    claimed = ledger.claim(run, firing, NOW)
    assert claimed is not None
    return claimed


@pytest.mark.parametrize("state", [State.FIRED, State.IN_DOUBT])
def test_what_was_or_may_have_been_sent_is_never_claimed_again(ledger: Ledger, run: str, state: State) -> None:
    assert ledger.settle(claim(ledger, run, firing_of()), Settlement(state), NOW)

    assert ledger.claim(run, firing_of(), NOW) is None


@pytest.mark.parametrize("state", [State.FAILED, State.RELEASED])
def test_what_was_certainly_not_sent_may_be_claimed_again(ledger: Ledger, run: str, state: State) -> None:
    assert ledger.settle(claim(ledger, run, firing_of()), Settlement(state), NOW)

    assert ledger.claim(run, firing_of(), NOW) is not None


def test_a_claim_whose_lease_ran_out_is_swept_into_doubt_once_and_still_blocks(ledger: Ledger, run: str) -> None:
    claim(ledger, run, firing_of())

    assert ledger.sweep(NOW + LEASE) == []
    assert [row.key for row in ledger.sweep(LATER)] == [firing_of().key]
    assert ledger.sweep(LATER) == []
    assert ledger.claim(run, firing_of(), LATER) is None


def test_a_run_that_was_swept_still_records_what_it_knows(ledger: Ledger, run: str) -> None:
    held = claim(ledger, run, firing_of())
    ledger.sweep(LATER)

    assert ledger.settle(held, Settlement(State.FIRED), LATER)
    assert ledger.in_doubt(LATER) == []


@pytest.mark.parametrize(("sent", "free"), [(True, False), (False, True)])
def test_a_persons_word_settles_a_doubt_and_nothing_overrules_it(
    ledger: Ledger, run: str, *, sent: bool, free: bool
) -> None:
    held = claim(ledger, run, firing_of())
    ledger.settle(held, Settlement(State.IN_DOUBT, reason="no answer"), NOW)
    (row,) = ledger.in_doubt(NOW)

    assert ledger.resolve(row, sent=sent, note="looked it up", identity=ME, now=LATER)
    assert not ledger.resolve(row, sent=not sent, note="again", identity=ME, now=LATER)
    assert not ledger.settle(held, Settlement(State.FIRED), LATER)
    assert (ledger.claim(run, firing_of(), LATER) is not None) is free
    assert [(each.sent, each.note, each.who) for each in ledger.resolutions([row.id])] == [(sent, "looked it up", "me")]


def test_a_live_claim_is_not_for_a_person_to_settle(ledger: Ledger, run: str) -> None:
    claim(ledger, run, firing_of())
    (row,) = ledger.rows()

    assert not ledger.resolve(row, sent=False, note="?", identity=ME, now=NOW)


def test_an_expiry_is_news_once_for_each_window(ledger: Ledger, run: str) -> None:
    missed = firing_of(schedule=Schedule(NOW - timedelta(hours=3)))
    moved = firing_of(schedule=Schedule(NOW - timedelta(hours=2)))

    assert ledger.expire(run, [missed], NOW) == {missed.key}
    assert ledger.expire(run, [missed], LATER) == set()
    assert ledger.expire(run, [moved], LATER) == {moved.key}


def test_a_claim_whose_window_closed_frees_the_firing_and_leaves_the_expiry(ledger: Ledger, run: str) -> None:
    missed = firing_of(schedule=Schedule(NOW - timedelta(hours=3)))
    ledger.expire_claimed(claim(ledger, run, missed), run, missed, Settlement(State.RELEASED, reason="late"), NOW)

    assert sorted(row.state for row in ledger.rows()) == [State.EXPIRED, State.RELEASED]
    assert ledger.expire(run, [missed], LATER) == set()
    assert ledger.claim(run, missed, LATER) is not None


def test_attempts_are_kept_with_the_outcome(ledger: Ledger, run: str) -> None:
    held = claim(ledger, run, firing_of())
    tries = (Attempt(1, NOW, 1.5, "no", 429), Attempt(2, NOW, 2.5, "yes", 200, "{}"))

    assert ledger.settle(held, Settlement(State.FIRED, http_status=200, bulletins_sent=3, attempts=tries), NOW)
    (row,) = ledger.rows()
    assert (row.state, row.http_status, row.bulletins_sent) == (State.FIRED, 200, 3)


def test_the_lease_of_a_run_whose_process_is_gone_ends_at_once(tmp_path: Path, ledger: Ledger) -> None:
    gone = Identity("me", "here", 1, "this process")
    run = ledger.start_run(Origin("fire", "0"), gone, now=NOW, lease_until=NOW + LEASE)
    claim(ledger, run, firing_of())

    ledger.end_leases(lambda process: False, now=NOW)
    assert ledger.in_doubt(NOW + timedelta(seconds=1)) == []
    ledger.end_leases(lambda process: process == "this process", now=NOW)
    assert [row.key for row in ledger.in_doubt(NOW + timedelta(seconds=1))] == [firing_of().key]


def test_of_many_threads_one_gets_each_claim(ledger: Ledger, run: str) -> None:
    wanted = [firing_of(f"b-{number}") for number in range(20)]
    won: list[str] = []
    barrier = threading.Barrier(8)

    def take() -> None:
        barrier.wait()
        won.extend(firing.key.bulletin for firing in wanted if ledger.claim(run, firing, NOW))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(won) == sorted(firing.key.bulletin for firing in wanted)


CLAIM_ALL = """
import sys
sys.path[:0] = [{here!r}, {root!r}]
from test_promise import LEASE, ME, NOW, connect, firing_of, Ledger, Origin
with Ledger(connect.parse_url({place!r})) as ledger:
    run = ledger.start_run(Origin("fire", "0"), ME, now=NOW, lease_until=NOW + LEASE)
    print(*(f"b-{{n}}" for n in range(20) if ledger.claim(run, firing_of(f"b-{{n}}"), NOW)), flush=True)
    {end}
"""


def claiming(ledger: Ledger, end: str = "") -> subprocess.Popen[str]:
    root = str(Path(runner.__file__).parents[1])
    code = CLAIM_ALL.format(here=str(Path(__file__).parent), root=root, place=ledger.place, end=end)
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_of_several_processes_one_gets_each_claim(ledger: Ledger) -> None:
    processes = [claiming(ledger) for _ in range(4)]
    won = [name for process in processes for name in process.communicate()[0].split()]

    assert [process.returncode for process in processes] == [0] * 4
    assert sorted(won) == sorted(f"b-{number}" for number in range(20))


def test_a_claim_outlives_the_process_that_was_killed_right_after_it(ledger: Ledger, run: str) -> None:
    process = claiming(ledger, end="sys.stdin.read()")
    assert process.stdout is not None
    with process:
        assert process.stdout.readline()
        process.kill()

    assert ledger.claim(run, firing_of("b-7"), NOW) is None
