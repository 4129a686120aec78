"""Runs and their leases, what they leave behind, and the word of a person."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from plan import NOW, TICK, make_firing
from refusals import refused

from ledger import LEASE, WHO, all_of, at, attempt, begin, claim_one, settle_one
from runner.errors import ErrorCode, Exit
from runner.ledger.database.tables import attempts, runs
from runner.ledger.ledger import Ledger
from runner.ledger.values import Claim, FiringRow, Identity, Settlement
from runner.plan.decide import Action, decide
from runner.plan.history import State
from runner.reason import ReasonCode

RUN_OUT = NOW + LEASE + TICK
FIRING = make_firing("sale")
MEERA = Identity("meera", "laptop", 7)


@pytest.fixture
def claim(ledger: Ledger, run: str) -> Claim:
    """The sale, held by the run."""
    held = claim_one(ledger, run, FIRING, NOW)
    assert held
    return held


def only_row(ledger: Ledger) -> FiringRow:
    (row,) = ledger.rows()
    return row


def settled(ledger: Ledger, *, sent: bool, now: datetime = RUN_OUT) -> bool:
    return at(ledger, now).resolve(only_row(ledger), sent=sent, note="looked it up", identity=MEERA)


def sweep(ledger: Ledger, now: datetime) -> list[FiringRow]:
    """What a run that begins at `now` puts in doubt."""
    return ledger.put_claims_in_doubt(begin(ledger, now))


def test_a_run_is_recorded_from_its_beginning_to_its_end(ledger: Ledger, ledger_url: str, run: str) -> None:
    begun = {
        "id": run,
        "command": "fire",
        "started_at": NOW,
        "finished_at": None,
        "lease_until": NOW + LEASE,
        "exit_code": None,
        "interrupted": False,
        "who": "asha",
        "host": "builder",
        "pid": 4321,
        "process": "",
        "version": "1.2.3",
        "git_commit": "0123abc",
        "git_dirty": False,
        "number": 1,
        "summary": None,
        "entries": None,
    }
    assert all_of(ledger_url, runs) == [begun]
    at(ledger, NOW + TICK).finish_run(run, exit_code=4, interrupted=True)
    ended = {"finished_at": NOW + TICK, "lease_until": NOW + TICK, "exit_code": 4, "interrupted": True}
    assert all_of(ledger_url, runs) == [begun | ended]


def test_a_renewed_lease_holds_longer(ledger: Ledger, run: str, claim: Claim) -> None:
    ledger.renew(run, lease=2 * LEASE)
    assert sweep(ledger, RUN_OUT) == []
    assert only_row(ledger).lease_until == NOW + 2 * LEASE


@pytest.mark.parametrize("now", [NOW, NOW + LEASE, NOW - 9 * LEASE])
def test_a_live_lease_is_not_swept(ledger: Ledger, run: str, claim: Claim, now: datetime) -> None:
    assert sweep(ledger, now) == []
    assert at(ledger, now).in_doubt() == []
    assert only_row(ledger).state is State.CLAIMED
    ledger.renew(run, lease=2 * LEASE)


def test_a_lease_that_ran_out_is_swept_once(ledger: Ledger, claim: Claim) -> None:
    (row,) = sweep(ledger, RUN_OUT)
    assert (row.id, row.state, row.settled_at) == (claim.id, State.IN_DOUBT, RUN_OUT)
    assert row.reason == "the run that held it ended without recording an outcome"
    assert sweep(ledger, RUN_OUT + LEASE) == []


def test_only_claims_of_ended_runs_are_swept(ledger: Ledger, run: str, claim: Claim) -> None:
    settle_one(ledger, claim_one(ledger, run, make_firing("done"), NOW) or claim, Settlement(State.FIRED), NOW)
    settle_one(ledger, claim_one(ledger, run, make_firing("failed"), NOW) or claim, Settlement(State.FAILED), NOW)
    claim_one(ledger, begin(ledger, RUN_OUT), make_firing("alive"), RUN_OUT)
    assert [row.key for row in sweep(ledger, RUN_OUT)] == [FIRING.key]
    assert ledger.describe().states == {
        "claimed": 1, "fired": 1, "in_doubt": 1, "failed": 1, "expired": 0, "released": 0
    }  # fmt: skip


def test_a_claim_that_a_finished_run_left_is_in_doubt(ledger: Ledger, run: str, claim: Claim) -> None:
    ledger.finish_run(run, exit_code=0, interrupted=False)
    assert [row.id for row in at(ledger, NOW + TICK).in_doubt()] == [claim.id]
    assert [row.id for row in sweep(ledger, NOW + TICK)] == [claim.id]


@pytest.mark.parametrize("truth", [State.FIRED, State.FAILED, State.RELEASED])
def test_a_run_that_was_swept_still_records_the_truth(ledger: Ledger, claim: Claim, truth: State) -> None:
    sweep(ledger, RUN_OUT)
    assert settle_one(ledger, claim, Settlement(truth, "it came late"), RUN_OUT)
    assert (only_row(ledger).state, only_row(ledger).reason) == (truth, "it came late")


def test_a_run_that_was_swept_cannot_renew_its_lease(ledger: Ledger, run: str, claim: Claim) -> None:
    sweep(ledger, RUN_OUT)
    with refused(ErrorCode.LEASE_LOST) as error:
        at(ledger, RUN_OUT).renew(run, lease=LEASE)
    assert error.value.exit_code is Exit.REFUSED
    assert error.value.help


def test_a_run_whose_claim_a_person_freed_cannot_renew_its_lease(ledger: Ledger, run: str, claim: Claim) -> None:
    assert settled(ledger, sent=False)
    assert claim_one(ledger, begin(ledger, RUN_OUT), FIRING, RUN_OUT)
    with refused(ErrorCode.LEASE_LOST):
        at(ledger, RUN_OUT).renew(run, lease=LEASE)


def test_a_run_that_slept_unnoticed_may_go_on(ledger: Ledger, run: str, claim: Claim) -> None:
    at(ledger, RUN_OUT).renew(run, lease=LEASE)
    assert sweep(ledger, RUN_OUT) == []
    assert not settled(ledger, sent=False)


def test_a_run_without_claims_is_not_given_up(ledger: Ledger, run: str) -> None:
    sweep(ledger, RUN_OUT)
    at(ledger, RUN_OUT).renew(run, lease=LEASE)


def test_what_is_in_doubt_is_listed_oldest_first(ledger: Ledger, run: str, claim: Claim) -> None:
    second = claim_one(ledger, run, make_firing("b"), NOW + TICK)
    first = claim_one(ledger, run, make_firing("a"), NOW - TICK)
    assert first
    assert second
    settle_one(ledger, second, Settlement(State.IN_DOUBT), NOW)
    assert [row.id for row in at(ledger, NOW).in_doubt()] == [second.id]
    assert [row.id for row in at(ledger, RUN_OUT).in_doubt()] == [first.id, claim.id, second.id]


@pytest.mark.parametrize(("sent", "state"), [(True, State.FIRED), (False, State.FAILED)])
@pytest.mark.parametrize("swept", [True, False])
def test_a_person_settles_a_doubt(ledger: Ledger, claim: Claim, sent: bool, state: State, swept: bool) -> None:
    if swept:
        sweep(ledger, RUN_OUT)
    assert settled(ledger, sent=sent)
    row = only_row(ledger)
    assert (row.state, row.settled_at) == (state, RUN_OUT)
    assert row.reason == f"settled as {'sent' if sent else 'not sent'} by meera: looked it up"
    (said,) = ledger.resolutions([claim.id])
    assert (said.firing, said.at, said.who, said.host, said.sent, said.note) == (
        claim.id, RUN_OUT, "meera", "laptop", sent, "looked it up"
    )  # fmt: skip


def test_sent_is_done_and_not_sent_is_retried(ledger: Ledger, claim: Claim) -> None:
    assert settled(ledger, sent=False)
    (step,) = decide([FIRING], ledger.history([FIRING], RUN_OUT), RUN_OUT).steps
    assert step.action is Action.RETRY
    assert step.reason.code is ReasonCode.FAILED_BEFORE
    assert step.reason.text.endswith("by meera: looked it up")
    again = claim_one(ledger, begin(ledger, RUN_OUT), FIRING, RUN_OUT)
    assert again
    settle_one(ledger, again, Settlement(State.IN_DOUBT), RUN_OUT)
    (doubt,) = at(ledger, RUN_OUT).in_doubt()
    assert ledger.resolve(doubt, sent=True, note="seen", identity=MEERA)
    (step,) = decide([FIRING], ledger.history([FIRING], RUN_OUT), RUN_OUT).steps
    assert step.action is Action.DONE
    assert [said.sent for said in ledger.resolutions([claim.id, again.id])] == [False, True]


def test_a_live_claim_is_not_a_persons_to_settle(ledger: Ledger, run: str, claim: Claim) -> None:
    assert not settled(ledger, sent=False, now=NOW + LEASE)
    assert only_row(ledger).state is State.CLAIMED
    assert ledger.resolutions([claim.id]) == []
    ledger.renew(run, lease=2 * LEASE)


@pytest.mark.parametrize("state", [State.FIRED, State.FAILED, State.RELEASED])
def test_what_is_certain_is_not_a_persons_to_settle(ledger: Ledger, claim: Claim, state: State) -> None:
    settle_one(ledger, claim, Settlement(state), NOW)
    assert not settled(ledger, sent=state is not State.FIRED)
    assert only_row(ledger).state is state
    assert ledger.resolutions([claim.id]) == []


def test_a_doubt_is_settled_once(ledger: Ledger, claim: Claim) -> None:
    assert settled(ledger, sent=True)
    assert not settled(ledger, sent=False)
    assert only_row(ledger).state is State.FIRED
    assert len(ledger.resolutions([claim.id])) == 1


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("state", [State.FIRED, State.FAILED, State.IN_DOUBT, State.RELEASED])
def test_a_persons_resolution_is_kept_with_the_evidence(
    ledger: Ledger, ledger_url: str, claim: Claim, sent: bool, state: State
) -> None:
    assert settled(ledger, sent=sent)
    before = only_row(ledger)
    assert not settle_one(ledger, claim, Settlement(state, attempts=(attempt(),)), RUN_OUT + TICK)
    assert only_row(ledger) == before
    assert [(row["firing"], row["verdict"]) for row in all_of(ledger_url, attempts)] == [(claim.id, "yes")]


def test_a_run_whose_process_ended_has_no_lease(ledger: Ledger, ledger_url: str) -> None:
    now = NOW + TICK
    gone = begin(ledger, identity=Identity("asha", "builder", 1, "boot 1 gone"))
    alive = begin(ledger, identity=Identity("asha", "builder", 2, "boot 2 alive"))
    unknown = begin(ledger, identity=WHO)
    for number, run in enumerate((gone, alive, unknown)):
        claim_one(ledger, run, make_firing(f"b{number}"), NOW)
    asked: list[str] = []

    def has_ended(process: str) -> bool:
        asked.append(process)
        return process.endswith("gone")

    at(ledger, now).end_leases(has_ended)
    assert sorted(asked) == ["boot 1 gone", "boot 2 alive"]
    assert [row.run for row in sweep(ledger, now + TICK)] == [gone]
    at(ledger, now + LEASE).end_leases(lambda process: process.endswith("gone"))
    leases = {row["id"]: row["lease_until"] for row in all_of(ledger_url, runs)}
    assert {run: leases[run] for run in (gone, alive, unknown)} == {
        gone: now, alive: NOW + LEASE, unknown: NOW + LEASE
    }  # fmt: skip


def test_a_run_that_ended_well_is_not_asked_after(ledger: Ledger) -> None:
    run = begin(ledger, identity=Identity("asha", "builder", 1, "boot 1 1"))
    ledger.finish_run(run, exit_code=0, interrupted=False)
    at(ledger, NOW - timedelta(seconds=1)).end_leases(lambda process: pytest.fail("asked"))
