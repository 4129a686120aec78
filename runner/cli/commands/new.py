"""`new`: ask for the fields of a bulletin, and append its entry to a file. The rest of the file does not change."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner import clock
from runner.cli.options import as_argument, path_argument
from runner.cli.shell_completion import completions
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.cli.new.answers import OptionAnswers
    from runner.cli.new.dialogue import Dialogue
    from runner.definitions.model import Definitions
    from runner.definitions.sources import Source
    from runner.jobs.new_bulletin import Target

_ACCOUNT_LINE = (
    "accounts: {india: {region: in1, account_id_env: CLEVERTAP_ACCOUNT_ID, passcode_env: CLEVERTAP_PASSCODE}}"
)


@click.command()
@path_argument
@click.option(
    "--file", "file", metavar="FILE", shell_complete=completions.files, help="The file to append to, or a new one."
)
@click.option("--event", metavar="NAME", shell_complete=completions.events, help="The business event.")
@click.option("--property", "properties", metavar="NAME=VALUE", multiple=True, help="A property; repeatable.")
@click.option("--name", metavar="TEXT", help="The name for the activity log.")
@click.option("--id", metavar="ID", help="The id, unique in the set.  [default: made from the name]")
@click.option("--c-by", metavar="ADDRESS", help="The e-mail address of its creator.")
@click.option(
    "--account",
    "accounts",
    metavar="NAME",
    multiple=True,
    shell_complete=completions.accounts,
    help="An account to send it to; repeatable.",
)
@click.option("--at-once", is_flag=True, help="It is due at once: the next run sends it.")
@click.option("--at", metavar="TIME", help="When it is due, like 2026-12-01 18:30, or with an offset.")
@click.option("--cron", metavar="CRON", help="A recurring schedule, like '30 18 * * FRI'.")
@click.option("--timezone", metavar="ZONE", help="The time zone of --at and --cron.  [default: the account's]")
@click.option("--grace", metavar="DURATION", help="How late it may still be sent, like 30m or 2h.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, shell_complete=completions.tags, help="A tag; repeatable.")
@click.option("--yes", "-y", is_flag=True, help="Append it without showing it and asking again.")
def new(path: Path, file: str | None, properties: Sequence[str], yes: bool, **given: Any) -> None:
    """Ask for a bulletin, and append it to a file of the set.

    Fields given as options are not asked for. Without a terminal, every needed field must be an option. Comments and
    layout of the file stay as they are. The default of PATH is bulletins.d.
    """
    from runner.cli.new.answers import Interview, OptionAnswers
    from runner.cli.new.dialogue import Dialogue, GoBack
    from runner.cli.new.questions import ask
    from runner.cli.new.target_file import chosen_target
    from runner.cli.terminal.prompts import can_ask
    from runner.definitions.editing.appending import without_inherited
    from runner.jobs.new_bulletin import with_entry, write_target

    if sum((given["at_once"], given["at"] is not None, given["cron"] is not None)) > 1:
        raise click.UsageError("give only one of --at-once, --at and --cron")
    wanted = OptionAnswers(**given, properties=_pairs(properties))
    sources, definitions = _the_set(path)
    _check_that_there_are_accounts(path, definitions)
    if not can_ask():
        _check_that_options_say_all(path, sources, file, definitions, wanted, yes=yes)
    dialogue = Dialogue()
    try:
        while True:
            dialogue.begin()
            with suppress(GoBack):
                target = chosen_target(dialogue, path, sources, file)
                interview = Interview(
                    dialogue, definitions, target.defaults, wanted, clock.now(), lambda: _own_address(path)
                )
                fields = without_inherited(ask(interview), target.defaults)
                new_data = with_entry(target, fields, path)
                _check(sources, definitions, target, new_data)
                if not yes:
                    _confirm(dialogue, target, fields)
                break
    except click.Abort:
        click.echo(err=True)  # ends the line of the question
        raise UserError(
            ErrorCode.QUESTION_INTERRUPTED,
            "interrupted, and nothing was written",
            help="Run the command again when you are ready.",
            exit_code=Exit.INTERRUPTED,
        ) from None
    write_target(target, new_data)
    if wanted.id is None and not can_ask():
        click.echo(f"--id was not given, and the proposed id was taken: {interview.fields['id']}", err=True)
    click.echo(f"appended {interview.fields['id']} to {target.path}")
    _show_next_times(interview.fields, target)
    click.echo(f"see when it will be sent: bulletins plan{as_argument(path)} --id {interview.fields['id']}")


def _pairs(properties: Sequence[str]) -> dict[str, str]:
    from runner.cli.terminal.prompts import RejectedAnswer, readable

    pairs = {}
    for text in properties:
        name, is_pair, value = text.partition("=")
        if not is_pair or not name:
            raise click.UsageError(f"--property {text!r} is not written like NAME=VALUE")
        try:
            readable(text)
        except RejectedAnswer as error:
            raise click.UsageError(f"--property {text!r}: {error}") from None
        pairs[name] = value
    return pairs


def _the_set(path: Path) -> tuple[list[Source], Definitions]:
    from runner.cli.terminal.console import problems_of
    from runner.definitions.files import sources_under
    from runner.definitions.load import load_sources

    try:
        sources = sources_under([path])
    except UserError as error:
        raise UserError(
            error.code, error.message, help="bulletins init makes a set to begin with.", exit_code=error.exit_code
        ) from None
    definitions = load_sources(sources)
    if definitions.problems:
        click.echo(f"the set already has {problems_of(definitions, path)}", err=True)
    return sources, definitions


def _check_that_there_are_accounts(path: Path, definitions: Definitions) -> None:
    """Raise UserError if the set has no account. A single file may use accounts that other files define."""
    if definitions.accounts or not os.path.isdir(path):
        return
    message = "the set defines no account to which a bulletin could be sent; nothing was written"
    help_ = f"Define one in a file of its own, such as {path / 'accounts.yaml'}, with the line: {_ACCOUNT_LINE}"
    if definitions.problems:
        help_ = f"Fix what bulletins validate{as_argument(path)} shows, or define an account in a file of its own."
    raise UserError(ErrorCode.NO_ACCOUNTS, message, help=help_)


def _check_that_options_say_all(
    path: Path,
    sources: Sequence[Source],
    file: str | None,
    definitions: Definitions,
    given: OptionAnswers,
    *,
    yes: bool,
) -> None:
    """Raise click.UsageError that names all missing options, because there is no terminal to ask on."""
    from runner.cli.new.dialogue import Dialogue
    from runner.cli.new.questions import missing_options
    from runner.cli.new.target_file import chosen_target
    from runner.cli.terminal.prompts import missing
    from runner.jobs.new_bulletin import candidates, defaults_of_all

    known = candidates(sources)
    is_open = file is None and os.path.isdir(path) and len(known) != 1
    defaults = defaults_of_all(known) if is_open else chosen_target(Dialogue(), path, sources, file).defaults
    options = [
        *(["--file"] if is_open else []),
        *missing_options(definitions, defaults, given),
        *([] if yes else ["--yes"]),
    ]
    if options:
        raise missing(*options)


def _own_address(path: Path) -> str:
    """Return the user's e-mail address from git's settings, or an empty text."""
    from runner.git.command import setting

    return setting(path, "user.email")


def _check(sources: Sequence[Source], before: Definitions, target: Target, data: bytes) -> None:
    """Raise UserError if the new entry adds a problem to the set. Warnings are only printed."""
    from runner.jobs.new_bulletin import problems_of_entry
    from runner.report.text.problems import problem_line

    found = problems_of_entry(sources, before, target, data)
    for problem in found:
        click.echo(problem_line(problem), err=True)
    if any(problem.is_error for problem in found):
        message = "with this bulletin, the set would have a problem; nothing was written"
        raise UserError(
            ErrorCode.NEW_BULLETIN_HAS_PROBLEM,
            message,
            help="Correct the problem above with other answers, or fix the set first.",
            exit_code=Exit.PROBLEMS,
        )


def _show_next_times(fields: Mapping[str, Any], target: Target) -> None:
    """Show when a recurring bulletin is due next, by the clocks of its schedule."""
    from runner.cli.new.previews import next_dates

    schedule = {**target.defaults.get("schedule", {}), **fields.get("schedule", {})}
    if "cron" in schedule and "timezone" in schedule:
        click.echo(next_dates(schedule["cron"], schedule["timezone"], clock.now()))


def _confirm(dialogue: Dialogue, target: Target, fields: Mapping[str, Any]) -> None:
    """Show the entry and ask on the terminal. Raises UserError without a yes."""
    from runner.cli.terminal.prompts import require_yes
    from runner.definitions.editing.writing import entry
    from runner.report.safe_text import printable

    click.echo(err=True)
    for line in entry(fields).splitlines():
        click.echo(printable(line), err=True)
    where = "to the new file" if target.data is None else "to"
    require_yes(f"Append this {where} {target.path}?", undone="written", enter_is_yes=True, ask=dialogue.answer)
