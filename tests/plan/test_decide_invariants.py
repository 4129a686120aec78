"""What holds for every plan, whatever the definitions, the ledger and the clock say."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from plan import NOW, make_bulletin, make_entry, make_firings
from runner.definitions.model import Bulletin
from runner.plan.decide import Action, decide
from runner.plan.firing import Firing, FiringKey
from runner.plan.history import BLOCKING, History, SentFiring, State

Case = tuple[list[Firing], History]

# Few values of each kind, near each other: collisions are what is looked for.
minutes = st.integers(-200, 200).map(lambda count: timedelta(minutes=count))
instants = st.one_of(st.just(NOW), minutes.map(lambda offset: NOW + offset))


@st.composite
def bulletins(draw: st.DrawFn) -> Bulletin:
    return make_bulletin(
        draw(st.sampled_from("abcd")),
        revision=draw(st.integers(1, 2)),
        name=draw(st.sampled_from(["one", "two"])),
        accounts=draw(st.sampled_from([("india",), ("europe",), ("india", "europe")])),
        at=draw(st.none() | instants),
        grace=draw(st.sampled_from([timedelta(minutes=1), timedelta(hours=1), timedelta(hours=3)])),
        enabled=draw(st.sampled_from([True, True, False])),
        allow_duplicate=draw(st.booleans()),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    chosen = draw(st.lists(bulletins(), max_size=8, unique_by=lambda each: (each.id, each.revision)))
    firings = make_firings(*chosen)
    entries = {
        firing.key: make_entry(
            firing,
            draw(st.sampled_from(State)),
            claimed_at=draw(instants),
            fingerprint=draw(st.sampled_from([firing.fingerprint, "sha256:other"])),
            expires_at=draw(st.none() | instants | st.just(firing.occurrence.expires_at)),
        )
        for firing in firings
        if draw(st.booleans())
    }
    recent = {
        (firing.key.account, firing.payload_hash): (
            SentFiring(FiringKey(firing.key.account, draw(st.sampled_from("abcd")), "r9"), draw(instants)),
        )
        for firing in firings
        if draw(st.integers(0, 4)) == 0
    }
    orphans = {
        (firing.key.bulletin, firing.key.occurrence): (
            SentFiring(FiringKey("bharat", firing.key.bulletin, firing.key.occurrence), draw(instants)),
        )
        for firing in firings
        if draw(st.integers(0, 4)) == 0
    }
    return firings, History(entries, recent, orphans)


@given(cases())
def test_every_firing_gets_one_step_and_no_key_two(case: Case) -> None:
    firings, history = case
    steps = decide(firings, history, NOW).steps
    assert Counter(step.firing.key for step in steps) == Counter(firing.key for firing in firings)
    assert max(Counter(step.firing.key for step in steps).values(), default=1) == 1


@given(cases())
def test_nothing_is_sent_that_was_or_may_have_been(case: Case) -> None:
    firings, history = case
    for step in decide(firings, history, NOW).to_send:
        entry = history.entries.get(step.firing.key)
        assert entry is None or entry.state not in BLOCKING


@given(cases())
def test_nothing_is_sent_that_went_out_in_an_account_of_another_name(case: Case) -> None:
    firings, history = case
    for step in decide(firings, history, NOW).to_send:
        key = step.firing.key
        assert step.firing.bulletin.allow_duplicate or (key.bulletin, key.occurrence) not in history.orphans


@given(cases())
def test_nothing_is_sent_outside_its_window_or_while_disabled(case: Case) -> None:
    for step in decide(*case, NOW).to_send:
        occurrence = step.firing.occurrence
        assert step.firing.bulletin.enabled
        assert occurrence.due_at is None or occurrence.due_at <= NOW
        assert occurrence.expires_at is None or occurrence.expires_at >= NOW


@given(cases())
def test_steps_are_ordered_by_due_time_then_as_given(case: Case) -> None:
    firings, history = case
    place = {firing.key: number for number, firing in enumerate(firings)}
    steps = decide(firings, history, NOW).steps
    order = [
        (step.firing.occurrence.due_at or datetime.min.replace(tzinfo=UTC), place[step.firing.key]) for step in steps
    ]
    assert order == sorted(order)


@given(cases())
def test_of_equal_payloads_of_other_ids_one_is_sent_unless_more_are_wanted(case: Case) -> None:
    firings, history = case
    before: dict[tuple[str, str], set[str]] = {}
    for step in decide(firings, history, NOW).to_send:
        payload, bulletin = (step.firing.key.account, step.firing.payload_hash), step.firing.bulletin
        others = before.setdefault(payload, set()) - {bulletin.id}
        lately = {sent.key.bulletin for sent in history.recent.get(payload, ())} - {bulletin.id}
        assert bulletin.allow_duplicate or not (others | lately)
        before[payload].add(bulletin.id)


@given(cases())
def test_only_an_expiry_is_reported_and_it_never_sends(case: Case) -> None:
    plan = decide(*case, NOW)
    for step in plan.newly_expired:
        assert step.action is Action.EXPIRED
    assert not set(map(id, plan.newly_expired)) & set(map(id, plan.to_send))


@given(cases())
def test_every_step_has_a_reason_and_only_a_changed_one_has_changes(case: Case) -> None:
    for step in decide(*case, NOW).steps:
        assert step.reason.text
        assert bool(step.changes) == (step.action is Action.CHANGED)


@given(cases())
def test_a_plan_is_the_same_each_time_and_touches_nothing(case: Case) -> None:
    firings, history = case
    kept = copy.deepcopy((firings, history))
    assert decide(firings, history, NOW) == decide(iter(firings), history, NOW)
    assert (firings, history) == kept


@given(cases(), minutes)
def test_what_blocks_goes_on_blocking_as_the_clock_jumps(case: Case, jump: timedelta) -> None:
    firings, history = case
    for step in decide(firings, history, NOW + jump).to_send:
        entry = history.entries.get(step.firing.key)
        assert entry is None or entry.state not in BLOCKING
