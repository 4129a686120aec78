"""Several at once: threads, processes, and processes that die."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from plan import NOW, TICK
from torture.processes import Forked, Zygote

from ledger import LEASE, PATIENCE_S, all_of, at, at_once, begin, child, claim_one, settle_one
from ledger.child import FIRINGS
from runner.ledger.database import tables
from runner.ledger.ledger import Ledger
from runner.ledger.values import Settlement
from runner.plan.decide import Action, decide
from runner.plan.history import State

Started = Callable[[str, str], AbstractContextManager[Forked]]
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked off one here")


@pytest.fixture
def started(zygote: Zygote) -> Started:
    """A process that has come to the point where it waits for us; killed at the end."""

    @contextmanager
    def start(what: str, url: str) -> Iterator[Forked]:
        place = Path.cwd()
        with zygote.started(place, os.environ, [what, url], stdin=True, script=child.__file__) as process:
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
            yield process

    return start


def test_of_eight_threads_one_claims_each_firing(ledger: Ledger, ledger_url: str) -> None:
    def work() -> list[str]:
        run = begin(ledger)
        return [firing.key.bulletin for firing in FIRINGS if claim_one(ledger, run, firing, NOW)]

    got = Counter(bulletin for mine in at_once(*[work] * 8) for bulletin in mine)
    assert got == Counter(firing.key.bulletin for firing in FIRINGS)
    assert len(all_of(ledger_url, tables.firings)) == len(FIRINGS)


def test_threads_that_settle_and_read_at_once_lose_nothing(ledger: Ledger) -> None:
    run = begin(ledger)
    claims = [claim_one(ledger, run, firing, NOW) for firing in FIRINGS]

    def work(number: int) -> None:
        for claim in claims[number::4]:
            assert claim
            assert settle_one(ledger, claim, Settlement(State.FIRED), NOW)
            ledger.history(FIRINGS, NOW)
            ledger.renew(run, lease=LEASE)

    at_once(*(partial(work, number) for number in range(4)))
    assert ledger.describe().states["fired"] == len(FIRINGS)


@needs_fork
def test_of_four_processes_one_claims_each_firing(ledger: Ledger, ledger_url: str, started: Started) -> None:
    with ExitStack() as stack:
        racers = [stack.enter_context(started("race", ledger_url)) for _ in range(4)]
        for racer in racers:
            racer.type("go\n")
        got = Counter(line for racer in racers for line in racer.communicate()[0].split())
        assert [racer.returncode for racer in racers] == [0] * 4
    assert got == Counter(firing.key.bulletin for firing in FIRINGS)
    assert len(all_of(ledger_url, tables.firings)) == len(FIRINGS)


@needs_fork
def test_a_claim_outlives_the_process_that_made_it(ledger: Ledger, ledger_url: str, started: Started) -> None:
    with started("hold", ledger_url) as holder:
        holder.send_signal(signal.SIGKILL)
        holder.wait(PATIENCE_S)
    held = FIRINGS[0]
    (row,) = ledger.rows()
    assert (row.key, row.state) == (held.key, State.CLAIMED)
    assert claim_one(ledger, begin(ledger), held, NOW) is None
    after = NOW + LEASE + TICK
    for now, action in ((NOW, Action.CLAIMED), (after, Action.IN_DOUBT)):
        (step,) = decide([held], at(ledger, now).history([held], now), now).steps
        assert step.action is action
    assert [swept.key for swept in ledger.put_claims_in_doubt(begin(ledger, after))] == [held.key]
    assert claim_one(ledger, begin(ledger, after), held, after + timedelta(days=400)) is None
