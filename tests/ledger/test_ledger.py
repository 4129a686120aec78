"""Claims and how they end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from plan import HOUR, NOW, make_bulletin, make_entry, make_firing, make_firings

from ledger import all_of, attempt, begin, claim_one, expire_claimed, settle_one
from runner.ledger.database.tables import attempts, firings
from runner.ledger.ledger import Ledger
from runner.ledger.values import Claim, Settlement
from runner.plan.decide import Action, decide
from runner.plan.firing import Firing
from runner.plan.history import BLOCKING, State

LATER = NOW + timedelta(seconds=5)
FIRING = make_firing("sale", at=NOW)
DOUBT = Settlement(State.IN_DOUBT, "the answer never came")
FREE = [State.FAILED, State.RELEASED]


def claimed(ledger: Ledger, run: str, firing: Firing = FIRING) -> Claim:
    claim = claim_one(ledger, run, firing, NOW)
    assert claim
    return claim


def state(ledger: Ledger, claim: Claim) -> State:
    (row,) = (row for row in ledger.rows() if row.id == claim.id)
    return row.state


def test_a_claim_is_a_row_with_all_that_a_person_needs(ledger: Ledger, run: str) -> None:
    claim = claimed(ledger, run)
    (row,) = ledger.rows()
    assert (row.id, row.key, row.state, row.run) == (claim.id, FIRING.key, State.CLAIMED, run)
    assert (row.who, row.host, row.pid) == ("asha", "builder", 4321)
    assert (row.claimed_at, row.settled_at, row.due_at) == (NOW, None, NOW)
    assert (row.file, row.line, row.payload.encode()) == ("bulletins.d/a.yaml", 4, FIRING.body)


def test_a_firing_is_claimed_once(ledger: Ledger, run: str) -> None:
    claimed(ledger, run)
    assert claim_one(ledger, run, FIRING, LATER) is None
    assert claim_one(ledger, begin(ledger), FIRING, LATER) is None
    assert len(ledger.rows()) == 1


@pytest.mark.parametrize(
    "other",
    [
        make_firing("sale", accounts=("europe",)),
        make_firing("sale", revision=2),
        make_firing("sale-2"),
    ],
    ids=["account", "occurrence", "bulletin"],
)
def test_every_part_of_the_key_counts(ledger: Ledger, run: str, other: Firing) -> None:
    claimed(ledger, run)
    assert claim_one(ledger, run, other, NOW)


def test_an_edited_definition_is_the_same_firing(ledger: Ledger, run: str) -> None:
    claimed(ledger, run)
    assert claim_one(ledger, run, make_firing("sale", name="edited"), NOW) is None


@pytest.mark.parametrize("ended", [State.FIRED, State.FAILED, State.IN_DOUBT, State.RELEASED])
def test_a_claim_is_settled_as_it_ended(ledger: Ledger, ledger_url: str, run: str, ended: State) -> None:
    claim = claimed(ledger, run)
    assert settle_one(ledger, claim, Settlement(ended, "why", 503, "said so", 2), LATER)
    (row,) = ledger.rows()
    assert (row.state, row.claimed_at, row.settled_at) == (ended, NOW, LATER)
    assert (row.reason, row.http_status, row.error, row.bulletins_sent) == ("why", 503, "said so", 2)


@pytest.mark.parametrize("ended", [State.CLAIMED, State.FIRED, State.IN_DOUBT, *FREE])
def test_only_what_was_certainly_not_sent_is_free_again(ledger: Ledger, run: str, ended: State) -> None:
    claim = claimed(ledger, run)
    if ended is not State.CLAIMED:
        settle_one(ledger, claim, Settlement(ended), NOW)
    again = claim_one(ledger, begin(ledger), FIRING, LATER)
    assert (again is None) == (ended in BLOCKING)
    assert len(ledger.rows()) == (1 if ended in BLOCKING else 2)


@pytest.mark.parametrize("first", [State.FIRED, *FREE])
@pytest.mark.parametrize("second", [State.FIRED, State.FAILED, State.IN_DOUBT, State.RELEASED])
def test_what_is_certain_is_not_settled_twice(ledger: Ledger, run: str, first: State, second: State) -> None:
    claim = claimed(ledger, run)
    assert settle_one(ledger, claim, Settlement(first, "first"), NOW)
    assert not settle_one(ledger, claim, Settlement(second, "second"), LATER)
    (row,) = ledger.rows()
    assert (row.state, row.reason, row.settled_at) == (first, "first", NOW)


@pytest.mark.parametrize("known", [State.FIRED, State.FAILED, State.RELEASED])
def test_a_doubt_may_be_settled_by_who_knows_better(ledger: Ledger, run: str, known: State) -> None:
    claim = claimed(ledger, run)
    assert settle_one(ledger, claim, DOUBT, NOW)
    assert settle_one(ledger, claim, Settlement(known), LATER)
    (row,) = ledger.rows()
    assert (row.state, row.reason) == (known, None)


def test_settling_one_leaves_the_others(ledger: Ledger, run: str) -> None:
    one, other = claimed(ledger, run), claimed(ledger, run, make_firing("other"))
    settle_one(ledger, one, Settlement(State.FIRED), NOW)
    assert state(ledger, other) is State.CLAIMED


def test_a_late_word_on_an_old_row_leaves_the_new_one(ledger: Ledger, run: str) -> None:
    old = claimed(ledger, run)
    settle_one(ledger, old, Settlement(State.RELEASED), NOW)
    new = claimed(ledger, begin(ledger))
    assert not settle_one(ledger, old, Settlement(State.FAILED), LATER)
    assert state(ledger, new) is State.CLAIMED


def test_every_attempt_is_kept(ledger: Ledger, ledger_url: str, run: str) -> None:
    claim = claimed(ledger, run)
    refused = attempt(1, verdict="no", http_status=429, answer='{"status": "fail"}', error="Too many")
    tries = (refused, attempt(2, started_at=LATER))
    settle_one(ledger, claim, Settlement(State.FIRED, attempts=tries), LATER)
    first, second = all_of(ledger_url, attempts)
    assert first == {
        "firing": claim.id,
        "number": 1,
        "started_at": NOW,
        "latency_ms": 12.5,
        "verdict": "no",
        "http_status": 429,
        "answer": '{"status": "fail"}',
        "error": "Too many",
    }
    assert (second["number"], second["started_at"], second["verdict"]) == (2, LATER, "yes")


def test_an_answer_of_any_characters_can_be_recorded(ledger: Ledger, ledger_url: str, run: str) -> None:
    odd = "a\0b\udce9 सा"
    ended = Settlement(State.FIRED, odd, 200, odd, 1, (attempt(answer=odd, error=odd),))
    assert settle_one(ledger, claimed(ledger, run), ended, NOW)
    (row,), (kept,) = ledger.rows(), all_of(ledger_url, attempts)
    assert row.reason == row.error == kept["answer"] == kept["error"] == "a\ufffdb? सा"


def test_attempts_recorded_twice_are_kept_once(ledger: Ledger, ledger_url: str, run: str) -> None:
    claim = claimed(ledger, run)
    settle_one(ledger, claim, Settlement(State.IN_DOUBT, attempts=(attempt(1, verdict="unknown"),)), NOW)
    settle_one(ledger, claim, Settlement(State.FIRED, attempts=(attempt(1), attempt(2))), LATER)
    assert [(row["number"], row["verdict"]) for row in all_of(ledger_url, attempts)] == [(1, "unknown"), (2, "yes")]


def test_a_missed_window_is_reported_once(ledger: Ledger, run: str) -> None:
    missed = make_firings(make_bulletin("a", at=NOW - 3 * HOUR), make_bulletin("b", at=NOW - 2 * HOUR))
    assert ledger.expire(run, missed, NOW) == {firing.key for firing in missed}
    assert ledger.expire(begin(ledger), missed, LATER) == set()
    assert [row.state for row in ledger.rows()] == [State.EXPIRED] * 2
    assert {row.settled_at for row in ledger.rows()} == {NOW}


def test_a_missed_window_is_reported_again_where_it_moved(ledger: Ledger, run: str) -> None:
    before, moved = make_firing(at=NOW - 3 * HOUR), make_firing(at=NOW - 2 * HOUR)
    longer = make_firing(at=NOW - 3 * HOUR, grace=2 * HOUR + timedelta(seconds=1))
    other = begin(ledger)
    for firing in (before, moved, longer):
        assert ledger.expire(run, [firing], NOW) == {firing.key}
        assert ledger.expire(other, [firing], LATER) == set()


def test_an_expired_firing_may_be_claimed_once_its_window_moved(ledger: Ledger, run: str) -> None:
    ledger.expire(run, [make_firing(at=NOW - 3 * HOUR)], NOW)
    assert claim_one(ledger, run, make_firing(at=NOW), NOW)


def test_nothing_missed_is_nothing_recorded(ledger: Ledger, run: str) -> None:
    assert ledger.expire(run, [], NOW) == set()
    assert ledger.rows() == []


def test_a_claim_that_expired_before_it_was_sent_is_given_back_and_recorded(ledger: Ledger, run: str) -> None:
    claim = claimed(ledger, run)
    ended = Settlement(State.RELEASED, "its grace period ended")
    assert expire_claimed(ledger, claim, run, FIRING, ended, NOW + 2 * HOUR)
    assert {(row.state, row.reason) for row in ledger.rows()} == {
        (State.RELEASED, "its grace period ended"),
        (State.EXPIRED, None),
    }
    assert ledger.expire(begin(ledger), [FIRING], NOW + 3 * HOUR) == set()
    (step,) = decide([FIRING], ledger.history([FIRING], NOW + 3 * HOUR), NOW + 3 * HOUR).steps
    assert (step.action, step.needs_report) == (Action.EXPIRED, False)


def test_a_settled_firing_does_not_expire_any_more(ledger: Ledger, run: str) -> None:
    claim = claimed(ledger, run)
    settle_one(ledger, claim, Settlement(State.FIRED), NOW)
    assert not expire_claimed(ledger, claim, run, FIRING, Settlement(State.RELEASED), NOW + 2 * HOUR)
    assert [row.state for row in ledger.rows()] == [State.FIRED]


def test_a_ledger_gives_back_what_it_was_reported(ledger: Ledger, ledger_url: str, run: str) -> None:
    claimed(ledger, run)
    (row,) = all_of(ledger_url, firings)
    assert row["payload"].encode() == FIRING.body
    assert row["payload_hash"] == FIRING.payload_hash
    assert row["fingerprint"] == FIRING.fingerprint
    assert row["expires_at"] == NOW + HOUR
    entry = make_entry(FIRING, State.CLAIMED, run=run, claimed_at=NOW)
    assert ledger.history([FIRING], NOW).entries == {FIRING.key: entry}


def test_what_is_done_again_because_nobody_knows_whether_it_was_done_changes_nothing(ledger: Ledger, run: str) -> None:
    claim = claim_one(ledger, run, FIRING, NOW, claim_id="01CLAIM")
    assert claim == Claim("01CLAIM", FIRING.key)
    assert claim_one(ledger, run, FIRING, NOW, claim_id="01CLAIM") == claim
    assert claim_one(ledger, run, FIRING, NOW, claim_id="01OTHER") is None
    ended = Settlement(State.FAILED, "why", attempts=(attempt(),))
    assert settle_one(ledger, claim, ended, LATER)
    before = ledger.rows()
    assert settle_one(ledger, claim, ended, LATER)
    assert ledger.expire(run, [make_firing(at=NOW - 3 * HOUR)], NOW) == ledger.expire(
        run, [make_firing(at=NOW - 3 * HOUR)], NOW
    )
    assert [row for row in ledger.rows() if row.state is not State.EXPIRED] == before


@pytest.mark.parametrize("there", [None, State.CLAIMED, State.FIRED, State.IN_DOUBT, *FREE])
def test_what_was_sent_by_other_means_is_adopted_where_nothing_is_in_the_way(
    ledger: Ledger, run: str, there: State | None
) -> None:
    if there is not None:
        claim = claimed(ledger, run)
        if there is not State.CLAIMED:
            settle_one(ledger, claim, Settlement(there), NOW)
    free = there not in BLOCKING
    assert ledger.record_as_sent(run, [FIRING], LATER, "from the dashboard") == int(free)
    assert claim_one(ledger, begin(ledger), FIRING, LATER) is None
    if free:
        (row,) = (row for row in ledger.rows() if row.state is State.FIRED)
        assert (row.reason, row.claimed_at, row.settled_at) == ("from the dashboard", LATER, LATER)
