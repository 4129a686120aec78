"""`validate`: check the definitions and show every problem."""

from __future__ import annotations

from pathlib import Path

import click

from runner import clock
from runner.cli.options import DEFAULT_PATH, format_option, strict_option
from runner.errors import Exit
from runner.report.formats import PROBLEM_FORMATS


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[PATH]...")
@format_option(*PROBLEM_FORMATS)
@strict_option
@click.option("--verbose", "-v", is_flag=True, help="Show every row with a problem, and every warning.")
def validate(paths: tuple[Path, ...], format_: str, strict: bool, verbose: bool) -> int:
    """Check the definitions, and show every problem.

    Each problem has its place and a way to fix it. All files under the PATHs (default: bulletins.d) form one set.
    Warnings are about values that may be meant: they don't change the exit code, unless --strict is given.
    """
    from runner.cli.terminal.console import show_problems
    from runner.definitions.load import load
    from runner.report.formats import problems_in

    definitions = load(paths or (DEFAULT_PATH,))
    if strict:
        definitions = definitions.strict()
    if format_ == "text":
        show_problems(definitions, to_stderr=False, whole=verbose)
    else:
        click.echo(problems_in(format_, definitions, now=clock.now(), whole=verbose), nl=False)
    return Exit.PROBLEMS if definitions.problems else Exit.OK
