"""Bulletins whose schedule is switched between one time, none and many: each time goes out once, by one name."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from plan import HOUR, NOW, make_bulletin, make_firing
from sqlalchemy import Connection

from ledger import at_once, begin, claim_one, settle_one
from runner.definitions.model import CatchUp, Definitions, Recurrence
from runner.ledger.ledger import Ledger
from runner.ledger.records import claims
from runner.ledger.values import ClaimRequest, Settlement
from runner.plan.decide import Step, decide
from runner.plan.firing import Firing, firings
from runner.plan.history import State
from runner.reason import ReasonCode

LATER = NOW + timedelta(minutes=10)
MINUTE = timedelta(minutes=1)
ONCE = make_firing(at=NOW)
AT_ONCE = make_firing()


def recurring(cron: str = "0 13 * * *", catch_up: CatchUp = CatchUp.LATEST, revision: int = 1) -> list[Firing]:
    schedule = Recurrence(cron, "UTC", 2 * HOUR, catch_up=catch_up)
    bulletin = make_bulletin(schedule=schedule, revision=revision)
    return list(firings(Definitions({}, {}, (bulletin,), ()), LATER))


DAILY = recurring()[0]


def send(ledger: Ledger, firing: Firing, state: State = State.FIRED, now: datetime = NOW) -> None:
    claim = claim_one(ledger, begin(ledger), firing, now)
    assert claim
    if state is not State.CLAIMED:
        assert settle_one(ledger, claim, Settlement(state), now)


def planned(ledger: Ledger, found: list[Firing]) -> list[Step]:
    return list(decide(found, ledger.history(found, LATER), LATER).steps)


@pytest.mark.parametrize("catch_up", CatchUp)
@pytest.mark.parametrize("before", [ONCE, AT_ONCE], ids=["at", "none"])
def test_what_was_sent_before_it_recurred_is_not_sent_again(ledger: Ledger, before: Firing, catch_up: CatchUp) -> None:
    first, *_ = found = recurring(catch_up=catch_up)
    send(ledger, before, now=NOW + MINUTE)
    step = planned(ledger, found)[0]
    assert (step.action, step.reason.code) == ("done", ReasonCode.SENT_AS_OTHER_OCCURRENCE)
    assert " as r1," in step.reason.text
    assert claim_one(ledger, begin(ledger), first, LATER) is None


@pytest.mark.parametrize("after", [ONCE, AT_ONCE], ids=["at", "none"])
def test_what_was_sent_when_it_recurred_is_not_sent_again(ledger: Ledger, after: Firing) -> None:
    send(ledger, DAILY)
    (step,) = planned(ledger, [after])
    assert (step.action, step.reason.code) == ("done", ReasonCode.SENT_AS_OTHER_OCCURRENCE)
    assert " as r1@2026-12-01T13:00:00Z," in step.reason.text
    assert claim_one(ledger, begin(ledger), after, LATER) is None


@pytest.mark.parametrize("state", [State.CLAIMED, State.IN_DOUBT])
@pytest.mark.parametrize(("before", "after"), [(ONCE, DAILY), (AT_ONCE, DAILY), (DAILY, ONCE), (DAILY, AT_ONCE)])
def test_what_is_in_the_way_is_shown_as_it_is(ledger: Ledger, before: Firing, after: Firing, state: State) -> None:
    send(ledger, before, state)
    assert [step.action.value for step in planned(ledger, [after])] == [state.value]
    assert claim_one(ledger, begin(ledger), after, LATER) is None


@pytest.mark.parametrize("state", [State.FAILED, State.RELEASED])
@pytest.mark.parametrize(("before", "after"), [(ONCE, DAILY), (AT_ONCE, DAILY), (DAILY, ONCE), (DAILY, AT_ONCE)])
def test_what_was_not_sent_is_in_nobodys_way(ledger: Ledger, before: Firing, after: Firing, state: State) -> None:
    send(ledger, before, state)
    assert [step.action.value for step in planned(ledger, [after])] == ["fire"]
    assert claim_one(ledger, begin(ledger), after, LATER)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (make_firing(at=NOW - MINUTE), DAILY),
        (DAILY, make_firing(at=NOW + MINUTE)),
        (ONCE, recurring(revision=2)[0]),
        (recurring(revision=12)[0], ONCE),
        (recurring(revision=12)[0], AT_ONCE),
        (DAILY, make_firing(revision=2)),
        (DAILY, make_firing("b", allow_duplicate=True)),
        (DAILY, make_firing(accounts=("europe",))),
    ],
)
def test_another_time_or_revision_or_bulletin_goes_out(ledger: Ledger, before: Firing, after: Firing) -> None:
    send(ledger, before)
    assert claim_one(ledger, begin(ledger), after, LATER)
    ledger.close()


def test_another_time_is_planned_as_before(ledger: Ledger) -> None:
    send(ledger, make_firing(at=NOW - MINUTE))
    assert [step.action.value for step in planned(ledger, [DAILY])] == ["fire"]


def test_an_immediate_firing_before_a_due_time_does_not_count_for_it(ledger: Ledger) -> None:
    send(ledger, AT_ONCE, now=NOW - MINUTE)
    assert [step.action.value for step in planned(ledger, [DAILY])] == ["fire"]
    assert claim_one(ledger, begin(ledger), DAILY, LATER)


def test_an_immediate_firing_counts_for_all_earlier_times(ledger: Ledger) -> None:
    send(ledger, AT_ONCE, now=NOW + MINUTE)
    found = recurring("0 * * * *", CatchUp.ALL)
    assert [step.action.value for step in planned(ledger, found)] == ["done", "done", "wait"]


def test_a_claim_may_be_repeated_by_the_one_who_has_it(ledger: Ledger, run: str) -> None:
    claim = claim_one(ledger, run, DAILY, NOW, claim_id="01CLAIM")
    assert claim
    assert claim_one(ledger, run, DAILY, NOW, claim_id="01CLAIM") == claim


def in_europe(firing: Firing) -> Firing:
    return replace(firing, key=firing.key._replace(account="europe"))


@pytest.mark.parametrize("state", [State.FIRED, State.IN_DOUBT])
@pytest.mark.parametrize(("before", "after"), [(ONCE, DAILY), (AT_ONCE, DAILY), (DAILY, ONCE), (DAILY, AT_ONCE)])
def test_what_went_out_before_its_account_was_renamed_too_is_a_duplicate(
    ledger: Ledger, before: Firing, after: Firing, state: State
) -> None:
    send(ledger, before, state)
    found = [in_europe(after)]
    (step,) = decide(found, ledger.history(found, LATER, accounts={"europe"}), LATER).steps
    assert (step.action, step.reason.code) == ("duplicate", ReasonCode.ACCOUNT_RENAMED)
    assert f" as {before.key.occurrence} in india" in step.reason.text
    for accounts in (None, {"europe", "india"}):  # both are defined, so neither is the other
        (step,) = decide(found, ledger.history(found, LATER, accounts=accounts), LATER).steps
        assert step.action == "fire"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (make_firing(at=NOW - MINUTE), DAILY),
        (DAILY, make_firing(at=NOW + MINUTE)),
        (recurring(revision=2)[0], AT_ONCE),
        (DAILY, make_firing("b", at=NOW)),
    ],
)
def test_another_time_or_revision_or_bulletin_is_no_duplicate_there(
    ledger: Ledger, before: Firing, after: Firing
) -> None:
    send(ledger, before)
    found = [in_europe(after)]
    (step,) = decide(found, ledger.history(found, LATER, accounts={"europe"}), LATER).steps
    assert step.action == "fire"


@pytest.mark.parametrize("state", [State.FAILED, State.RELEASED])
def test_what_was_not_sent_there_is_no_duplicate(ledger: Ledger, state: State) -> None:
    send(ledger, ONCE, state)
    assert ledger.history([in_europe(DAILY)], LATER, accounts={"europe"}).orphans == {}


def test_in_two_accounts_each_has_its_own_newest_and_that_of_the_one_renamed(ledger: Ledger) -> None:
    first, second, third, _ = recurring("0,30 12,13 * * *", CatchUp.ALL)
    send(ledger, in_europe(first))
    send(ledger, third)
    send(ledger, replace(second, key=second.key._replace(account="old")))
    found = [AT_ONCE, in_europe(AT_ONCE)]
    known = ledger.history(found, LATER, accounts={"europe", "india"})
    assert [known.entries[firing.key].key for firing in found] == [third.key, in_europe(first).key]
    assert {sent.key.account for sent in known.orphans[AT_ONCE.key[1:]]} == {"old"}


@pytest.mark.parametrize("pair", [(ONCE, DAILY), (AT_ONCE, DAILY)], ids=["at", "none"])
def test_of_both_names_claimed_at_once_one_is(
    ledger: Ledger, pair: tuple[Firing, Firing], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs of two checkouts: each looks for the other's name before either has written its own."""
    looked, ask = threading.Barrier(2), claims.refused

    def look(connection: Connection, requests: Iterable[ClaimRequest]) -> set[str]:
        found = ask(connection, requests)
        with suppress(threading.BrokenBarrierError):  # where the other one waits for this one
            looked.wait(0.3)
        return found

    monkeypatch.setattr(claims, "refused", look)
    runs = [begin(ledger), begin(ledger)]
    got = at_once(*(partial(claim_one, ledger, run, firing, NOW) for run, firing in zip(runs, pair, strict=True)))
    assert sorted(each is None for each in got) == [False, True]
