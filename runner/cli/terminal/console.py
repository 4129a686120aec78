"""Print tables and problems, on a terminal or in a log."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from runner import clock
from runner.cli.options import as_argument
from runner.definitions.problem_codes import Severity
from runner.definitions.suggest import counted
from runner.errors import Exit
from runner.report.alike_problems import alike_problems
from runner.report.text.problems import more_line, problem_line, row_lines, snippet, verdict

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.definitions.problem import Problem


_SEVERITY_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "blue"}


def show_problems(definitions: Definitions, *, to_stderr: bool, whole: bool = False) -> None:
    """Print every problem and their count; on a terminal also the faulty line with a caret.

    Warnings that are alike are folded, unless `whole`.
    """
    print_problems(definitions.found, to_stderr=to_stderr, whole=whole)
    colour = "red" if definitions.problems else "yellow" if definitions.warnings else "green"
    click.secho(verdict(definitions), fg=colour, err=to_stderr)


def print_problems(problems: Iterable[Problem], *, to_stderr: bool = False, whole: bool = False) -> None:
    """Print the problems, with folded warnings unless `whole`."""
    stream = sys.stderr if to_stderr else sys.stdout
    on_terminal = stream.isatty()
    for group in alike_problems(problems, whole=whole):
        for problem in group.leading:
            line = problem_line(problem)
            kind = f"{problem.severity}[{problem.code}]"
            if on_terminal:
                place, message = line.split(f": {kind}", 1)
                styled = click.style(kind, fg=_SEVERITY_COLOURS[problem.severity])
                line = f"{click.style(place, bold=True)}: {styled}{message}"
            click.echo(line, err=to_stderr)
            for text in snippet(problem) if on_terminal else ():
                click.secho(text, fg="bright_black", err=to_stderr)
            for text in row_lines(problem, whole=whole):
                click.echo(text, err=to_stderr)
        for text in more_line(group):
            click.echo(text, err=to_stderr)


def refuse_problems(definitions: Definitions, *, format_: str, undone: str, whole: bool = False) -> None:
    """Print the problems of a set, and that nothing was done; `undone` completes the sentence "nothing was …".

    `whole`: with every row of a problem.

    Formats that can hold problems hold them, on standard output. With another format, standard output stays empty.
    """
    from runner.report.formats import FINDING_FORMATS, problems_in

    if format_ in FINDING_FORMATS:
        click.echo(problems_in(format_, definitions, now=clock.now(), whole=whole), nl=False)
    else:
        show_problems(definitions, to_stderr=True, whole=whole)
    click.echo(f"nothing was {undone}, not even in part", err=True)


def stop_on_problems(definitions: Definitions, *, format_: str = "text", undone: str, whole: bool = False) -> None:
    """End the command with exit code 3 if the definitions have problems, after printing them."""
    if definitions.problems:
        refuse_problems(definitions, format_=format_, undone=undone, whole=whole)
        raise click.exceptions.Exit(Exit.PROBLEMS)


def problems_of(definitions: Definitions, path: Path) -> str:
    """Return the count of problems of the set at `path` and the command that shows them, for commands that go on."""
    return _with_command(len(definitions.problems), "problem", path)


def warnings_of(count: int, path: Path) -> str:
    """Return the count of warnings about the set at `path` and the command that shows them."""
    return _with_command(count, "warning", path)


def _with_command(count: int, what: str, path: Path) -> str:
    return f"{counted(count, what)} (bulletins validate{as_argument(path)} shows {'it' if count == 1 else 'them'})"


def show_table(rows: Iterable[tuple[str | None, Sequence[str]]], *, to_stderr: bool = False) -> None:
    """Print rows (colour, cells) as aligned columns, on a terminal the first cell in colour. Cells are plain text."""
    stream = sys.stderr if to_stderr else sys.stdout
    for line in _fitted(rows, stream) if stream.isatty() else _aligned([cells for _, cells in rows]):
        click.echo(line.rstrip(), err=to_stderr)


def _fitted(rows: Iterable[tuple[str | None, Sequence[str]]], terminal: TextIO) -> list[str]:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=terminal, highlight=False)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for colour, cells in rows:
        table.add_row(*(Text(cell, style=(colour or "") if number == 0 else "") for number, cell in enumerate(cells)))
    if not table.row_count:
        return []
    with console.capture() as capture:
        console.print(table)
    return capture.get().splitlines()


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Align without rich: a log has no width to fit, and rich would take seconds for a long table."""
    from rich.cells import cell_len

    widths: dict[int, int] = {}
    for cells in rows:
        for number, cell in enumerate(cells):
            widths[number] = max(widths.get(number, 0), cell_len(cell))
    for cells in rows:
        yield "  ".join(cell + " " * (widths[number] - cell_len(cell)) for number, cell in enumerate(cells))
