"""`new`: the questions of a bulletin on a terminal, and its entry at the end of a file, with all else as it was."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli import completion
from runner.cli.options import path_argument, present, yes_option
from runner.errors import Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.definitions.problem import Problem
    from runner.definitions.sources import Source

_MOST_FILES = 9
_NEW_FILE = "a new file"


@dataclass(frozen=True, slots=True)
class _Target:
    """The file that is added to: where, what it holds (None: it is new), and the defaults that it gives."""

    path: Path
    data: bytes | None
    defaults: Mapping[str, Any]


@click.command()
@path_argument
@click.option(
    "--file", "file", metavar="FILE", shell_complete=completion.files, help="The file to append to, or a new one."
)
@click.option("--event", metavar="NAME", shell_complete=completion.events, help="The business event.")
@click.option("--property", "properties", metavar="NAME=VALUE", multiple=True, help="A property; again for each.")
@click.option("--name", metavar="TEXT", help="The name for the activity log.")
@click.option("--id", metavar="ID", help="The id, unique in the set.")
@click.option("--c-by", metavar="ADDRESS", help="The e-mail address of its creator.")
@click.option(
    "--account",
    "accounts",
    metavar="NAME",
    multiple=True,
    shell_complete=completion.accounts,
    help="An account to raise it in; again for each.",
)
@click.option("--at-once", is_flag=True, help="It is due as soon as it is there.")
@click.option("--at", metavar="TIME", help="When it is due: with an offset, or in the clocks of the account.")
@click.option("--cron", metavar="CRON", help="When it is due again and again.")
@click.option("--timezone", metavar="ZONE", help="The time zone of --at and --cron.")
@click.option("--grace", metavar="DURATION", help="How late it may still go out.")
@click.option("--tag", "tags", metavar="TAG", multiple=True, shell_complete=completion.tags, help="A tag.")
@yes_option
def new(path: Path, file: str | None, properties: Sequence[str], yes: bool, **given: Any) -> None:
    """Ask for a bulletin, and append it to a file of the set.

    What an option says is not asked; without a terminal, options say all. Comments and layout of the file stay.
    """
    from runner.cli.asking import can_ask
    from runner.cli.new_questions import Asked, Given, ask
    from runner.definitions.appending import without_inherited

    if sum((given["at_once"], given["at"] is not None, given["cron"] is not None)) > 1:
        raise click.UsageError("only one of --at-once, --at and --cron can be meant")
    sources, definitions = _the_set(path)
    try:
        target = _target(path, sources, file)
        wanted = Given(**given, properties=_pairs(properties))
        asked = Asked(definitions, target.defaults, wanted, present(), lambda: _own_address(path))
        fields = without_inherited(ask(asked), target.defaults)
        new_data = _with_entry(target, fields, path)
        _check(sources, definitions, target, new_data)
        _confirm(target, fields, yes=yes, on_terminal=can_ask())
    except click.Abort:
        click.echo(err=True)  # the question's line is still open
        raise UserError(
            "interrupted, and nothing was written", help="Run it again when you are ready.", exit_code=Exit.INTERRUPTED
        ) from None
    _write(target, new_data)
    click.echo(f"appended {asked.fields['id']} to {target.path}")
    click.echo(f"see what becomes of it: bulletins plan {_argument(path)}--id {asked.fields['id']}")


def _argument(path: Path) -> str:
    from runner.cli.options import DEFAULT_PATH

    return "" if path == Path(DEFAULT_PATH) else f"{path} "


def _pairs(properties: Sequence[str]) -> dict[str, str]:
    from runner.cli.asking import Unfit, readable

    pairs = {}
    for text in properties:
        name, is_pair, value = text.partition("=")
        if not is_pair or not name:
            raise click.UsageError(f"--property {text!r} is no NAME=VALUE")
        try:
            readable(text)
        except Unfit as error:
            raise click.UsageError(f"--property {text!r}: {error}") from None
        pairs[name] = value
    return pairs


def _the_set(path: Path) -> tuple[list[Source], Definitions]:
    from runner.definitions.files import sources_under
    from runner.definitions.load import load_sources
    from runner.report.problems import counted

    try:
        sources = sources_under([path])
    except UserError as error:
        raise UserError(
            error.message, help="bulletins init makes a set to begin with.", exit_code=error.exit_code
        ) from None
    definitions = load_sources(sources)
    if definitions.problems:
        found = counted(len(definitions.problems), "problem")
        click.echo(f"the set has {found} already (bulletins validate shows them)", err=True)
    return sources, definitions


def _own_address(path: Path) -> str:
    """The e-mail address that git knows of whoever sits here, or nothing."""
    from runner.git.command import git

    try:
        return git(path, "config", "user.email").strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def _target(path: Path, sources: Sequence[Source], file: str | None) -> _Target:
    """The file to append to: as asked for, or one of those that hold bulletins, or a new one."""
    from runner.cli.asking import Question, answer, can_ask, choice

    known = _newest_first(
        [source for source in sources if _holds_bulletins(source) and not os.path.islink(source.name)]
    )
    if file is None and not path.is_dir():
        file = os.fspath(path)
    if file is None and len(known) == 1 and not can_ask():
        file = known[0]
    if file is None and known:
        labels = [*known[:_MOST_FILES], _NEW_FILE]
        picked = choice(Question("file (the last one edited first)", "--file", labels[0]), labels)
        file = labels[picked] if picked < len(labels) - 1 else None
    today = f"{present().astimezone():%Y-%m-%d}.yaml"
    question = Question(f"name of the new file, in {path}", "--file", today)
    chosen = answer(question, lambda text: _inside(path, text), given=file)
    data = _bytes(chosen)
    return _Target(chosen, data, {} if data is None else _defaults(chosen, data))


def _defaults(path: Path, data: bytes) -> Mapping[str, Any]:
    """The defaults of a file. Raises UserError where it has problems: nothing is asked for it then."""
    from runner.definitions.check import check
    from runner.definitions.reader import read
    from runner.definitions.sources import shown

    document, problems = read(data, shown(os.fspath(path)))
    found = [problem.message for problem in problems]
    if document is not None and not found:  # a list not begun yet is begun now
        found += [finding.message for finding in check(document) if finding.path != ("bulletins",)]
    if document is None or found:
        message = f"{path} has problems of its own: {found[0]}, and nothing was written"
        raise UserError(message, help="Mend it first, or give another --file.", exit_code=Exit.PROBLEMS)
    if "bulletins" not in document.value:
        raise UserError(f"{path} holds no bulletins, and nothing was written", help="Give another --file.")
    defaults: Mapping[str, Any] = document.value.get("defaults", {})
    return defaults


def _holds_bulletins(source: Source) -> bool:
    from runner.definitions.appending import holds_bulletins

    try:
        return holds_bulletins(source.read())
    except OSError:
        return False


def _newest_first(sources: Sequence[Source]) -> list[str]:
    def edited(name: str) -> float:
        try:
            return os.stat(name).st_mtime
        except OSError:
            return 0.0

    return sorted((source.name for source in sources), key=edited, reverse=True)


def _inside(path: Path, text: str) -> Path:
    """The path of a file of the set. Raises Unfit where the set would not have it."""
    from runner.cli.asking import Unfit
    from runner.definitions.sources import is_definition, is_hidden

    chosen = Path(text)
    if not path.is_dir():
        if chosen != path:
            raise Unfit(f"the set is the file {path}; give the folder to add another file.")
    elif not chosen.is_absolute() and not chosen.is_relative_to(path):
        chosen = path / chosen
    if chosen.is_symlink():
        raise Unfit(f"{chosen} is a link to {os.readlink(chosen)}, and nothing is written through links. Give a file.")
    folder = path if path.is_dir() else path.parent
    within = Path(os.path.relpath(os.path.realpath(chosen), os.path.realpath(folder)))
    if ".." in within.parts:
        raise Unfit(f"{chosen} does not lie in {folder}. Give a file of the set.")
    if not is_definition(within.name) or any(is_hidden(part) for part in within.parts):
        raise Unfit(f"{chosen} would not be read: files of the set end in .yaml, and do not begin with a dot.")
    return chosen


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}", help="Give another --file.") from None


def _with_entry(target: _Target, fields: Mapping[str, Any], path: Path) -> bytes:
    from runner.definitions.appending import CannotAppend, appended, new_file

    if target.data is None:
        return new_file(fields, schema=_schema_beside(target.path, path)).encode()
    try:
        return appended(target.data, str(target.path), fields)
    except CannotAppend as error:
        raise UserError(f"{error.message}, and nothing was written", help=error.help) from None


def _schema_beside(file: Path, path: Path) -> str:
    """How a file names the schema that init wrote for its set; empty where there is none."""
    schema = path / ".schemas" / "bulletins.schema.json"
    return Path(os.path.relpath(schema, file.parent)).as_posix() if schema.is_file() else ""


def _check(sources: Sequence[Source], before: Definitions, target: _Target, data: bytes) -> None:
    """Raises UserError where the set with the entry has a problem that it did not have without."""
    from runner.definitions.load import load_sources
    from runner.definitions.sources import Source, shown
    from runner.report.problems import problem_line

    real = os.path.realpath(target.path)
    changed = [replace(each, read=lambda: data) if os.path.realpath(each.name) == real else each for each in sources]
    if target.data is None:
        changed.append(Source(shown(os.fspath(target.path)), lambda: data))
    known = Counter(map(_without_place, before.problems))
    found = []
    for problem in load_sources(changed).problems:
        if known[_without_place(problem)] > 0:
            known[_without_place(problem)] -= 1
        else:
            found.append(problem)
    if found:
        for problem in found:
            click.echo(problem_line(problem), err=True)
        message = "with this bulletin the set would have a problem, and nothing was written"
        raise UserError(message, help="Answer otherwise, or mend the set first.", exit_code=Exit.PROBLEMS)


def _without_place(problem: Problem) -> tuple[str, str, str]:
    return problem.file, problem.code, problem.message  # what stands below the entry has moved


def _confirm(target: _Target, fields: Mapping[str, Any], *, yes: bool, on_terminal: bool) -> None:
    from runner.cli.asking import missing
    from runner.cli.console import insist_on_yes
    from runner.definitions.writing import entry
    from runner.report.plain import plain

    if yes:
        return
    if not on_terminal:
        raise missing("--yes")
    click.echo(err=True)
    for line in entry(fields).splitlines():
        click.echo(plain(line), err=True)
    where = "to the new file" if target.data is None else "to"
    insist_on_yes(f"Append this {where} {target.path}?", undone="written")


def _write(target: _Target, data: bytes) -> None:
    """Writes the file whole, keeping its mode, if it is still what was read."""
    from runner.files import locked, rewrite

    try:
        with locked(target.path.parent):  # another one may be about to append to it as well
            if _bytes(target.path) != target.data:
                message = f"{target.path} was changed while the questions stood, and nothing was written"
                raise UserError(message, help="Run it again.")
            rewrite(target.path, data)
    except OSError as error:
        message = f"{target.path} can't be written: {error.strerror or error}, and it is as it was"
        raise UserError(message, help="Give another --file, or mend its permissions.") from None
