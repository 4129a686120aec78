"""Compare a ledger with what this machine has seen of it, to notice an older copy (a rollback).

Every machine keeps a witness: the newest run that it saw in a ledger, and how many claims that run had made. If the
ledger lacks this run or some of its claims, or another ledger is at its place, it was replaced by an older copy.
Then `fire` refuses to send, because the copy takes sent firings for unsent. A person can accept the copy, with a note.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner import local
from runner.errors import ErrorCode, UserError
from runner.jobs.messages import Messages

if TYPE_CHECKING:
    from runner.ledger.ledger import Ledger
    from runner.ledger.witness.comparison import Loss, Recorded, Witness
    from runner.ledger.witness.witness_files import WitnessFiles
    from runner.plan.decide import Plan

_SHOWN = 20  # firings that a warning names
_NO_MEMORY = "An older copy of the ledger would not be noticed here."


@dataclass(frozen=True, slots=True)
class WitnessComparison:
    """A ledger, this machine's witnesses of it, and what the ledger has lost since.

    `files` is None if this machine can't keep a witness.
    """

    ledger: Ledger
    files: WitnessFiles | None
    witnesses: tuple[Witness, ...]
    recorded: Recorded
    losses: tuple[Loss, ...]
    messages: Messages

    def check(self, plan: Plan, accepted: Sequence[str] = (), *, is_named: bool = False) -> None:
        """Raise UserError unless `accepted` names exactly the runs that the ledger lacks.

        `is_named`: the ledger was given on the command line, so commands to copy must contain it too.
        """
        missing_runs = [loss.run.id for loss in self.losses]
        if set(missing_runs) == set(accepted):
            return
        if not missing_runs:
            raise UserError(
                ErrorCode.NO_LOSS_TO_ACCEPT,
                f"the ledger {self.ledger.place} contains everything that this machine has seen of it:"
                f" there is no loss of run {accepted[0]} to accept",
                help="Leave out --accept-older-ledger. It is for one decision of a person, never for a cron job.",
            )
        options = " ".join(f"--accept-older-ledger {run}" for run in missing_runs)
        named = f" --ledger {shlex.quote(self.ledger.place)}" if is_named else ""
        raise UserError(
            ErrorCode.LEDGER_OLDER,
            "; ".join(map(self.described, self.losses)),
            help=f"Restore the newer copy of the ledger. If there is none, `bulletins ledger baseline{named}` records"
            f" what is due now as sent. Or `bulletins fire{named} {options} --note TEXT` sends what this ledger"
            f" does not record as sent ({len(plan.to_send):,} now), even if it was sent before.",
        )

    def described(self, loss: Loss) -> str:
        """Return a sentence on what the ledger lacks."""
        from runner.plan.time_text import utc_text

        run = f"run {loss.run.id} of {loss.run.host} at {utc_text(loss.run.started_at)}"
        if loss.held_claims is None:
            lack = "the ledger does not contain that run"
        else:
            lack = (
                f"the ledger contains {loss.held_claims:,} of the {loss.run.claims:,} firings that the run had claimed"
            )
        if loss.ledger == self.ledger.id:
            return f"the ledger {self.ledger.place} is older than {run}, which this machine has seen: {lack}"
        return (
            f"the ledger {self.ledger.place} is a new one ({self.ledger.id}). At its place, this machine has seen"
            f" the ledger {loss.ledger} with {run}: {lack}"
        )

    def accept(self, note: str) -> None:
        """Record in the ledger that a person accepts it in spite of its losses."""
        from runner.jobs.ledger.opened_ledger import identity

        self.ledger.accept(self.losses, identity(), note)

    def remember(self, run: str) -> None:
        """Write to the witness what a run of this process has recorded so far."""
        with self.writer(run):
            pass

    def writer(self, run: str) -> AbstractContextManager[Any]:
        """Keep the witness up to date while a run of this process goes on."""
        from runner.fire.witness_writer import WitnessWriter
        from runner.ledger.witness.comparison import lost_ids

        if self.files is None:
            return nullcontext()
        return WitnessWriter(
            self.files,
            lambda: self.ledger.own_run(run),
            seen=self.recorded.runs.values(),
            forget=lost_ids(self.witnesses, self.recorded),
            on_fault=lambda error: _warn_of_no_memory(error, self.messages),
        )

    def remember_newest(self) -> None:
        """Writes to the witness which runs the ledger holds, after an import has added some."""
        from runner.ledger.witness.comparison import updated

        if self.files is None:
            return
        try:
            self.files.update(lambda witness: updated(witness, self.recorded.runs.values()))
        except OSError as error:
            _warn_of_no_memory(error, self.messages)


def compare_with_witness(ledger: Ledger, messages: Messages) -> WitnessComparison:
    """Compare the ledger with this machine's witnesses. A witness that can't be read is only a warning."""
    from runner.ledger.witness.comparison import losses

    files, witnesses = _read(ledger.id, ledger.canonical_place(), messages)
    # The ledger is read after the witnesses: a witness never holds more than was committed before it was written.
    recorded = ledger.recorded(run.id for witness in witnesses for run in witness.runs)
    return WitnessComparison(ledger, files, witnesses, recorded, tuple(losses(witnesses, recorded)), messages)


def _read(ledger: str, place: str, messages: Messages) -> tuple[WitnessFiles | None, tuple[Witness, ...]]:
    from runner.ledger.witness.witness_files import WitnessFiles

    try:
        folder = local.witness_folder()
        if folder is None:
            messages.warn(
                "there is no folder outside the git checkout in which this machine could record what it has seen of"
                f" the ledger. {_NO_MEMORY} Set XDG_STATE_HOME to such a folder"
            )
            return None, ()
        files = WitnessFiles(folder, ledger, place)
        witnesses, damaged = files.read()
    except OSError as error:
        _warn_of_no_memory(error, messages)
        return None, ()
    for path, reason in damaged.items():
        messages.warn(
            f"{path}, this machine's record of what it has seen of the ledger, can't be read: {reason}. {_NO_MEMORY}"
        )
    return files, tuple(witnesses)


def warn_if_older(ledger: Ledger, messages: Messages) -> WitnessComparison:
    """Warn if `fire` would refuse the ledger."""
    compared = compare_with_witness(ledger, messages)
    for loss in compared.losses:
        messages.warn(f"{compared.described(loss)}. bulletins fire refuses this ledger and shows what to do")
    return compared


def warn_of_repetition(compared: WitnessComparison, plan: Plan) -> None:
    """Warn which firings may be sent a second time with an older ledger that was accepted."""
    for loss in compared.losses:
        compared.messages.warn(f"{compared.described(loss)}. You accepted that with --accept-older-ledger")
    names = [f"{step.firing.key.bulletin} in {step.firing.key.account}" for step in plan.to_send]
    compared.messages.warn(_repetition(names))


def _repetition(names: Sequence[str]) -> str:
    if not names:
        return "this run sends nothing that may have been sent before; a later run may"
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return f"these firings may have been sent before, and may be sent again: {', '.join(names[:_SHOWN])}{more}"


def _warn_of_no_memory(error: Exception, messages: Messages) -> None:
    reason = error.strerror or str(error) if isinstance(error, OSError) else str(error)
    where = f" in {error.filename}" if isinstance(error, OSError) and error.filename else ""
    messages.warn(f"this machine can't record what it has seen of the ledger{where}: {reason}. {_NO_MEMORY}")
