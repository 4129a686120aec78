"""Import everything that a run of `fire` may need before it asks or sends anything. A run that sends nothing skips it.

The program and its libraries import some modules only on first use. During a run this has two dangers: Python can
lose the exception of a signal that arrives during an import, and a damaged module would stop the run after requests.
`tests/end_to_end/test_imports.py` finds modules that are missing in the lists below.
"""

from __future__ import annotations

import importlib
import sys

_ALWAYS = (
    "encodings.ascii",
    "encodings.idna",
    "encodings.latin_1",
    "encodings.unicode_escape",
    "encodings.utf_16_be",
    "encodings.utf_16_le",
    "jsonschema_rs",
    "runner.cli.terminal.console",
    "runner.cli.terminal.error_output",
    "runner.cli.terminal.fire_display",
    "runner.cli.terminal.progress",
    "runner.cli.terminal.prompts",
    "runner.definitions.cache.file_values",
    "runner.definitions.load",  # if the cache fails after the question; also needs jsonschema_rs and the renderer
    "runner.definitions.templates.renderer",
    "runner.files",
    "runner.fire.guard",
    "runner.fire.lanes.lane_threads",
    "runner.fire.run",
    "runner.fire.signals",
    "runner.fire.witness_writer",
    "runner.jobs.firing.fire",
    "runner.jobs.ledger.ledger_witness",
    "runner.jobs.plan_files",
    "runner.jobs.planning",
    "runner.ledger.ledger",
    "runner.ledger.witness.comparison",
    "runner.ledger.witness.witness_files",
    "runner.plan.missed",
    "runner.plan.review.reviewed",
    "runner.report.document.recorded_entries",
    "runner.report.document.run",
    "runner.report.formats",
    "runner.report.text.plan",
    "runner.report.text.run",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "traceback",
)
_ON_A_TERMINAL = ("rich.console", "rich.live_render", "rich.progress", "rich.table", "rich.text")
_FOR_METRICS = ("prometheus_client", "prometheus_client.core", "prometheus_client.registry", "runner.report.metrics")


def import_for_sending(format_: str, *, metrics: bool) -> None:
    """Import all that `fire` needs until its end, with a report in `format_` and, if asked for, `metrics`."""
    from runner.jobs.ledger.opened_ledger import identity

    on_terminal = sys.stdout.isatty() or sys.stderr.isatty()
    for name in (*_ALWAYS, *(_ON_A_TERMINAL if on_terminal else ()), *(_FOR_METRICS if metrics else ())):
        importlib.import_module(name)
    if on_terminal:
        from rich.text import Text

        Text.from_markup(":tada: \N{LATIN SMALL LETTER E WITH ACUTE}").cell_len  # noqa: B018 - loads tables of emoji and widths
    identity()  # imports the system's module for user names
    if format_ != "text":
        _render_empty_report(format_)


def _render_empty_report(format_: str) -> None:
    """Render an empty report, so that the format's templates are compiled and its modules imported."""
    from runner import __version__, clock
    from runner.errors import Exit
    from runner.report.document.run import RunFacts, report_document
    from runner.report.formats import run_in

    now = clock.now()
    facts = RunFacts("", "fire", False, now, now, False, Exit.OK, __version__, ledger=None, host="")
    run_in(format_, report_document(facts, ()))
