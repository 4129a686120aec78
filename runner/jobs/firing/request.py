"""The options of one call of `fire`, as one value."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from runner import local
from runner.errors import UserError, usage_error
from runner.jobs.ledger.opened_ledger import LedgerChoice
from runner.jobs.selection import Selection


@dataclass(frozen=True, slots=True)
class FireRequest:
    """What to fire, with which ledger and guards, and what to show. `path` is a set or a reviewed plan file.

    `may_ask`: ask before anything is sent. `strict`: refuse definitions with warnings. `accepted_losses`: the runs that
    the ledger may lack, with `note` as reason.
    """

    path: Path
    selection: Selection = field(default_factory=Selection)
    ledger: LedgerChoice = field(default_factory=LedgerChoice)
    now: datetime | None = None
    dry_run: bool = False
    may_ask: bool = True
    maximum: int = 500
    canary: bool = False
    require_committed: bool = False
    allowed_hosts: tuple[str, ...] = ()
    accepted_losses: tuple[str, ...] = ()
    note: str | None = None
    report: Path | None = None
    report_all: bool = False
    metrics_file: Path | None = None
    format: str = "text"
    quiet: bool = False
    strict: bool = False
    use_cache: bool = True

    @property
    def sends_to_people(self) -> bool:
        """Whether the run sends to real people, and not to the sandbox or to nobody."""
        return not (self.dry_run or self.ledger.is_sandbox)

    @property
    def report_place(self) -> Path:
        """Where the report is written, before the id of the run is known."""
        return self.report or local.REPORTS / "report.json"

    def check(self) -> None:
        """Raise UserError for options that can't be used together."""
        if error := self._usage_error():
            raise error

    def _usage_error(self) -> UserError | None:
        if self.now and not self.dry_run:
            return usage_error("fire", "--now works only with --dry-run: real bulletins are sent at the present time")
        if bool(self.accepted_losses) is not (self.note is not None):
            return usage_error(
                "fire", "--accept-older-ledger RUN and --note TEXT need each other: write why the ledger is accepted"
            )
        if self.note is not None and not self.note.strip():
            return usage_error("fire", "--note is blank: write why the older ledger is accepted")
        if self.accepted_losses and not self.sends_to_people:
            return usage_error(
                "fire", "--accept-older-ledger is for runs that send to people: leave out --dry-run or --sandbox"
            )
        return None
