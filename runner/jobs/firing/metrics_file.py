"""The metrics of a run of `fire` for a monitoring system, written however the run ends.

In: the run's report, the ledger and the exit code. Out: a file in Prometheus' text format.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner import clock, interrupts
from runner.errors import ErrorCode, Exit, UserError
from runner.jobs.messages import Messages

if TYPE_CHECKING:
    from runner.jobs.loaded_set import LoadedSet
    from runner.ledger.ledger import Ledger
    from runner.report.metrics import Earlier, RunFigures


class MetricsFile:
    """Collects the figures of one run and writes them to `path`; None writes nothing.

    `exit_code` may still change after the report was added.
    """

    def __init__(self, path: Path | None, messages: Messages) -> None:
        self._path = path
        self._messages = messages
        self._started_at = clock.now()
        self._document: Mapping[str, Any] | None = None
        self._before: Earlier | None = None
        self._has_begun = False
        self._in_doubt: int | None = None
        self._overdue: int | None = None
        self._held_back: int | None = None
        self.exit_code: int = Exit.REFUSED

    def add_report(self, document: Mapping[str, Any]) -> None:
        """Keep the run's report."""
        self._document = document

    def count_ledger(self, ledger: Ledger, loaded: LoadedSet) -> None:
        """Count what is in doubt, overdue and held back after the run, in the whole set whatever was selected."""
        if self._path is None:
            return
        now = clock.now()
        try:
            self._in_doubt = len(ledger.in_doubt())
            plan = loaded.plan(ledger, now)
            self._overdue, self._held_back = len(plan.to_send), len(plan.held_back)
        except UserError as error:
            self._messages.note(f"the metrics keep the last known counts of the ledger: {error.message}")

    def begin(self) -> None:
        """Read the figures of the run before. Raises UserError if the file can't be replaced or holds other data."""
        if self._path is None:
            return
        from runner.files import check_writable, is_plain_file
        from runner.report.metrics import earlier

        text = ""
        try:
            check_writable(self._path)
            if is_plain_file(self._path):
                with self._path.open(encoding="utf-8", errors="replace", newline="") as file:
                    text = file.read()
        except OSError as error:
            raise UserError(
                ErrorCode.CANNOT_WRITE,
                f"the metrics can't be written to {self._path}: {error.strerror}; nothing was sent",
                help="Make room or give write access there, or choose another place with --metrics-file.",
            ) from None
        self._before = earlier(text)
        if text and (self._before is None or "bulletins_" not in text):
            raise UserError(
                ErrorCode.NOT_METRICS,
                f"{self._path} contains something other than metrics; it was not changed, and nothing was sent",
                help="Choose another place with --metrics-file, or remove it first.",
            )
        self._has_begun = True

    def write(self) -> None:
        """Replace the figures of the run before. Raises OSError."""
        if self._path is None or not self._has_begun:
            return
        from runner.files import written_whole
        from runner.report.metrics import metrics_text

        with written_whole(self._path) as file:
            file.write(metrics_text(self._figures(), self._before))

    def _figures(self) -> RunFigures:
        from runner.report.metrics import RunFigures, measure_run

        if self._document is None:
            return RunFigures(self._started_at, clock.now(), self.exit_code)
        measured = measure_run(
            self._document,
            in_doubt_now=self._in_doubt,
            overdue_now=self._overdue,
            held_back_now=self._held_back,
        )
        return replace(measured, exit_code=self.exit_code)


@contextmanager
def recorded_metrics(path: Path | None, messages: Messages) -> Iterator[MetricsFile]:
    """Give the metrics of one run, and write them at any end of the run. If they can't be written, the exit code is 1.

    None as the path writes nothing.
    """
    metrics = MetricsFile(path, messages)
    metrics.begin()
    try:
        yield metrics
    except interrupts.Interrupted:
        metrics.exit_code = interrupts.exit_code() or Exit.INTERRUPTED
        raise
    except UserError as error:
        metrics.exit_code = error.exit_code
        raise
    finally:
        try:
            metrics.write()
        except Exception as error:  # noqa: BLE001 - the run has ended: no fault of its figures may hide its exit code
            from runner.fire.fault_scope import fault_text

            why = error.strerror if isinstance(error, OSError) else fault_text(error)
            messages.fault(f"the metrics can't be written to {path}: {why}")
            metrics.exit_code = metrics.exit_code or Exit.FAILED
