"""All commands, each imported only when it is called. `run` turns every error into output and an exit code."""

from __future__ import annotations

import importlib
import os
import re
import sys
from keyword import iskeyword
from typing import Any

import click

from runner import __version__, interrupts
from runner.cli.groups import Group
from runner.cli.terminal import streams
from runner.cli.terminal.error_output import colour, show_error
from runner.errors import ErrorCode, Exit, OutputLost, UserError

# command -> the module of `commands` that holds it under its own name, and the first sentence of its help
_COMMANDS = {
    "init": ("init", "Make a commented set of definitions to begin with."),
    "new": ("new", "Ask for a bulletin, and append it to a file of the set."),
    "import": ("import_", "Make definitions from a spreadsheet, payloads or curl."),
    "validate": ("validate", "Check the definitions, and show every problem."),
    "expand": ("expand", "Print the selected bulletins, each written out as an entry."),
    "plan": ("plan", "Show what would be sent now, what would not, and why."),
    "fire": ("fire", "Send what is due, each at most once, and report it."),
    "status": ("status", "Show what is in doubt and in progress, and what was fired."),
    "resolve": ("resolve", "Decide on firings in doubt: sent or not."),
    "report": ("report", "Show the report of a run again."),
    "ledger": ("ledger", "Create, check or move the record of what was sent."),
    "sandbox": ("sandbox", "Serve a simulated API on this machine, until Ctrl-C."),
    "schema": ("reference", "Print a JSON Schema, for an editor; without NAME, list them."),
    "explain": ("reference", "Explain a code or an answer like 429; without CODE, list all."),
    "guide": ("guide", "Show a guide; without TOPIC, list them all."),
    "completion": ("completion", "Print the script for completion in a shell."),
}
# Words that people try first -> the command that does this
_OTHER_WORDS = {
    **dict.fromkeys(("send", "run", "deliver", "raise", "trigger", "apply"), "fire"),
    **dict.fromkeys(("preview", "dry-run", "dryrun", "show", "diff"), "plan"),
    **dict.fromkeys(("check", "lint", "test", "verify"), "validate"),
    **dict.fromkeys(("add", "create", "make"), "new"),
    **dict.fromkeys(("start", "setup", "begin"), "init"),
    **dict.fromkeys(("history", "log", "list", "state"), "status"),
    **dict.fromkeys(("convert", "csv", "upload"), "import"),
    "help": "--help",
    "version": "--version",
}
_LINE_BREAK = re.compile(r"\s*\n\s*")  # click lists choices one to a line


class _Commands(Group):
    """A group that imports a command only when it is called, so that --version and --help answer at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which people first need the commands."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of that name, or None."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"runner.cli.commands.{_COMMANDS[cmd_name][0]}")
        interrupts.check()
        # `import` is a keyword of Python, so its function is named import_.
        command: click.Command = getattr(module, f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name)
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Make the context as click does, with the width of help pages."""
        return super().make_context(info_name, args, parent, **{"terminal_width": _help_width(), **extra})

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands as click does, without importing them."""
        limit = formatter.width - 6 - max(map(len, _COMMANDS))
        with formatter.section("Commands"):
            formatter.write_dl(
                [
                    (name, click.Command(name, help=text).get_short_help_str(limit))
                    for name, (_, text) in _COMMANDS.items()
                ]
            )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve as click does. For an unknown command, the error suggests a similar name."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from runner.definitions.suggest import did_you_mean

            other = _OTHER_WORDS.get(args[0].lower())
            hint = f"Did you mean {other}?" if other else did_you_mean(args[0], _COMMANDS)
            raise click.UsageError(f"no such command: {args[0]!r}. {hint}".rstrip(), ctx)
        return super().resolve_command(ctx, args)


def _help_width() -> int | None:
    """Return the width of help pages as click computes it; None lets click do so.

    For that, click imports shutil, which takes longer than the rest of a help page.
    """
    if click.formatting.FORCED_WIDTH is not None:  # by tests
        return None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        width = int(columns)
    else:
        try:
            width = os.get_terminal_size(sys.__stdout__.fileno()).columns if sys.__stdout__ else 0
        except (OSError, ValueError):  # not a terminal, or closed
            width = 0
    return max(min(width or 80, 80) - 2, 50)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bulletins", message="%(prog)s %(version)s")
def cli() -> None:
    """Fire CleverTap bulletins from YAML in git: checked, planned, sent at most once, reported."""


def run(arguments: list[str] | None) -> int:
    """Run the command and return the exit code. Raises Interrupted if a signal came before anything was sent."""
    streams.prepare()
    try:
        code = _called(arguments)
        sys.stdout.flush()
    except OutputLost as error:
        if not error.has_no_reader:
            show_error(error)
        return error.exit_code
    return code


def _called(arguments: list[str] | None) -> int:
    """Return the exit code of a call after printing its error. Raises OutputLost or Interrupted."""
    if "_BULLETINS_COMPLETE" in os.environ:
        from runner.cli.shell_completion import completions

        completions.prepare()
    try:
        code = cli.main(arguments, prog_name="bulletins", standalone_mode=False, color=colour())
    except click.exceptions.Abort:
        interrupts.check()
        click.echo("interrupted", err=True)  # Ctrl-D at a question
        return Exit.INTERRUPTED
    except click.ClickException as error:
        interrupts.check()
        _show_usage_error(error, sys.argv[1:] if arguments is None else arguments)
        return Exit.USAGE
    except OutputLost:
        raise
    except UserError as error:
        show_error(error)
        return interrupts.exit_code() or error.exit_code
    except Exception:  # noqa: BLE001 - the outermost handler: any other error is a bug of the program
        interrupts.check()  # a signal during an import can make other imports fail
        if not _has_working_directory():
            message = "the folder in which the command was started no longer exists"
            show_error(
                UserError(
                    ErrorCode.WORKING_FOLDER_MISSING,
                    message,
                    help="Change to a folder that exists, then run the command again.",
                )
            )
            return Exit.REFUSED
        import traceback

        traceback.print_exc()
        click.echo("error: this is a bug of bulletins itself; what is recorded in the ledger is safe", err=True)
        click.echo("help: Report the bug with the lines above.", err=True)
        return Exit.REFUSED
    interrupts.check()
    return code if isinstance(code, int) else Exit.OK


def _has_working_directory() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def _show_usage_error(error: click.ClickException, arguments: list[str]) -> None:
    """Print click's error like all other errors; print the whole help if no command was given."""
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if context is not None and message == context.get_help():
        click.echo(message, err=True)
        return
    command = context.command_path if context is not None else "bulletins"
    message = _LINE_BREAK.sub(" ", message[:1].lower() + message[1:].removesuffix("."))
    hint = _two_hyphens(error, arguments) if isinstance(error, click.NoSuchOption) else ""
    show_error(UserError(ErrorCode.BAD_USAGE, message, help=f"{hint}See {command} --help."))


def _two_hyphens(error: click.NoSuchOption, arguments: list[str]) -> str:
    """Return how to write an option that was given with one hyphen; empty for any other option."""
    known = {name for each in error.ctx.command.params for name in each.opts} if error.ctx is not None else set()
    for word in arguments:
        name = f"-{word.partition('=')[0]}"
        if word.startswith(error.option_name) and name in known:
            return f"Write two hyphens: {name}. "
    return ""
