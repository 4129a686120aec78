"""Whole runs over a real ledger and the real sandbox: every outcome, and what no run may ever do."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from ledger import claim_one
from sqlalchemy import Connection

from fire import (
    HASTY,
    IDENTITY,
    PATIENCE_S,
    QUICK,
    AtRequest,
    Firer,
    bulletin,
    due,
    in_background,
    outcomes,
    plan_of,
    reason_code,
)
from runner import clock
from runner.errors import ErrorCode, Exit, UserError
from runner.fire.holding import ledger_access
from runner.fire.lanes.backoff import Retries
from runner.fire.run import Run
from runner.ledger.ledger import Ledger
from runner.ledger.ledger_errors import LedgerAway
from runner.ledger.records import firings
from runner.ledger.values import Claim, Origin
from runner.plan.history import State
from runner.reason import ReasonCode
from runner.sandbox.server import Sandbox


def accepted(sandbox: Sandbox) -> Counter[str | None]:
    return Counter(received.name for received in sandbox.accepted())


def states(ledger: Ledger) -> Counter[str]:
    return Counter(row.state.value for row in ledger.rows())


def test_what_is_due_is_fired_once_and_the_next_run_sends_nothing(firer: Firer, sandbox: Sandbox) -> None:
    bulletins = [bulletin(number) for number in range(12)]

    assert set(outcomes(firer.fire(bulletins)).values()) == {"fired"}
    again = firer.fire(bulletins)

    assert set(outcomes(again).values()) == {None}
    assert (again.exit_code, max(accepted(sandbox).values()), len(sandbox.received())) == (Exit.OK, 1, 12)


def test_garbage_collection_skips_older_objects_during_a_run_only(
    firer: Firer, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    for name in ("freeze", "unfreeze"):
        monkeypatch.setattr(gc, name, partial(done.append, name))
    firer.fire([bulletin(1)], on_result=lambda result: done.append("result"))
    assert done == ["freeze", "result", "unfreeze"]


def test_never_more_in_flight_than_the_account_allows(ledger: Ledger) -> None:
    with AtRequest(1) as first, Sandbox(latency_s=0.01, on_answer=first) as sandbox:
        first.work = lambda: sandbox.wait_received(2, timeout_s=PATIENCE_S)
        Firer(ledger, sandbox.base_url, concurrency=2).fire([bulletin(number) for number in range(20)])

        assert sandbox.peak_in_flight("india-id") == 2
        assert len(sandbox.accepted()) == 20


@pytest.mark.parametrize(
    ("fault", "outcome", "state", "code", "requests"),
    [
        ("400", "failed", State.FAILED, Exit.FAILED, 1),
        ("fail:Business Event Not Found", "failed", State.FAILED, Exit.FAILED, 1),
        ("redirect", "failed", State.FAILED, Exit.FAILED, 1),
        ("429", "failed", State.FAILED, Exit.FAILED, 5),
        ("429*2", "fired", State.FIRED, Exit.OK, 3),
        ("503", "in_doubt", State.IN_DOUBT, Exit.IN_DOUBT, 1),
        ("503-after", "in_doubt", State.IN_DOUBT, Exit.IN_DOUBT, 1),
        ("reset-after", "in_doubt", State.IN_DOUBT, Exit.IN_DOUBT, 1),
        ("timeout", "in_doubt", State.IN_DOUBT, Exit.IN_DOUBT, 1),
        ("truncated", "in_doubt", State.IN_DOUBT, Exit.IN_DOUBT, 1),
    ],
)
def test_each_fault_ends_as_the_table_says(
    firer: Firer, sandbox: Sandbox, fault: str, outcome: str, state: State, code: Exit, requests: int
) -> None:
    sandbox.add_fault(fault)
    ended = firer.fire([bulletin()], timeouts=HASTY if fault == "timeout" else QUICK.timeouts)
    sandbox.wait_received(requests, timeout_s=PATIENCE_S)

    assert (outcomes(ended), ended.exit_code) == ({"episode-1": outcome}, code)
    assert (states(firer.ledger), len(sandbox.received())) == ({state.value: 1}, requests)


def test_no_connection_is_tried_again_and_then_failed(firer: Firer, sandbox: Sandbox) -> None:
    sandbox.add_fault("refuse")
    (result,) = firer.fire([bulletin()]).results

    assert (result.outcome, result.tries, len(sandbox.received())) == ("failed", 5, 0)
    sandbox.clear_faults()
    assert outcomes(firer.fire([bulletin()])) == {"episode-1": "fired"}


def test_a_429_that_sticks_sends_nothing_twice_and_loses_nothing(firer: Firer, sandbox: Sandbox) -> None:
    """The first firing that used all its tries stops the account: the others would meet the same."""
    everything = [bulletin(number) for number in range(30)]
    sandbox.add_fault("sticky-429")
    sandbox.add_fault("429@episode 3*1")
    ended = firer.fire(everything)

    counts = Counter(outcomes(ended).values())
    assert (counts["fired"] + counts["failed"] + counts["skipped"], ended.exit_code) == (30, Exit.FAILED)
    assert counts["fired"] == len(sandbox.accepted()) < 30
    assert counts["failed"] >= 1
    assert counts["skipped"] >= 30 - counts["fired"] - 5
    skipped = {result.reason.code for result in ended.results if result.outcome == "skipped" and result.reason}
    assert skipped == {ReasonCode.ACCOUNT_REFUSED}
    again = Counter(outcomes(firer.fire(everything)).values())
    assert (again["fired"], again["failed"] >= 1) == (0, True)  # it sticks
    sandbox.clear_faults()
    assert firer.fire(everything).exit_code == Exit.OK
    assert Counter(received.name for received in sandbox.accepted()) == {f"episode {n}": 1 for n in range(30)}


def test_a_server_that_counts_a_request_for_longer_refuses_few(ledger: Ledger) -> None:
    with Sandbox(latency_s=0.02, release_s=0.01) as sandbox:
        ended = Firer(ledger, sandbox.base_url).fire([bulletin(number) for number in range(60)])
        assert accepted(sandbox) == {f"episode {number}": 1 for number in range(60)}
        refused = sum(received.status == 429 for received in sandbox.received())
    assert set(outcomes(ended).values()) == {"fired"}
    assert refused < 12


def test_a_when_far_from_the_time_of_sending_is_a_warning(firer: Firer, sandbox: Sandbox) -> None:
    now = int(datetime.now(UTC).timestamp())
    old, soon, fine = bulletin("old", when=now - 8000), bulletin("soon", when=now + 4000), bulletin("fine", when=now)
    ended = firer.fire([old, soon, fine])

    warned = {result.step.firing.key.bulletin: len(result.warnings) for result in ended.results}
    assert (warned, ended.exit_code) == ({"episode-old": 1, "episode-soon": 1, "episode-fine": 0}, Exit.OK)


def test_bad_credentials_stop_the_account_and_no_other(firer: Firer, sandbox: Sandbox) -> None:
    wrong = [bulletin(f"a{number}") for number in range(8)]
    good = [bulletin(f"b{number}", accounts=("europe",)) for number in range(8)]
    sandbox.add_fault("401@episode a*")
    ended = firer.fire([*wrong, *good])

    counts = Counter((result.step.firing.key.account, str(result.outcome)) for result in ended.results)
    assert counts["europe", "fired"] == 8
    assert counts["india", "failed"] <= 3
    assert counts["india", "failed"] + counts["india", "skipped"] == 8


def test_three_doubts_in_a_row_stop_the_account(firer: Firer, sandbox: Sandbox) -> None:
    sandbox.add_fault("503")
    firer.concurrency = 1
    ended = firer.fire([bulletin(number) for number in range(8)])

    assert Counter(outcomes(ended).values()) == {"in_doubt": 3, "skipped": 5}
    assert len(sandbox.received()) == 3


@pytest.mark.parametrize(("fault", "requests"), [("400", 1), ("503", 1), (None, 6)])
def test_a_canary_goes_alone_and_only_its_success_lets_the_others_go(
    firer: Firer, sandbox: Sandbox, fault: str | None, requests: int
) -> None:
    if fault:
        sandbox.add_fault(fault)
    firer.fire([bulletin(number) for number in range(6)], canary=True)

    assert len(sandbox.received()) == requests
    assert sandbox.received()[0].name == "episode 0"


def test_an_expired_firing_is_reported_once_and_never_sent(firer: Firer, sandbox: Sandbox) -> None:
    late = bulletin(schedule=due(datetime.now(UTC) - timedelta(hours=3)))

    first, second = firer.fire([late]), firer.fire([late])
    assert (outcomes(first), first.exit_code) == ({"episode-1": "expired"}, Exit.FAILED)
    assert (outcomes(second), second.exit_code) == ({"episode-1": None}, Exit.OK)
    assert not sandbox.received()


def test_a_window_that_closes_during_a_back_off_expires_the_firing(
    firer: Firer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = bulletin(schedule=due(datetime.now(UTC) - timedelta(minutes=30), grace=timedelta(hours=1)))
    plan = plan_of([closing], firer.ledger)
    occurrence = type(plan.steps[0].firing.occurrence)
    monkeypatch.setattr(occurrence, "is_expired", lambda self, now: len(sandbox.received()) > 0)
    sandbox.add_fault("429*1")
    (result,) = firer.fire([closing], plan=plan).results

    assert (result.outcome, result.tries, len(sandbox.received())) == ("expired", 1, 1)
    assert states(firer.ledger) == {"expired": 1, "released": 1}


def test_a_firing_that_another_run_took_meanwhile_is_skipped(firer: Firer, sandbox: Sandbox) -> None:
    plan = plan_of([bulletin()], firer.ledger)
    firer.fire([bulletin()])
    (result,) = firer.fire([bulletin()], plan=plan).results

    assert result.outcome == "skipped"
    assert reason_code(result) is ReasonCode.CLAIMED_BY_ANOTHER_RUN
    assert len(sandbox.received()) == 1


def test_a_success_that_sent_nothing_is_warned_of(ledger: Ledger) -> None:
    with Sandbox(targets=0) as sandbox:
        (result,) = Firer(ledger, sandbox.base_url).fire([bulletin()]).results

    assert (result.outcome, result.bulletins_sent) == ("fired", 0)
    assert any("0 bulletins were sent" in warning for warning in result.warnings)


def test_a_ledger_that_takes_no_claim_lets_nothing_out(
    firer: Firer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Claim:
        raise UserError(ErrorCode.LEDGER_NOT_WRITABLE, "the disk is full")

    monkeypatch.setattr(firer.ledger, "claim_all", full)
    ended = firer.fire([bulletin(number) for number in range(5)])

    assert (set(outcomes(ended).values()), ended.exit_code, ended.fault) == ({"skipped"}, 5, "the disk is full")
    assert not sandbox.received()


def test_what_was_sent_and_could_not_be_recorded_is_in_doubt_and_never_sent_again(
    firer: Firer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk_full = UserError(ErrorCode.LEDGER_NOT_WRITABLE, "the disk is full")
    with monkeypatch.context() as broken:
        broken.setattr(firer.ledger, "settle_all", lambda *_: (_ for _ in ()).throw(disk_full))
        ended = firer.fire([bulletin()])
    assert (outcomes(ended), ended.exit_code) == ({"episode-1": "in_doubt"}, Exit.IN_DOUBT)

    assert outcomes(firer.fire([bulletin()])) == {"episode-1": "in_doubt"}  # found, and reported once
    assert outcomes(firer.fire([bulletin()])) == {"episode-1": None}
    assert accepted(sandbox) == {"episode 1": 1}


def test_after_a_stop_nothing_new_goes_out_and_what_was_in_flight_is_recorded(ledger: Ledger) -> None:
    with AtRequest(6) as sixth, Sandbox(on_answer=sixth) as sandbox:
        firer = Firer(ledger, sandbox.base_url)
        run = firer.run()
        sixth.work = lambda: run.stop(15)
        ended = firer.fire([bulletin(number) for number in range(20)], run)

        counts = Counter(outcomes(ended).values())
        assert (ended.exit_code, counts["in_doubt"]) == (143, 0)
        assert 6 <= counts["fired"] == len(sandbox.accepted()) <= 8  # as many as were in flight by then
        assert counts["fired"] + counts["skipped"] == 20
        firer.fire([bulletin(number) for number in range(20)])
        assert len(sandbox.accepted()) == len(accepted(sandbox)) == 20


def test_an_abandoned_run_waits_for_nothing(firer: Firer, sandbox: Sandbox) -> None:
    sandbox.add_fault("timeout@episode 0")
    run = firer.run(retries=Retries())

    def twice() -> None:
        sandbox.wait_received(1, timeout_s=PATIENCE_S)
        run.stop(2)
        run.abandon()

    with in_background(twice):
        ended = firer.fire([bulletin(0)], run)

    assert (outcomes(ended), ended.exit_code) == ({"episode-0": "in_doubt"}, 130)
    assert states(firer.ledger) == {"in_doubt": 1}


def test_what_an_ended_run_still_held_is_reported_once_by_runs_that_select_it(firer: Firer, sandbox: Sandbox) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    firer.ledger.clock.source = lambda: long_ago
    gone = firer.ledger.start_run(Origin("fire", "1"), IDENTITY, lease=timedelta())
    firer.ledger.clock.source = None
    for step in plan_of([bulletin(1), bulletin(2)], firer.ledger).steps:
        assert claim_one(firer.ledger, gone, step.firing, long_ago)

    first, second = firer.fire([bulletin(1)]), firer.fire([bulletin(1)])
    assert (outcomes(first), first.exit_code) == ({"episode-1": "in_doubt"}, Exit.IN_DOUBT)
    assert ["episode-2" in message for message in firer.messages] == [True]
    assert (outcomes(second), second.exit_code) == ({"episode-1": None}, Exit.OK)
    both, again = firer.fire([bulletin(1), bulletin(2)]), firer.fire([bulletin(1), bulletin(2)])
    assert (outcomes(both), both.exit_code) == ({"episode-1": None, "episode-2": "in_doubt"}, Exit.IN_DOUBT)
    assert (outcomes(again), again.exit_code) == ({"episode-1": None, "episode-2": None}, Exit.OK)
    assert not sandbox.received()


@pytest.mark.parametrize("seed", range(4))
def test_whatever_breaks_nothing_is_sent_twice_and_nothing_lost(ledger: Ledger, seed: int) -> None:
    kinds = ("503", "503-after", "reset", "reset-after", "close-after", "429", "400", "truncated", "no-status")
    draw = random.Random(seed)
    bulletins = [bulletin(number) for number in range(40)]
    with Sandbox(seed=seed) as sandbox:
        firer = Firer(ledger, sandbox.base_url)
        for kind in draw.sample(kinds, 5):
            sandbox.add_fault(f"{kind}~{draw.uniform(0.05, 0.2):.2f}")
        for _ in range(12):
            firer.fire(bulletins)
            for row in ledger.in_doubt():
                sent = f"episode {row.key.bulletin.removeprefix('episode-')}" in accepted(sandbox)
                assert ledger.resolve(row, sent=sent, note="looked it up", identity=IDENTITY)
        sandbox.clear_faults()
        firer.fire(bulletins)

        assert accepted(sandbox) == {f"episode {number}": 1 for number in range(40)}


def test_each_account_of_a_bulletin_is_a_firing_of_its_own(firer: Firer, sandbox: Sandbox) -> None:
    firer.fire([bulletin(accounts=("india", "europe"))])

    assert {received.account_id for received in sandbox.accepted()} == {"india-id", "europe-id"}


class Away:
    """Wraps methods of a ledger: some of the calls find it away, before or after they did their part."""

    def __init__(self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, seed: str, chance: float = 0.3) -> None:
        self.draw = random.Random(seed)
        self.chance = chance
        self.failed: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.wholly = False
        for name in METHODS:
            monkeypatch.setattr(ledger, name, self.wrapped(name, getattr(ledger, name)))

    def wrapped(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            with self.lock:
                fails = self.wholly or (self.chance and not self.failed[name]) or self.draw.random() < self.chance
                arrives = not self.wholly and self.draw.random() < 0.5
            if not fails:
                return method(*arguments, **options)
            self.failed[name] += 1
            if arrives:
                method(*arguments, **options)
            raise LedgerAway(ErrorCode.LEDGER_UNREACHABLE, "the ledger is away")

        return call


METHODS = ("claim_all", "settle_all", "expire", "put_claims_in_doubt", "renew", "finish_run", "record_outcome",
           "take_over", "unreported", "mark_reported", "take_slots", "give_back_slots", "slots_of",
           "slot_demand")  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_a_ledger_that_is_away_now_and_then_delays_and_loses_nothing(
    firer: Firer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(ledger_access, "_FIRST_DELAY_S", 0.002)
    bulletins = [bulletin(number) for number in range(30)]
    late = [bulletin(f"late-{n}", schedule=due(datetime.now(UTC) - timedelta(hours=9))) for n in range(2)]
    away = Away(firer.ledger, monkeypatch, f"away {seed}")
    sandbox.add_fault("429~0.1")

    ended = firer.fire([*bulletins, *late])

    assert away.failed.keys() >= {"claim_all", "settle_all"}
    counts = Counter(outcomes(ended).values())
    assert (counts["fired"] + counts["failed"], counts["expired"], ended.fault) == (30, 2, None)
    assert max(accepted(sandbox).values()) == 1
    assert len(accepted(sandbox)) == counts["fired"]
    assert not states(firer.ledger).keys() & {"claimed", "in_doubt"}
    assert firer.ledger.live_runs() == []


@pytest.mark.parametrize("seed", range(3))
def test_a_ledger_that_stays_away_ends_the_run_and_nothing_is_sent_twice(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    bulletins = [bulletin(number) for number in range(30)]
    with AtRequest(10) as tenth, Sandbox(on_answer=tenth) as sandbox:
        firer = Firer(ledger, sandbox.base_url)
        with monkeypatch.context() as patch:
            away = Away(ledger, patch, f"stays {seed}", chance=0.0)
            tenth.work = lambda: setattr(away, "wholly", True)
            run = firer.run(patience_s=0.3)
            with pytest.raises(LedgerAway):
                firer.fire(bulletins, run)  # its end can't be recorded either
            wait_for_keepers()
        raised = accepted(sandbox)
        assert 10 <= len(raised) < 30
        assert "the ledger can't be reached: nothing is sent until it can be reached again" not in firer.messages[1:]

        with ledger.writing() as connection:
            end_lease(connection, run.id)
        second = firer.fire(bulletins)
        assert second.exit_code in (Exit.OK, Exit.IN_DOUBT)
        settle_truthfully(ledger, raised)
        firer.fire(bulletins)
        assert accepted(sandbox) == {f"episode {number}": 1 for number in range(30)}


def wait_for_keepers() -> None:
    """Returns once what kept an ended run's lease and slots has ended too: it may be in the middle of a try."""
    for thread in threading.enumerate():
        if thread.name in ("lease", "slots"):
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


def end_lease(connection: Connection, run: str) -> None:
    """As a machine does that finds that the run's process has ended."""
    connection.exec_driver_sql("UPDATE runs SET lease_until = started_at WHERE id = ?", (run,))


def await_stop(run: Run) -> None:
    """Returns once the run starts nothing more."""
    deadline = time.monotonic() + PATIENCE_S
    while not run.is_stopping:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def settle_truthfully(ledger: Ledger, raised: Counter[str | None]) -> None:
    """A person's word on all that is in doubt: what was raised was sent."""
    for row in ledger.in_doubt():
        sent = row.key.bulletin.replace("-", " ", 1) in raised
        assert ledger.resolve(row, sent=sent, note="looked it up", identity=IDENTITY)


def test_a_run_whose_claims_were_taken_over_sends_nothing_more(ledger: Ledger) -> None:
    bulletins = [bulletin(number) for number in range(20)]
    with AtRequest(6) as sixth, Sandbox(on_answer=sixth) as sandbox:
        firer = Firer(ledger, sandbox.base_url)
        run = firer.run(lease=timedelta(seconds=0.3))

        def take_over() -> None:
            """Its claims are put in doubt, and nothing is answered until it has found out."""
            other = ledger.start_run(Origin("fire", "1"), IDENTITY, lease=timedelta(minutes=9))
            with ledger.writing() as connection:  # in one go: its own renewal must not come between
                end_lease(connection, run.id)
                assert firings.put_claims_in_doubt(connection, other, ledger.clock.now())
            ledger.finish_run(other, exit_code=4, interrupted=False)
            await_stop(run)

        sixth.work = take_over
        ended = firer.fire(bulletins, run)

        assert "did not renew its lease in time, and the firings that it had claimed are in doubt" in (
            ended.fault or ""
        )
        assert len(accepted(sandbox)) <= 8  # as many as were in flight by then
        settle_truthfully(ledger, accepted(sandbox))
        firer.fire(bulletins)
        assert accepted(sandbox) == {f"episode {number}": 1 for number in range(20)}


def test_a_run_that_slept_unnoticed_goes_on(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    bulletins = [bulletin(number) for number in range(20)]
    with AtRequest(10) as tenth, Sandbox(on_answer=tenth) as sandbox:
        elapsed_s = clock.elapsed_s
        tenth.work = lambda: monkeypatch.setattr(clock, "elapsed_s", lambda: elapsed_s() + 3600.0)
        ended = Firer(ledger, sandbox.base_url).fire(bulletins)

        assert (set(outcomes(ended).values()), ended.exit_code) == ({"fired"}, Exit.OK)
        assert accepted(sandbox) == {f"episode {number}": 1 for number in range(20)}
