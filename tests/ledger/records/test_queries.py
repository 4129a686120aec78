from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from plan import HOUR, NOW, TICK, make_bulletin, make_firing, make_firings

from ledger import WHO, all_of, at, begin, claim_one, counting, fill, settle_one
from runner.ledger.database import tables
from runner.ledger.ledger import Ledger
from runner.ledger.values import Settlement
from runner.plan.changes import Change
from runner.plan.decide import Action, decide
from runner.plan.duplicates import DUPLICATE_WINDOW
from runner.plan.firing import Firing
from runner.plan.history import History, State
from runner.reason import ReasonCode

MANY = 1200
FIRING = make_firing("sale", at=NOW)


def many(**fields: Any) -> list[Firing]:
    return make_firings(*(make_bulletin(f"b{number}", name=f"name {number}", **fields) for number in range(MANY)))


def settle(
    ledger: Ledger,
    firing: Firing,
    state: State,
    at: timedelta = timedelta(),
    reason: str = "",
    http_status: int | None = None,
) -> str:
    """One run's whole way with a firing."""
    claim = claim_one(ledger, begin(ledger, NOW + at), firing, NOW + at)
    assert claim
    assert settle_one(ledger, claim, Settlement(state, reason, http_status=http_status), NOW + at)
    return claim.id


def test_what_was_never_seen_has_no_history(ledger: Ledger) -> None:
    assert ledger.history([FIRING], NOW) == History()
    assert ledger.history([], NOW) == History()


def test_history_is_of_the_wanted_firings_alone(ledger: Ledger) -> None:
    settle(ledger, make_firing("sale", revision=2, accounts=("europe",)), State.FIRED)
    settle(ledger, make_firing("other", name="other"), State.FIRED)
    assert ledger.history([FIRING], NOW).entries == {}


def test_what_went_out_in_accounts_that_are_not_defined_comes_along(ledger: Ledger, run: str) -> None:
    elsewhere = [make_firing("sale", accounts=(name,)) for name in ("bharat", "europe", "japan")]
    for firing, state in zip(elsewhere, (State.FIRED, State.FIRED, State.FAILED), strict=True):
        settle(ledger, firing, state)
    orphans = ledger.history([FIRING], NOW, accounts={"india", "europe"}).orphans
    assert {place: [sent.key.account for sent in found] for place, found in orphans.items()} == {
        ("sale", "r1"): ["bharat"]
    }
    assert ledger.history([FIRING], NOW).orphans == {}


def test_failures_are_counted_and_the_last_one_gives_the_reason(ledger: Ledger) -> None:
    for number in range(3):
        settle(ledger, FIRING, State.FAILED, at=number * TICK, reason=f"reason {number}")
    settle(ledger, FIRING, State.RELEASED, at=9 * TICK)
    entry = ledger.history([FIRING], NOW).entries[FIRING.key]
    assert (entry.state, entry.failures, entry.reason) == (State.FAILED, 3, "reason 2")


@pytest.mark.parametrize(
    ("statuses", "refusals"),
    [((400, 400, 400), 3), ((400, 200), 2), ((400, 429, 400), 1), ((400, 400, None), 0), ((401, 403, 404), 0)],
)
def test_refusals_of_the_content_are_counted_while_nothing_else_happens(
    ledger: Ledger, statuses: tuple[int | None, ...], refusals: int
) -> None:
    for number, status in enumerate(statuses):
        settle(ledger, FIRING, State.FAILED, at=number * TICK, http_status=status)
    entry = ledger.history([FIRING], NOW).entries[FIRING.key]
    assert (entry.failures, entry.refusals) == (len(statuses), refusals)


def test_refusals_of_an_earlier_content_do_not_count(ledger: Ledger) -> None:
    edited = make_firing("sale", at=NOW, name="other")
    settle(ledger, FIRING, State.FAILED, http_status=400)
    settle(ledger, edited, State.FAILED, at=TICK, http_status=400)
    assert ledger.history([edited], NOW).entries[edited.key].refusals == 1


def test_a_blocking_row_wins_over_newer_ones(ledger: Ledger, ledger_url: str, run: str) -> None:
    settle(ledger, FIRING, State.FIRED)
    ledger.expire(run, [FIRING], NOW + HOUR)
    fill(ledger_url, run, [FIRING], State.FAILED, NOW + 2 * HOUR)
    assert ledger.history([FIRING], NOW).entries[FIRING.key].state is State.FIRED


def test_a_claim_given_back_says_nothing_by_itself(ledger: Ledger) -> None:
    settle(ledger, FIRING, State.RELEASED)
    (step,) = decide([FIRING], ledger.history([FIRING], NOW), NOW).steps
    assert step.action is Action.FIRE


def test_a_failure_is_remembered_when_the_window_was_missed_and_moved(ledger: Ledger, run: str) -> None:
    settle(ledger, FIRING, State.FAILED, reason="Business Event Not Found")
    ledger.expire(run, [FIRING], NOW + 2 * HOUR)
    moved = make_firing("sale", at=NOW + 3 * HOUR)
    now = NOW + 3 * HOUR
    (step,) = decide([moved], ledger.history([moved], now), now).steps
    assert step.action is Action.RETRY
    assert step.reason.code is ReasonCode.FAILED_BEFORE
    assert step.reason.text.endswith("Business Event Not Found")


def test_an_edit_of_what_was_sent_comes_with_what_was_sent(ledger: Ledger) -> None:
    settle(ledger, FIRING, State.FIRED)
    edited = make_firing("sale", at=NOW + HOUR, properties={})
    (step,) = decide([edited], ledger.history([edited], NOW), NOW).steps
    assert set(step.changes) == {
        Change("properties.program_id", "234567", None),
        Change("schedule.at", "2026-12-01T13:00:00Z", "2026-12-01T14:00:00Z"),
    }


@pytest.mark.parametrize("state", [State.FIRED, State.IN_DOUBT, State.FAILED, State.RELEASED])
def test_a_payload_that_went_out_lately_is_recent(ledger: Ledger, state: State) -> None:
    settle(ledger, make_firing("first"), state, at=-HOUR)
    (step,) = decide([FIRING], ledger.history([FIRING], NOW), NOW).steps
    sent = state in {State.FIRED, State.IN_DOUBT}
    assert step.action is (Action.DUPLICATE if sent else Action.FIRE)


@pytest.mark.parametrize(
    ("ago", "action"), [(DUPLICATE_WINDOW, Action.FIRE), (DUPLICATE_WINDOW - TICK, Action.DUPLICATE)]
)
def test_recent_is_less_than_24_hours(ledger: Ledger, ago: timedelta, action: Action) -> None:
    settle(ledger, make_firing("first"), State.FIRED, at=-ago)
    (step,) = decide([FIRING], ledger.history([FIRING], NOW), NOW).steps
    assert step.action is action


def test_what_went_to_another_account_is_not_recent_in_this_one(ledger: Ledger) -> None:
    settle(ledger, make_firing("first", accounts=("europe",)), State.FIRED)
    assert (FIRING.key.account, FIRING.payload_hash) not in ledger.history([FIRING], NOW).recent


def test_thousands_are_asked_for_in_few_statements(ledger: Ledger, ledger_url: str, run: str) -> None:
    firings = many()
    fill(ledger_url, run, firings, State.FIRED)
    with counting() as statements:
        history = ledger.history(firings, NOW)
    assert len(history.entries) == len(history.recent) == MANY
    assert len(statements) == 1 + 2 * 3  # the first asks whether there are firings at all
    assert {step.action for step in decide(firings, history, NOW).steps} == {Action.DONE}


def test_thousands_of_edits_are_asked_for_in_few_statements(ledger: Ledger, ledger_url: str, run: str) -> None:
    fill(ledger_url, run, many(), State.FIRED)
    edited = many(c_by="someone.else@example.com")
    with counting() as statements:
        history = ledger.history(edited, NOW)
    assert len(statements) == 1 + 3 * 3
    steps = decide(edited, history, NOW).steps
    change = Change("c-by", "releases@example.com", "someone.else@example.com")
    assert {step.changes for step in steps} == {(change,)}


def test_rows_are_newest_first_and_filtered(ledger: Ledger, run: str) -> None:
    first = settle(ledger, make_firing("a"), State.FIRED)
    second = settle(ledger, make_firing("b"), State.FAILED, at=TICK)
    third = settle(ledger, make_firing("b"), State.FIRED, at=2 * TICK)
    assert [row.id for row in ledger.rows()] == [third, second, first]
    assert [row.id for row in ledger.rows(limit=2)] == [third, second]
    assert [row.id for row in ledger.rows(bulletin="b")] == [third, second]
    assert [row.id for row in ledger.rows(state=State.FIRED)] == [third, first]
    assert [row.id for row in ledger.rows(bulletin="b", state=State.FAILED)] == [second]


def test_resolutions_of_thousands_are_oldest_first(ledger: Ledger, ledger_url: str, run: str) -> None:
    fill(ledger_url, run, many(), State.IN_DOUBT)
    rows = ledger.in_doubt()
    said = {0: rows[-1], 1: rows[0], 2: rows[700]}
    for number, row in said.items():
        assert at(ledger, NOW + number * TICK).resolve(row, sent=True, note="", identity=WHO)
    assert [each.firing for each in ledger.resolutions(row.id for row in rows)] == [row.id for row in said.values()]
    assert ledger.resolutions([]) == []


def test_a_sweep_of_thousands_returns_them_all(ledger: Ledger, ledger_url: str, run: str) -> None:
    fill(ledger_url, run, many(), State.CLAIMED)
    assert len(ledger.put_claims_in_doubt(begin(ledger, NOW + HOUR))) == MANY


def test_a_ledger_describes_itself(ledger: Ledger, ledger_url: str, run: str) -> None:
    settle(ledger, make_firing("a"), State.FIRED)
    settle(ledger, make_firing("b", name="b"), State.FIRED)
    ledger.expire(run, [make_firing("c", at=NOW - 9 * HOUR)], NOW)
    reported = ledger.describe()
    assert (reported.id, reported.url, reported.version) == (ledger.id, ledger.place, tables.SCHEMA_VERSION)
    assert (reported.created_at, reported.created_by, reported.runs) == (
        NOW,
        "asha",
        len(all_of(ledger_url, tables.runs)),
    )
    assert reported.states == {"claimed": 0, "fired": 2, "in_doubt": 0, "failed": 0, "expired": 1, "released": 0}


@pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "ask",
    [
        lambda ledger, run: ledger.history([FIRING, make_firing("sale", name="edited")], NOW),
        lambda ledger, run: ledger.in_doubt(),
        lambda ledger, run: ledger.live_runs(),
        lambda ledger, run: ledger.slot_demand(["india"]),
        lambda ledger, run: ledger.rows(run=run),
        lambda ledger, run: at(ledger, NOW + HOUR).put_claims_in_doubt(run),
        lambda ledger, run: claim_one(ledger, run, FIRING, NOW),
        lambda ledger, run: ledger.rows(bulletin="sale"),
        lambda ledger, run: ledger.rows(state=State.FIRED, limit=20),
        lambda ledger, run: ledger.resolutions(["x"]),
        lambda ledger, run: ledger.renew(run, lease=HOUR),
        lambda ledger, run: ledger.end_leases(lambda process: False),
    ],
    ids=[
        "history",
        "in_doubt",
        "live_runs",
        "demand",
        "run",
        "put_claims_in_doubt",
        "claim",
        "bulletin",
        "state",
        "resolutions",
        "renew",
        "end_leases",
    ],
)
def test_no_question_reads_a_whole_table(ledger: Ledger, run: str, ask: Callable[[Ledger, str], Any]) -> None:
    settle(ledger, make_firing("sale", name="sent"), State.FIRED, at=-HOUR)
    with counting() as statements:
        ask(ledger, run)
    with ledger.reading() as connection:
        for statement, parameters in statements:
            if "WHERE" not in statement and "LIMIT" in statement:
                continue  # it reads one row
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters):
                assert not row.detail.startswith(("SCAN firings", "SCAN runs", "SCAN resolutions")), statement


@pytest.mark.parametrize(("ago", "action"), [(timedelta(days=3), Action.DUPLICATE), (timedelta(days=4), Action.FIRE)])
def test_what_went_out_since_it_was_due_is_recent_as_long_as_its_grace(
    ledger: Ledger, ago: timedelta, action: Action
) -> None:
    due_at, grace = NOW - timedelta(days=3), timedelta(days=7)
    settle(ledger, make_firing("a", at=due_at, grace=grace), State.FIRED, at=-ago)
    renamed = make_firing("b", at=due_at, grace=grace)
    (step,) = decide([renamed], ledger.history([renamed], NOW), NOW).steps
    assert step.action is action
