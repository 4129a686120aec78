"""`init`: create a commented set to begin with, whole or not at all. Existing files are never replaced."""

from __future__ import annotations

import os
import shlex
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from runner import clock
from runner.cli.options import DEFAULT_PATH, as_argument
from runner.cli.output_path import OutputPath
from runner.errors import ErrorCode, UserError

_TEXTS = Path(__file__).parents[2] / "scaffold"
_SCHEMAS = ".schemas"
# The purpose of each file, in the order in which they are moved into place: the bulletins last.
_FILES = {
    "accounts.yaml": "the accounts; credentials are in environment variables, never here",
    "events.yaml": "the catalog of business events: write your own here",
    "shows.csv": "rows from which one entry can make many bulletins",
    "bulletins.yaml": "one bulletin that is due now, for two hours; more to uncomment",
}
_NAMED = 3  # existing files that a message names
_TIME = "2026-12-01T18:30:00+05:30"  # as written in the scaffold, in the time zone of its account
_ZONE = "Asia/Kolkata"
_REGIONS = "(all regions)"  # as written in the scaffold


@click.command()
@click.argument("folder", metavar="[DIR]", default=DEFAULT_PATH, type=OutputPath())
def init(folder: Path) -> None:
    """Make a commented set of definitions to begin with.

    The set is valid and can be fired in the sandbox at once. The default of DIR is bulletins.d. A folder that already
    contains definitions is not changed.
    """
    from runner.files import way_out

    _check_that_it_is_free(folder)
    files = _texts(clock.now())
    try:
        with _staged(folder, {**files, **_schemas(files)}) as staged:
            _put_into_place(staged, folder)
    except OSError as error:
        message = f"{folder} can't be created: {error.strerror or error}, and nothing was written"
        raise UserError(
            ErrorCode.CANNOT_WRITE, message, help=way_out(error, "Give a folder that can be written to.")
        ) from None
    _show_result(folder)


def _check_that_it_is_free(folder: Path) -> None:
    """Raise UserError if the folder holds a set, or a file with a name that `init` would write."""
    from runner.definitions.files import sources_under
    from runner.definitions.suggest import listed
    from runner.errors import Exit

    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise UserError(
            ErrorCode.NOT_A_FOLDER, f"{folder} exists, but is not a folder", help="Give a folder, or remove this file."
        )
    if not os.path.isdir(folder):
        return
    try:
        there = [source.name for source in sources_under([folder])]
    except UserError as error:
        if error.exit_code is not Exit.USAGE:
            raise
        there = []  # no definitions
    if there:
        message = f"{folder} already contains definitions: {_some(sorted(there))}"
        raise UserError(
            ErrorCode.SET_EXISTS, message, help="Give another folder. To add a bulletin to this set, use bulletins new."
        )
    others = [name for name in (*_FILES, _SCHEMAS) if os.path.lexists(folder / name)]
    if others:
        raise UserError(
            ErrorCode.FILE_EXISTS,
            f"{folder} already contains {listed(others)}",
            help="Move what exists away, or give another folder.",
        )


def _some(names: list[str]) -> str:
    from runner.definitions.suggest import listed

    more = len(names) - _NAMED
    return listed([*names[:_NAMED], f"{more:,} more"] if more > 1 else names)


def _texts(now: datetime) -> dict[str, str]:
    """Return the scaffold's files by name, with the first bulletin due now. After its grace, it is never sent."""
    from runner.definitions.schedules.times import zone

    due = now.astimezone(zone(_ZONE)).replace(second=0, microsecond=0)
    texts = {name: (_TEXTS / name).read_text(encoding="utf-8") for name in _FILES}
    return {name: text.replace(_TIME, due.isoformat()).replace(_REGIONS, _regions()) for name, text in texts.items()}


def _regions() -> str:
    from runner.definitions.schema.schemas import schema

    region = schema("accounts")["$defs"]["account"]["properties"]["region"]
    return ", ".join(f"{code} {name}" for code, name in zip(region["enum"], region["enumDescriptions"], strict=True))


def _schemas(files: Mapping[str, str]) -> dict[str, str]:
    from runner.cli.commands.reference import schema_file, schema_json
    from runner.definitions.editing.editor_schema import narrow_schema
    from runner.definitions.load import load_sources
    from runner.definitions.schema.schemas import KINDS
    from runner.definitions.sources import Source, is_definition

    definitions = load_sources(Source(name, text.encode) for name, text in files.items() if is_definition(name))
    return {f"{_SCHEMAS}/{schema_file(kind)}": schema_json(narrow_schema(kind, definitions)) for kind in KINDS}


@contextmanager
def _staged(folder: Path, files: Mapping[str, str]) -> Iterator[Path]:
    """Give a hidden folder with the files, on the same disk, and remove it afterwards in any case."""
    from runner.files import written_whole

    parent = folder if os.path.isdir(folder) else folder.parent
    parent.mkdir(parents=True, exist_ok=True)
    staged = parent / f".{folder.name or 'set'}.{uuid.uuid4().hex}"
    try:
        staged.mkdir()
        for name, text in files.items():
            with written_whole(staged / name) as file:
                file.write(text)
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _put_into_place(staged: Path, folder: Path) -> None:
    """Move all files at once if the folder is new; else one by one, and remove them again if one fails."""
    if not os.path.isdir(folder):
        os.rename(staged, folder)
        return
    moved: list[Path] = []
    try:
        for name in (_SCHEMAS, *_FILES):
            target = folder / name
            if os.path.lexists(target):  # created by somebody else meanwhile
                raise FileExistsError(0, f"{target} already exists")
            os.rename(staged / name, target)
            moved.append(target)
    except BaseException:
        for target in moved:
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        raise


def _show_result(folder: Path) -> None:
    path = as_argument(folder)
    click.echo(f"created {folder}:")
    for name, what in _FILES.items():
        click.echo(f"  {name:<15} {what}")
    set_option = f" --path{path}" if path else ""
    out = shlex.quote(os.fspath(folder / _SCHEMAS))
    click.echo(f"  {_SCHEMAS:<15} schemas for help in your editor; after a change of accounts or events, run:")
    click.echo(f"  {'':<15} bulletins schema --for-set{set_option} --out {out}")
    _ignore_plans()
    click.echo("runs write to the folder .bulletins, which git ignores")
    click.echo("next:")
    for command in ("validate", "plan --sandbox", "fire --sandbox"):
        verb, _, options = command.partition(" ")
        click.echo(f"  bulletins {verb}{path}{' ' + options if options else ''}")


def _ignore_plans() -> None:
    """Let git ignore plan files of the working directory, where `plan --out plan.json` writes them.

    An existing .gitignore is never changed: the line to add is shown.
    """
    place = Path(".gitignore")
    try:
        with place.open("x", encoding="utf-8") as file:
            file.write("# Plans hold one review, and are not for git.\nplan.json\n")
        click.echo("  .gitignore      lets git ignore plan.json, which bulletins plan --out plan.json writes")
    except FileExistsError:
        if "plan.json" not in place.read_text(encoding="utf-8", errors="replace").split():
            click.echo("add a line with plan.json to .gitignore, so that no plan file gets into git")
    except OSError:
        click.echo("add a line with plan.json to .gitignore, so that no plan file gets into git")
