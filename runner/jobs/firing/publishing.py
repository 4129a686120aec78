"""Publish a run's report.

In: the results of the run. Out: the report's file, the output in the chosen format, and the exit code.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runner import __version__, clock, git, interrupts, local
from runner.errors import ErrorCode, Exit, OutputLost, UserError
from runner.jobs.firing.display import FireDisplay

if TYPE_CHECKING:
    from runner.fire.result import RunResult
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan


# Names of the reports of runs that did nothing: each replaces the one before of the same kind.
IDLE_REPORT = "idle"
REFUSED_REPORT = "refused"
DRY_RUN_REPORT = "dry-run"


class Published(NamedTuple):
    """The exit code of the process, and whether the report was written to its file."""

    exit_code: int
    is_written: bool


@dataclass(frozen=True, slots=True)
class ReportPublisher:
    """Publishes the report of one call of `fire`, to `file` or, if None, to the usual place.

    `list_all`: list also the firings that otherwise are only counted. `on_document` is called with every report.
    """

    definitions: Path
    file: Path | None
    format: str
    quiet: bool
    dry_run: bool
    list_all: bool
    started_at: datetime
    on_document: Callable[[Mapping[str, Any]], None]
    display: FireDisplay

    def check(self) -> None:
        """Check that the report can be written, before the run starts. Raises UserError if not."""
        from runner.files import check_writable

        path = self.file or local.REPORTS / "report.json"
        try:
            check_writable(path)
        except OSError as error:
            raise UserError(
                ErrorCode.CANNOT_WRITE,
                f"the report can't be written to {path}: {error.strerror}; nothing was sent",
                help="Make room or give write access there, or choose another place with --report.",
            ) from None

    def publish(self, document: dict[str, Any], exit_code: int, *, name: str = "", shown: bool = True) -> Published:
        """Write the report and show it. The exit code is the run's; it is 1 if only writing or showing failed.

        `name`: of the file at the usual place, by default the id of the run. A run that did nothing has the same name
        as others of its kind, so that its report replaces theirs. Raises OutputLost only for a dry run: its output is
        its only purpose, and nothing was sent.
        """
        from runner.report.text.run import news_lines, summary_lines

        self.on_document(document)
        path = self.file or local.REPORTS / f"{name or document['run']['id']}.json"
        lines = list(summary_lines(document))
        is_written = self._write(path, document)
        if is_written:
            lines.append(f"report: {path}")
        if self.quiet and shown:
            self.display.show_news(list(news_lines(document)))
        is_shown = not shown or self._show(document, lines, path if is_written else None)
        code = exit_code if is_written and is_shown else exit_code or Exit.FAILED
        # The file was written before the output was lost. What was written into a pipe can't be read again.
        if is_written and code != document["run"]["exit_code"] and path.is_file():
            is_written = self._write(path, {**document, "run": {**document["run"], "exit_code": int(code)}})
        return Published(code, is_written)

    def document(self, run: str, ended: RunResult, *, ledger: str | None) -> dict[str, Any]:
        """Return the report of a run that ended now."""
        from runner.jobs.ledger.opened_ledger import identity
        from runner.report.document.run import RunFacts, report_document

        checkout = git.checkout(self.definitions)
        facts = RunFacts(
            id=run,
            command="fire",
            dry_run=self.dry_run,
            started_at=self.started_at,
            finished_at=clock.now(),
            interrupted=ended.signal is not None,
            exit_code=ended.exit_code,
            version=__version__,
            ledger=ledger,
            host=identity().host,
            git_commit=checkout.commit if checkout else None,
            git_dirty=checkout.dirty if checkout else None,
        )
        return report_document(facts, ended.results, settled=ended.settled_counts, list_all=self.list_all)

    def _write(self, path: Path, document: Mapping[str, Any]) -> bool:
        """Write the report to its file; return whether that was possible."""
        from runner.files import written_whole

        try:
            with written_whole(path) as file:
                file.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        except OSError as error:
            self.display.fault(f"the report can't be written to {path}: {error.strerror}")
            return False
        return True

    def _show(self, document: dict[str, Any], lines: Sequence[str], path: Path | None) -> bool:
        """Show the report, which was written to `path`; return whether that was possible."""
        from runner.report.formats import run_in

        text = "".join(f"{line}\n" for line in lines)
        try:
            self.display.print_report(text if self.format == "text" else run_in(self.format, document))
            if path is not None and self.format == "text" and not self.quiet:
                page = f"bulletins report {shlex.quote(os.fspath(path))} --format html > run.html"
                self.display.note(f"to see the report as a page: {page}")
        except OutputLost as error:
            if self.dry_run:
                raise
            if not error.has_no_reader:
                kept = "recorded" if path is None else f"recorded, and in {path}"
                self.display.fault(f"{error.message}; what the run did is {kept}")
            return False
        return True

    def publish_refusal(
        self, plan: Plan, refusal: UserError, *, ledger: str | None, record_in: Ledger | None = None
    ) -> None:
        """Publish the report of a run that was refused. As text it is not shown: the error says the same.

        `record_in`: record the run and its report in this ledger.
        """
        from runner.ledger.ulid import new_ulid

        ended = _refused(plan, refusal)
        document = self.document(new_ulid(), ended, ledger=ledger)
        if record_in is not None:
            self._record_refusal(document, ended, record_in)
        name = DRY_RUN_REPORT if self.dry_run else REFUSED_REPORT
        self.publish(document, ended.exit_code, name=name, shown=self.format != "text")

    def _record_refusal(self, document: Mapping[str, Any], ended: RunResult, ledger: Ledger) -> None:
        from runner.jobs.ledger.opened_ledger import identity
        from runner.ledger.values import Origin
        from runner.report.document.recorded_entries import recorded_report

        run, git_state = document["run"], document["run"]["git"] or {}
        origin = Origin("fire", __version__, git_state.get("commit"), git_state.get("dirty"))
        try:
            ledger.record_refused_run(
                run["id"],
                origin,
                identity(),
                recorded_report(document),
                exit_code=ended.exit_code,
                interrupted=ended.signal is not None,
            )
        except UserError as error:  # the refusal itself is what a person has to know
            self.display.note(f"the refused run was not recorded in the ledger: {error.message}")


def _refused(plan: Plan, refusal: UserError) -> RunResult:
    from runner.fire.outcome import Outcome
    from runner.fire.reasons import run_refused
    from runner.fire.result import Result, RunResult

    reason = run_refused(refusal.message)
    results = tuple(
        Result(step, Outcome.SKIPPED, reason) if step.action.sends else Result(step, reason=step.reason)
        for step in plan.steps
    )
    signals = [number for number in interrupts.SIGNALS if refusal.exit_code == interrupts.exit_code_of(number)]
    signal = signals[0] if signals else None
    return RunResult(results, signal=signal, fault=refusal.message, settled_counts=plan.settled_counts)
