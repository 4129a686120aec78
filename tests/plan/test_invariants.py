"""What the planner promises for every set and every history, whatever they hold."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.model import Bulletin, Definitions, Place, Schedule
from runner.plan.decide import Action, Plan, decide
from runner.plan.firing import Firing, firings
from runner.plan.history import BLOCKING, Entry, History, Sent, State

NOW = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
ACCOUNTS = ("india", "europe")
moments = st.integers(-200, 200).map(lambda minutes: NOW + timedelta(minutes=minutes))
schedules = st.none() | st.builds(Schedule, at=moments, grace=st.integers(1, 120).map(lambda m: timedelta(minutes=m)))


@st.composite
def bulletin_sets(draw: st.DrawFn) -> list[Firing]:
    bulletins = [
        Bulletin(
            id=f"b-{number}",
            business_event="Program Released",
            name=draw(st.sampled_from(["Episode 1", "Episode 2"])),
            properties={"program_id": draw(st.sampled_from(["1", "2"]))},
            c_by="releases@example.com",
            accounts=draw(st.sampled_from([("india",), ("europe",), ACCOUNTS])),
            place=Place("bulletins.d/x.yaml", number + 1, 1, number),
            schedule=draw(schedules),
            enabled=draw(st.booleans()),
            revision=draw(st.integers(1, 3)),
            allow_duplicate=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 12)))
    ]
    return list(firings(Definitions({}, {}, tuple(bulletins), ())))


@st.composite
def sets_and_histories(draw: st.DrawFn) -> tuple[list[Firing], History]:
    selected = draw(bulletin_sets())
    entries, recent = {}, {}
    for firing in selected:
        if draw(st.booleans()):
            entries[firing.key] = Entry(
                key=firing.key,
                state=draw(st.sampled_from(list(State))),
                run="01JDX0000000000000000000AA",
                claimed_at=draw(moments),
                fingerprint=draw(st.sampled_from([firing.fingerprint, "sha256:other"])),
                lease_until=draw(st.none() | moments),
                expires_at=draw(st.sampled_from([None, firing.occurrence.expires_at])),
                failures=draw(st.integers(0, 3)),
            )
        if draw(st.integers(0, 4)) == 0:
            other = draw(st.sampled_from(selected))
            recent[firing.key.account, firing.payload_hash] = (Sent(other.key, draw(moments)),)
    return selected, History(entries, recent)


def plan_of(case: tuple[list[Firing], History]) -> Plan:
    return decide(case[0], case[1], NOW)


@given(sets_and_histories())
def test_every_firing_gets_one_step_and_no_key_two(case: tuple[list[Firing], History]) -> None:
    keys = Counter(step.firing.key for step in plan_of(case).steps)

    assert keys == Counter(firing.key for firing in case[0])
    assert all(count == 1 for count in keys.values())


@given(sets_and_histories())
def test_nothing_is_sent_that_the_ledger_has_as_sent_claimed_or_in_doubt(case: tuple[list[Firing], History]) -> None:
    for step in plan_of(case).to_send:
        entry = case[1].entries.get(step.firing.key)
        assert entry is None or entry.state not in BLOCKING


@given(sets_and_histories())
def test_only_what_is_enabled_due_and_in_its_window_is_sent(case: tuple[list[Firing], History]) -> None:
    for step in plan_of(case).to_send:
        occurrence = step.firing.occurrence
        assert step.firing.bulletin.enabled
        assert occurrence.due_at is None or occurrence.due_at <= NOW
        assert occurrence.expires_at is None or occurrence.expires_at >= NOW


@given(sets_and_histories())
def test_one_payload_goes_to_an_account_once_unless_that_is_allowed(case: tuple[list[Firing], History]) -> None:
    sent: Counter[Any] = Counter(
        (step.firing.key.account, step.firing.payload_hash)
        for step in plan_of(case).to_send
        if not step.firing.bulletin.allow_duplicate
    )

    assert all(count == 1 for count in sent.values())


@given(sets_and_histories())
def test_steps_come_in_the_order_of_their_due_times_then_of_the_files(case: tuple[list[Firing], History]) -> None:
    order = [step.firing.occurrence.due_at or datetime.min.replace(tzinfo=UTC) for step in plan_of(case).steps]
    places = {id(firing): number for number, firing in enumerate(case[0])}
    keys = [(due, places[id(step.firing)]) for due, step in zip(order, plan_of(case).steps, strict=True)]

    assert keys == sorted(keys)


@given(sets_and_histories())
def test_every_step_says_why_and_the_same_question_gets_the_same_answer(case: tuple[list[Firing], History]) -> None:
    plan = plan_of(case)

    assert plan == plan_of(case)
    assert all(step.reason for step in plan.steps)
    assert sum(plan.counts().values()) == len(plan.steps)
    assert all(step.action is Action.EXPIRED for step in plan.newly_expired)
