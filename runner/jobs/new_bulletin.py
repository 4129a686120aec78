"""Add a bulletin to a file of a set: the files to choose from, the new content of the chosen one, and its problems.

In: the sources of the set, and the fields of the bulletin. Out: values, and the written file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.definitions.problem import Problem
    from runner.definitions.sources import Source


@dataclass(frozen=True, slots=True)
class Target:
    """The target file: its path, its content (None for a new file) and its defaults."""

    path: Path
    data: bytes | None
    defaults: Mapping[str, Any]


def candidates(sources: Sequence[Source]) -> list[str]:
    """Return the files that hold bulletins, the last edited first; links are left out."""
    return _newest_first([each for each in sources if _holds_bulletins(each) and not os.path.islink(each.name)])


def defaults_of_all(files: Sequence[str]) -> dict[str, Any]:
    """Return the defaults of all files together; files with problems are left out."""
    found: dict[str, Any] = {}
    for file in files:
        with suppress(UserError):  # shown when this file is chosen
            for name, value in _defaults(Path(file), _content(Path(file)) or b"").items():
                found[name] = {**found.get(name, {}), **value} if isinstance(value, Mapping) else value
    return found


def read_target(path: Path) -> Target:
    """Read the file to append to, which may be missing. Raises UserError if nothing can be added to it."""
    data = _content(path)
    return Target(path, data, {} if data is None else _defaults(path, data))


def with_entry(target: Target, fields: Mapping[str, Any], path: Path) -> bytes:
    """Return the file's content with the new entry; `path` is the set's. Raises UserError if it can't be added."""
    from runner.definitions.editing.appending import CannotAppend, appended, new_file

    if target.data is None:
        return new_file(fields, schema=_schema_reference(target.path, path)).encode()
    try:
        return appended(target.data, str(target.path), fields)
    except CannotAppend as error:
        raise UserError(ErrorCode.CANNOT_APPEND, f"{error.message}, and nothing was written", help=error.help) from None


def problems_of_entry(sources: Sequence[Source], before: Definitions, target: Target, data: bytes) -> list[Problem]:
    """Return problems and warnings of the set with the new content of the target file, without those it had before."""
    from runner.definitions.load import load_sources
    from runner.definitions.sources import Source, display_path

    real = os.path.realpath(target.path)
    changed = [replace(each, read=lambda: data) if os.path.realpath(each.name) == real else each for each in sources]
    if target.data is None:
        changed.append(Source(display_path(os.fspath(target.path)), lambda: data))
    known = Counter(map(_without_place, before.found))
    found = []
    for problem in load_sources(changed).found:
        if known[_without_place(problem)] > 0:
            known[_without_place(problem)] -= 1
        else:
            found.append(problem)
    return found


def write_target(target: Target, data: bytes) -> None:
    """Write the whole file with its old permissions. Raises UserError if it was changed since it was read."""
    from runner.files import locked, rewrite, way_out

    try:
        with locked(target.path.parent):  # another process may append to it at the same time
            if _content(target.path) != target.data:
                message = f"{target.path} was changed while you answered, and nothing was written"
                raise UserError(ErrorCode.FILE_CHANGED, message, help="Run the command again.")
            rewrite(target.path, data)
    except OSError as error:
        message = f"{target.path} can't be written: {error.strerror or error}; it was not changed"
        raise UserError(
            ErrorCode.CANNOT_WRITE, message, help=way_out(error, "Give another --file, or fix its permissions.")
        ) from None


def _defaults(path: Path, data: bytes) -> Mapping[str, Any]:
    """Return the defaults of a file. Raises UserError if it has problems or holds no bulletins."""
    from runner.definitions.building.check import check
    from runner.definitions.reading.reader import read
    from runner.definitions.sources import display_path

    document, problems = read(data, display_path(os.fspath(path)))
    found = [problem.message for problem in problems if problem.is_error]
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


def _content(path: Path) -> bytes | None:
    """Return the content of the file; None if it is missing. Raises UserError if it can't be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(
            ErrorCode.CANNOT_READ, f"{path} can't be read: {error.strerror}", help="Give another --file."
        ) from None


def _without_place(problem: Problem) -> tuple[str, str, str]:
    return problem.file, problem.code, problem.message  # the new entry moves the lines below it


def _schema_reference(file: Path, path: Path) -> str:
    """Return the relative path from a file to the schema that `init` wrote for the set; empty if it is missing."""
    schema = path / ".schemas" / "bulletins.schema.json"
    return Path(os.path.relpath(schema, file.parent)).as_posix() if os.path.isfile(schema) else ""
