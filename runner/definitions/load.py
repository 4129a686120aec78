"""The whole way, for one set: folders → files → documents → `Definitions`, with every problem of every file.

The only module here that touches the file system.
"""

from __future__ import annotations

import gc
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path as FilePath

from runner.definitions import build, rules
from runner.definitions.check import check
from runner.definitions.codes import Code
from runner.definitions.document import Document, source_line
from runner.definitions.model import Definitions
from runner.definitions.problem import MAX_PROBLEMS, Finding, Path, Problem, escaped, too_many
from runner.definitions.reader import MAX_FILE_BYTES, read
from runner.errors import Exit, UserError

SUFFIXES = (".yaml", ".yml")


def load(paths: Sequence[str | FilePath]) -> Definitions:
    """The set that the files under `paths` make together, problems included.

    Raises UserError where a path is not there or nothing under them is a definition.
    """
    files = _files(paths)
    parts = build.Parts()
    problems: list[Problem] = []
    whole = True
    with _collector_paused():
        for name, path in files:
            document, found = _read_file(name, path)
            problems += found
            if document is None:
                whole = False
                continue
            findings = check(document)
            if found or len(findings) > MAX_PROBLEMS:
                whole = False
            else:
                before = len(parts.findings)
                build.add(parts, document, findings)
                findings = parts.findings[before:]
            problems += _limited(_located(finding, document) for finding in findings)
        rules.with_accounts(parts)
        across = islice(rules.check(parts, whole=whole), 10 * MAX_PROBLEMS)
        problems += _limited(_locate_across(across, dict(files)))
    return Definitions(
        accounts={account.name: account for account in parts.accounts},
        events={event.name: event for event in parts.events},
        bulletins=tuple(parts.bulletins),
        files=tuple(name for name, _ in files),
        problems=tuple(sorted(set(problems), key=_in_file_order)),
    )


def _limited(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Each problem once, and one that says so in place of those after the first `MAX_PROBLEMS`."""
    seen: set[Problem] = set()
    for problem in problems:
        if problem in seen:
            continue  # many bulletins inherit one wrong field from their defaults
        if len(seen) == MAX_PROBLEMS:
            yield too_many(problem)
            return
        seen.add(problem)
        yield problem


def _in_file_order(problem: Problem) -> tuple[object, ...]:
    return problem.file.split("/"), problem.line, problem.column, problem.code, problem.message, problem.help


@contextmanager
def _collector_paused() -> Iterator[None]:
    # Nothing built here is cyclic, and the collector would walk the growing set again and again.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _files(paths: Sequence[str | FilePath]) -> list[tuple[str, str]]:
    """(name to show, path) of each definition file, each once, sorted by name."""
    found: dict[str, str] = {}
    for path in [str(FilePath(path)) if path else "" for path in paths]:  # ./x and x/ are x
        if os.path.isdir(path):
            found.update((_shown(file), file) for file in _walk(path))
        elif os.path.lexists(path):
            found[_shown(path)] = path
        else:
            raise UserError(
                f"{_shown(path)}: no such file or folder",
                help="Give the folder that holds the definitions; it is bulletins.d where none is given.",
                exit_code=Exit.USAGE,
            )
    if not found:
        raise UserError(
            f"no definitions under {', '.join(_shown(os.fspath(path)) for path in paths)}",
            help="Definitions are files that end in .yaml or .yml.",
            exit_code=Exit.USAGE,
        )
    return sorted(found.items(), key=lambda item: item[0].split("/"))


def _walk(folder: str) -> Iterator[str]:
    folders = [folder]
    while folders:
        folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            raise UserError(f"{_shown(folder)}: {error.strerror}", help="The set must be readable whole.") from None
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            elif entry.name.lower().endswith(SUFFIXES) or (entry.is_symlink() and os.path.isdir(entry.path)):
                yield entry.path  # a link to a folder too: reading it is a problem, passing it over would be silence


def _shown(path: str) -> str:
    # Backslashes are doubled, so that two files never show the same name.
    return escaped(path.replace(os.sep, "/").replace("\\", "\\\\"))


def _read_file(name: str, path: str) -> tuple[Document | None, list[Problem]]:
    try:
        data = _bytes(path)
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        return None, [Problem(name, 1, 1, Code.FILE_UNREADABLE, message, "The set must be readable whole.")]
    return read(data, name)


def _bytes(path: str) -> bytes:
    # O_NONBLOCK: a named pipe in the folder must not hang the check.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise OSError("it is a link to a folder, and such links are not followed")
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is not a regular file")
        data = os.read(descriptor, min(status.st_size, MAX_FILE_BYTES) + 1)
        while len(data) <= MAX_FILE_BYTES and (more := os.read(descriptor, 1 << 20)):
            data += more
        return data
    finally:
        os.close(descriptor)


def _located(finding: Finding, document: Document) -> Problem:
    path = _in_defaults(finding.path, document) or finding.path
    line, column = document.position(path, at_key=finding.at_key)
    source = source_line(document.text, line)
    return Problem(finding.file, line, column, finding.code, finding.message, finding.help, source)


def _in_defaults(path: Path, document: Document) -> Path | None:
    """Where a bulletin's field stands if it comes from the defaults of its file."""
    if path[:1] != ("bulletins",) or _is_there(path, document) or not isinstance(document.value, dict):
        return None
    inherited = ("defaults", *path[2:])
    return inherited if len(path) > 2 and _is_there(inherited, document) else None


def _is_there(path: Path, document: Document) -> bool:
    value = document.value
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _locate_across(findings: Iterable[Finding], paths: dict[str, str]) -> Iterator[Problem]:
    """Findings of rules that span files: each file is read once more, for the few that have one."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.file, []).append(finding)
    for name, found in by_file.items():
        document, _ = _read_file(name, paths[name])
        for finding in found:
            if document is None:  # it changed under our hands
                yield Problem(name, 1, 1, finding.code, finding.message, finding.help)
            else:
                yield _located(finding, document)
