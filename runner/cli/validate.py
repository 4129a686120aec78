"""`validate`: the definitions' problems, or that there are none."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.options import DEFAULT_PATH, format_option
from runner.errors import Exit


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@format_option("text", "json")
def validate(paths: tuple[Path, ...], format_: str) -> int:
    """Check the definitions, and show every problem.

    Each with its place and the mend. All files under the PATHs (bulletins.d where none is given) make one set.
    """
    from runner.cli.console import show_problems
    from runner.definitions.load import load
    from runner.report.problems import problems_json

    definitions = load(paths or (DEFAULT_PATH,))
    if format_ == "json":
        click.echo(problems_json(definitions))
    else:
        show_problems(definitions, to_stderr=False)
    return Exit.PROBLEMS if definitions.problems else Exit.OK
