"""What a machine has seen of a ledger, and when it says that the ledger is an older one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from examples import examples
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from plan import NOW

from runner.ledger.witness.comparison import Acceptance, Loss, Recorded, SeenRun, Witness, losses, lost_ids, updated

LEDGER = "01LEDGER"


def seen_run(number: int, claims: int = 0, *, is_over: bool = False, name: str = "") -> SeenRun:
    return SeenRun(name or f"run-{number}", number, claims, NOW + timedelta(minutes=number), "builder", is_over)


def witness(*runs: SeenRun, ledger: str = LEDGER) -> Witness:
    return Witness(ledger, "here", runs)


def recorded(*runs: SeenRun, accepted: tuple[Acceptance, ...] = ()) -> Recorded:
    return Recorded(LEDGER, {run.id: run for run in runs}, accepted)


def acceptance(number: int, claims: int = 0, *, ledger: str = LEDGER) -> Acceptance:
    return Acceptance(ledger, f"run-{number}", number, claims, NOW, "asha", "builder", "restored")


def lost(known: Witness, held: Recorded) -> dict[str, int | None]:
    """The lost runs by id, with the claims that the ledger holds."""
    return {loss.run.id: loss.held_claims for loss in losses([known], held)}


def test_a_ledger_that_went_on_lacks_nothing() -> None:
    assert lost(witness(), recorded()) == {}
    assert lost(witness(seen_run(3, 2)), recorded(seen_run(3, 2))) == {}
    assert lost(witness(seen_run(3, 2)), recorded(seen_run(3, 5), seen_run(4))) == {}


def test_a_missing_run_and_missing_claims_are_losses() -> None:
    assert lost(witness(seen_run(3)), recorded(seen_run(2))) == {"run-3": None}
    assert lost(witness(seen_run(3, 5)), recorded(seen_run(3, 4))) == {"run-3": 4}


def test_of_several_lost_runs_the_newest_counts() -> None:
    assert lost(witness(seen_run(3, 9), seen_run(4), seen_run(5)), recorded(seen_run(3, 2), seen_run(5))) == {
        "run-4": None
    }


def test_a_run_that_got_another_number_is_still_there() -> None:
    assert lost(witness(seen_run(3, 2)), recorded(replace(seen_run(3, 2), number=8))) == {}


def test_an_accepted_loss_covers_earlier_runs_and_no_later_one() -> None:
    held = recorded(seen_run(1), accepted=(acceptance(4, 2),))
    assert lost(witness(seen_run(3, 99)), held) == {}
    assert lost(witness(seen_run(4, 2)), held) == {}
    assert lost(witness(seen_run(4, 3)), held) == {"run-4": None}
    assert lost(witness(seen_run(5)), held) == {"run-5": None}


def test_an_accepted_loss_of_another_ledger_covers_none_of_this() -> None:
    held = recorded(accepted=(acceptance(9, ledger="01OTHER"),))
    assert lost(witness(seen_run(4)), held) == {"run-4": None}
    assert lost(witness(seen_run(4), ledger="01OTHER"), held) == {}


def test_another_ledger_at_the_place_lost_what_the_present_one_does_not_hold() -> None:
    own, other = witness(seen_run(3)), witness(seen_run(7, 2), ledger="01OTHER")
    found = losses([other, own], recorded(seen_run(1)))
    assert [(loss.ledger, loss.run.id) for loss in found] == [(LEDGER, "run-3"), ("01OTHER", "run-7")]
    assert losses([other], recorded(seen_run(7, 2))) == []  # it was imported


def test_the_newest_loss_of_a_ledger_counts_wherever_it_was_seen() -> None:
    found = losses([witness(seen_run(3)), witness(seen_run(5)), witness(seen_run(4))], recorded())
    assert [loss.run.id for loss in found] == ["run-5"]


def test_a_witness_never_goes_back() -> None:
    known = witness(seen_run(3, 5, is_over=True))
    assert updated(known, [seen_run(3, 4)]) == known
    assert updated(known, [seen_run(2)]).runs[-1] == seen_run(3, 5, is_over=True)


def test_a_newer_run_takes_the_place_of_runs_that_were_over_before() -> None:
    known = witness(seen_run(3, 5, is_over=True), seen_run(4, 1))
    assert updated(known, [seen_run(5)]).runs == (seen_run(4, 1), seen_run(5))


def test_a_run_that_ended_after_the_newest_one_began_is_kept() -> None:
    known = updated(witness(seen_run(3, 5)), [seen_run(3, 8, is_over=True), seen_run(4, is_over=True)])
    assert [run.id for run in known.runs] == ["run-3", "run-4"]
    assert [run.id for run in updated(known, [seen_run(5)]).runs] == ["run-5"]


def test_runs_whose_loss_was_accepted_are_forgotten() -> None:
    known = witness(seen_run(3, 5), seen_run(9))
    assert updated(known, [seen_run(3, 2)], forget={"run-3", "run-9"}).runs == (seen_run(3, 2),)


def test_all_that_the_ledger_lacks_is_known_also_where_it_was_accepted() -> None:
    held = recorded(seen_run(3, 4), accepted=(acceptance(9),))
    assert lost_ids([witness(seen_run(2, 1), seen_run(3, 5), seen_run(4))], held) == {"run-2", "run-3", "run-4"}


@dataclass
class Machine:
    """One that fires: its witness, and all runs and claims that had been committed when it last looked."""

    witness: Witness = field(default_factory=witness)
    known: dict[str, SeenRun] = field(default_factory=dict)

    def know(self, runs: Iterable[SeenRun]) -> None:
        for run in runs:
            before = self.known.get(run.id, run)
            self.known[run.id] = replace(run, claims=max(run.claims, before.claims))


@dataclass
class Model:
    """A ledger: its runs with their claims, and the losses that people accepted."""

    runs: dict[str, SeenRun] = field(default_factory=dict)
    accepted: tuple[Acceptance, ...] = ()

    def copy(self) -> Model:
        return Model(dict(self.runs), self.accepted)

    def recorded(self, machine: Machine) -> Recorded:
        ids = {run.id for run in machine.witness.runs}
        newest = max((run.number for run in self.runs.values()), default=0)
        shown = (run for run in self.runs.values() if run.id in ids or not run.is_over or run.number == newest)
        return Recorded(LEDGER, {run.id: run for run in shown}, self.accepted)

    def losses(self, machine: Machine) -> list[Loss]:
        return losses([machine.witness], self.recorded(machine))

    def lacking(self, machine: Machine) -> frozenset[str]:
        held = {name: self.runs.get(name) for name in machine.known}
        return frozenset(name for name, run in held.items() if run is None or run.claims < machine.known[name].claims)

    def lost(self, machine: Machine) -> set[str]:
        """The ids of what the machine knew of, and the ledger lacks, where nobody has accepted that."""
        accepted = max(((each.number, each.claims) for each in self.accepted), default=(0, 0))
        return {name for name in self.lacking(machine) if machine.known[name].extent > accepted}

    def next_number(self) -> int:
        numbers = [*(run.number for run in self.runs.values()), *(each.number for each in self.accepted)]
        return max(numbers, default=0) + 1


@dataclass
class Process:
    """A run under way, with the claims that were committed for it.

    Until it has been written to the witness for the first time, it claims nothing. `seen` is what the ledger held
    right before it started, `committed` right after.
    """

    machine: Machine
    run: SeenRun
    seen: Recorded
    committed: dict[str, SeenRun]
    forget: frozenset[str]
    lost: frozenset[str]
    is_written: bool = False


NUMBER = st.integers(0, 3)


class Rollbacks(RuleBasedStateMachine):
    """Two machines fire over one ledger, of which any earlier state is restored at any moment.

    A machine refuses a state of the ledger exactly where it lacks a run, or a claim, that was committed when the
    machine looked last, and that nobody has accepted as lost.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Model()
        self.states = [self.ledger.copy()]
        self.machines = [Machine() for _ in range(2)]
        self.processes: list[Process] = []
        self.started = 0

    @invariant()
    def machines_notice_what_every_earlier_state_lacks(self) -> None:
        if self.ledger != self.states[-1]:
            self.states.append(self.ledger.copy())
        for machine in self.machines:
            for state in self.states:
                found, lost = state.losses(machine), state.lost(machine)
                assert {loss.run.id for loss in found} <= lost
                assert bool(found) is bool(lost)

    @rule(index=NUMBER, accept=st.booleans())
    def fire(self, index: int, accept: bool) -> None:
        machine = self.machines[index % len(self.machines)]
        found = self.ledger.losses(machine)
        if found and not accept:
            return
        seen = self.ledger.recorded(machine)
        for loss in found:
            accepted = acceptance(loss.run.number, loss.run.claims)
            self.ledger.accepted = (*self.ledger.accepted, accepted)
        self.started += 1
        run = seen_run(self.ledger.next_number(), name=f"{self.started}")
        self.ledger.runs[run.id] = run
        forget = lost_ids([machine.witness], seen)
        committed = dict(self.ledger.runs)
        self.processes.append(Process(machine, run, seen, committed, forget, self.ledger.lacking(machine)))

    @rule(index=NUMBER, is_written=st.booleans())
    def claim(self, index: int, is_written: bool) -> None:
        """A run that has not been written yet is, before it claims anything."""
        if self.processes:
            process = self.processes[index % len(self.processes)]
            held = self.ledger.runs.get(process.run.id)
            if held and process.is_written:  # without its row, no claim of it can be recorded
                self.ledger.runs[held.id] = replace(held, claims=held.claims + 1)
                process.run = replace(process.run, claims=process.run.claims + 1)
            if is_written or not process.is_written:
                self.written(process)

    def written(self, process: Process) -> None:
        machine, run = process.machine, process.run
        if not process.is_written:
            process.is_written = True
            machine.witness = updated(machine.witness, process.seen.runs.values(), forget=process.forget)
            machine.known = {name: run for name, run in machine.known.items() if name not in process.lost}
            machine.know(process.committed.values())
        machine.witness = updated(machine.witness, [run])
        machine.know([run])

    @rule(index=NUMBER, is_killed=st.booleans())
    def end(self, index: int, is_killed: bool) -> None:
        if self.processes:
            process = self.processes.pop(index % len(self.processes))
            if not is_killed:
                self.written(process)
            if held := self.ledger.runs.get(process.run.id):
                self.ledger.runs[held.id] = replace(held, is_over=True)

    @rule(back=st.integers(0, 9))
    def restore(self, back: int) -> None:
        self.ledger = self.states[-1 - back % len(self.states)].copy()
        alive = {process.run.id for process in self.processes}
        for run in self.ledger.runs.values():  # the leases of the others have run out since
            self.ledger.runs[run.id] = replace(run, is_over=run.is_over or run.id not in alive)


TestRollbacks = Rollbacks.TestCase
TestRollbacks.settings = settings(settings.get_profile("untimed"), max_examples=examples(200), stateful_step_count=25)
