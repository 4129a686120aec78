"""Options and arguments that several commands share, and their conversion into values."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runner import local
from runner.cli.shell_completion import completions
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.jobs.ledger.opened_ledger import LedgerChoice
    from runner.jobs.selection import Selection

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_PATH = local.DEFINITIONS
_SELECTED = {
    "id": ("GLOB", "bulletins whose id matches", completions.ids),
    "tag": ("TAG", "bulletins with the tag", completions.tags),
    "event": ("NAME", "bulletins of the business event", completions.events),
    "account": ("NAME", "firings in the account", completions.accounts),
    "file": ("GLOB", "bulletins whose file or table matches", completions.files_and_tables),
}

SELECTION_OPTIONS = (
    *(f"--{prefix}{kind}" for kind in _SELECTED for prefix in ("", "exclude-")),
    "--changed-since",
)

path_argument = click.argument("path", default=DEFAULT_PATH, type=click.Path(path_type=Path, readable=False))
sandbox_option = click.option(
    "--sandbox", is_flag=True, help="Send to a simulated CleverTap inside the program, with a ledger of its own."
)
ledger_option = click.option(
    "--ledger",
    "ledger_url",
    metavar="URL",
    envvar="BULLETINS_LEDGER",
    show_envvar=True,
    help="The ledger: a SQLite file or a URL.  [default: .bulletins/ledger.sqlite3]",
)
cache_option = click.option(
    "--no-cache", is_flag=True, help="Read every file anew, and keep nothing in the user's cache folder."
)
strict_option = click.option("--strict", is_flag=True, help="Count warnings about the definitions as errors.")
yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask: for cron and scripts.")
verbose_option = click.option("--verbose", "-v", is_flag=True, help="Show every firing, also those with nothing to do.")


def format_option(*formats: str) -> Callable[[F], F]:
    """Return the option `--format` with these choices; the default is text."""
    return click.option(
        "--format", "format_", type=click.Choice(formats), default="text", show_default=True, help="What to print."
    )


def selection_options(command: F) -> F:
    """Add the selection options: `--id`, `--tag`, …, `--exclude-id`, `--exclude-tag`, … and `--changed-since`."""
    command = click.option(
        "--changed-since",
        metavar="REF",
        shell_complete=completions.refs,
        help="Only bulletins added or changed since a git ref.",
    )(command)
    for kind, (metavar, what, values) in reversed(_SELECTED.items()):
        option = partial(click.option, multiple=True, metavar=metavar, shell_complete=values)
        excluding = option(f"--exclude-{kind}", f"exclude_{kind}", help=f"Leave out {what}.")
        including = option(f"--{kind}", f"only_{kind}", help=f"Only {what}.")
        command = including(excluding(command))
    return command


def selection_of(options: Mapping[str, Any]) -> Selection:
    """Return the values of the selection options as one Selection."""
    from runner.jobs.selection import Selection
    from runner.plan.select import Criterion

    criteria = []
    for kind in _SELECTED:
        for prefix, excludes in (("only_", False), ("exclude_", True)):
            if values := options[prefix + kind]:
                criteria.append(Criterion(kind, tuple(values), excludes))
    names = {name: name.removeprefix("only_") for name in options}
    given = {names[name]: [values] if isinstance(values, str) else values for name, values in options.items() if values}
    return Selection(tuple(criteria), options["changed_since"], given)


def ledger_choice(url: str | None, *, sandbox: bool = False) -> LedgerChoice:
    """Return the ledger that the options mean; with --sandbox its own, whatever the environment holds.

    Raises UserError if the command line also names another ledger.
    """
    from runner.jobs.ledger.opened_ledger import LedgerChoice

    source = click.get_current_context().get_parameter_source("ledger_url")
    is_named = source is click.core.ParameterSource.COMMANDLINE
    if not sandbox:
        return LedgerChoice(url, is_named)
    if is_named:
        raise UserError(
            ErrorCode.SANDBOX_WITH_LEDGER,
            "--sandbox uses a ledger of its own, and --ledger names another one",
            help="Leave out one of the two options.",
            exit_code=Exit.USAGE,
        )
    return LedgerChoice(str(local.SANDBOX_LEDGER), is_sandbox=True)


class InstantOption(click.ParamType[datetime]):
    """The type of an option that takes an RFC 3339 time with offset; the value is an aware datetime in UTC."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the time by the rules of `schedule.at`."""
        from runner.definitions.schedules.times import TimeProblem, instant

        if isinstance(value, datetime):
            return value
        try:
            return instant(value)
        except TimeProblem as error:
            self.fail(f"{error.message}. Write it like 2026-12-01T18:30:00+05:30", param, ctx)


now_option = click.option(
    "--now", type=InstantOption(), metavar="TIME", help="Plan as if it were this time, like 2026-12-01T18:30:00+05:30."
)


def as_argument(path: Path) -> str:
    """Return a set's path for a command to copy: a space and the quoted path, or nothing for the usual path."""
    return "" if path == Path(DEFAULT_PATH) else f" {shlex.quote(os.fspath(path))}"
