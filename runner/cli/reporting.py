"""Publish a run's report.

In: the results of the run. Out: the report's file, the output in the chosen format, and the exit code.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from runner import __version__, git, local
from runner.cli.options import present
from runner.cli.streams import OutputLost
from runner.errors import Exit, UserError

if TYPE_CHECKING:
    from runner.fire.result import Ended


class Published(NamedTuple):
    """The exit code of the process, and whether the report was written to its file."""

    exit_code: int
    is_written: bool


@dataclass(frozen=True, slots=True)
class Reporter:
    """Publishes the report of one call of `fire`, to `file` or, if None, to the usual place.

    `on_document` is called with every report.
    """

    definitions: Path
    file: Path | None
    format: str
    quiet: bool
    dry_run: bool
    started_at: datetime
    on_document: Callable[[Mapping[str, Any]], None]

    def check(self) -> None:
        """Check that the report can be written, before the run starts. Raises UserError if not."""
        from runner.files import check_writable

        path = self.file or local.REPORTS / "report.json"
        try:
            check_writable(path)
        except OSError as error:
            raise UserError(
                f"the report can't be written to {path}: {error.strerror}; nothing was sent",
                help="Make room or give write access there, or choose another place with --report.",
            ) from None

    def publish(self, run: str, ended: Ended, *, ledger: str | None, shown: bool = True) -> Published:
        """Write the report and show it. The exit code is the run's; it is 1 if only writing or showing failed.

        Raises OutputLost only for a dry run: its output is its only purpose, and nothing was sent.
        """
        from runner.cli.ledgers import identity
        from runner.files import written_whole
        from runner.report.document.run import RunFacts, report_document
        from runner.report.formats import run_in
        from runner.report.text.run import summary_lines

        checkout = git.checkout(self.definitions)
        facts = RunFacts(
            id=run,
            command="fire",
            dry_run=self.dry_run,
            started_at=self.started_at,
            finished_at=present(),
            interrupted=ended.signal is not None,
            exit_code=ended.exit_code,
            version=__version__,
            ledger=ledger,
            host=identity().host,
            git_commit=checkout.commit if checkout else None,
            git_dirty=checkout.dirty if checkout else None,
        )
        document = report_document(facts, ended.results)
        self.on_document(document)
        path = self.file or local.REPORTS / f"{run}.json"
        code, is_written = ended.exit_code, True
        lines = list(summary_lines(document))
        try:
            with written_whole(path) as file:
                file.write(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
            lines += [f"report: {path}"]
            kept = f"recorded, and in {path}"
        except OSError as error:
            click.secho(f"error: the report can't be written to {path}: {error.strerror}", fg="red", err=True)
            code, is_written = code or Exit.FAILED, False
            kept = "recorded"
        if shown:
            text = "".join(f"{line}\n" for line in lines)
            try:
                click.echo(text if self.format == "text" else run_in(self.format, document), nl=False)
                if is_written and self.format == "text" and not self.quiet:
                    page = f"bulletins report {shlex.quote(os.fspath(path))} --format html > run.html"
                    click.echo(f"to see the report as a page: {page}", err=True)
            except OutputLost as error:
                if self.dry_run:
                    raise
                code = code or Exit.FAILED
                if not error.is_nobody_there:
                    click.secho(f"error: {error.message}; what the run did is {kept}", fg="red", err=True)
        return Published(code, is_written)
