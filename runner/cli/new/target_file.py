"""The file that `new` adds a bulletin to: choose it, read its defaults, and make its new content."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner import clock
from runner.cli.terminal.prompts import Question, RejectedAnswer, answer, can_ask, choice
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.sources import Source

_MOST_FILES = 9
_NEW_FILE = "a new file"


@dataclass(frozen=True, slots=True)
class Target:
    """The target file: its path, its content (None for a new file) and its defaults."""

    path: Path
    data: bytes | None
    defaults: Mapping[str, Any]


def chosen_target(path: Path, sources: Sequence[Source], file: str | None) -> Target:
    """Choose the file to append to: the given one, one with bulletins, or a new one.

    Raises UserError or click.UsageError if nothing can be added to it.
    """
    if file is None and not os.path.isdir(path):
        file = os.fspath(path)
    known = candidates(sources)
    if file is None and len(known) == 1 and not can_ask():
        file = known[0]
    if file is None and known:
        labels = [*known[:_MOST_FILES], _NEW_FILE]
        picked = choice(Question("file (last edited first)", "--file", labels[0]), labels)
        file = labels[picked] if picked < len(labels) - 1 else None
    today = f"{clock.now().astimezone():%Y-%m-%d}.yaml"
    question = Question(f"name of the new file, in {path}", "--file", today)
    chosen = answer(question, lambda text: _inside(path, text), given=file)
    data = bytes_of(chosen)
    return Target(chosen, data, {} if data is None else _defaults(chosen, data))


def candidates(sources: Sequence[Source]) -> list[str]:
    """Return the files that hold bulletins, the last edited first; links are left out."""
    return _newest_first([each for each in sources if _holds_bulletins(each) and not os.path.islink(each.name)])


def defaults_of_all(files: Sequence[str]) -> dict[str, Any]:
    """Return the defaults of all files together; files with problems are left out."""
    found: dict[str, Any] = {}
    for file in files:
        with suppress(UserError):  # shown when this file is chosen
            for name, value in _defaults(Path(file), bytes_of(Path(file)) or b"").items():
                found[name] = {**found.get(name, {}), **value} if isinstance(value, Mapping) else value
    return found


def _defaults(path: Path, data: bytes) -> Mapping[str, Any]:
    """Return the defaults of a file. Raises UserError if it has problems or holds no bulletins."""
    from runner.definitions.building.check import check
    from runner.definitions.reading.reader import read
    from runner.definitions.sources import display_path

    document, problems = read(data, display_path(os.fspath(path)))
    found = [problem.message for problem in problems]
    if document is not None and not found:  # an empty `bulletins:` is no problem here
        found += [finding.message for finding in check(document) if finding.path != ("bulletins",)]
    if document is None or found:
        message = f"{path} has problems, and nothing was written. The first one: {found[0]}"
        raise UserError(
            ErrorCode.FILE_HAS_PROBLEMS,
            message,
            help="Fix them first, or give another --file.",
            exit_code=Exit.PROBLEMS,
        )
    if "bulletins" not in document.value:
        raise UserError(
            ErrorCode.NO_BULLETINS_IN_FILE,
            f"{path} contains no list of bulletins, and nothing was written",
            help="Give another --file, or add a line with bulletins: to this file.",
        )
    return document.value.get("defaults") or {}


def _holds_bulletins(source: Source) -> bool:
    from runner.definitions.editing.appending import holds_bulletins

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
    """Return the path of a file of the set. Raises RejectedAnswer if the set would not include it."""
    from runner.definitions.sources import is_definition, is_hidden

    chosen = Path(text)
    if not os.path.isdir(path):
        if chosen != path:
            raise RejectedAnswer(f"the set is the file {path}; give the folder to add another file.")
    elif not chosen.is_absolute() and not chosen.is_relative_to(path):
        chosen = path / chosen
    if os.path.islink(chosen):
        raise RejectedAnswer(
            f"{chosen} is a link to {os.readlink(chosen)}, and nothing is written through links. Give a file."
        )
    folder = path if os.path.isdir(path) else path.parent
    within = Path(os.path.relpath(os.path.realpath(chosen), os.path.realpath(folder)))
    if ".." in within.parts:
        raise RejectedAnswer(f"{chosen} is not in {folder}. Give a file of the set.")
    if not is_definition(within.name) or any(is_hidden(part) for part in within.parts):
        raise RejectedAnswer(
            f"{chosen} would not be read: names of files of the set end in .yaml and don't begin with a dot."
        )
    return chosen


def bytes_of(path: Path) -> bytes | None:
    """Return the content of the file; None if it is missing. Raises UserError if it can't be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(
            ErrorCode.CANNOT_READ, f"{path} can't be read: {error.strerror}", help="Give another --file."
        ) from None


def with_entry(target: Target, fields: Mapping[str, Any], path: Path) -> bytes:
    """Return the file's content with the new entry; `path` is the set's. Raises UserError if it can't be added."""
    from runner.definitions.editing.appending import CannotAppend, appended, new_file

    if target.data is None:
        return new_file(fields, schema=_schema_beside(target.path, path)).encode()
    try:
        return appended(target.data, str(target.path), fields)
    except CannotAppend as error:
        raise UserError(ErrorCode.CANNOT_APPEND, f"{error.message}, and nothing was written", help=error.help) from None


def _schema_beside(file: Path, path: Path) -> str:
    """Return the relative path from a file to the schema that `init` wrote for the set; empty if it is missing."""
    schema = path / ".schemas" / "bulletins.schema.json"
    return Path(os.path.relpath(schema, file.parent)).as_posix() if os.path.isfile(schema) else ""
