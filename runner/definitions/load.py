"""Load one set: files or sources come in, `Definitions` with every problem of every file go out.

The steps: read YAML, check against the schemas, build values, apply the rules across files, locate the findings.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path as FilePath

from runner.definitions import files
from runner.definitions.building import build
from runner.definitions.building.check import check
from runner.definitions.building.set_contents import SetContents
from runner.definitions.model import Definitions
from runner.definitions.problem import MAX_PROBLEMS, Finding, Path, Problem, by_row, too_many
from runner.definitions.problem_codes import Code
from runner.definitions.reading.document import Document, source_line
from runner.definitions.reading.reader import read
from runner.definitions.row_reference import RowLine
from runner.definitions.rules import across_files
from runner.definitions.schema import credential_fields
from runner.definitions.schema.schemas import document_kind
from runner.definitions.sources import Source


def load(paths: Sequence[str | FilePath]) -> Definitions:
    """Return the set of all files under `paths`, problems included.

    Raises UserError if a path is missing, or if no definition file is found.
    """
    return load_sources(files.sources_under(paths))


def load_sources(sources: Iterable[Source]) -> Definitions:
    """Return the set of these sources, problems included. Without sources, the set is empty."""
    ordered = sorted(sources, key=lambda source: source.name.split("/"))
    parts = SetContents()
    problems: list[Problem] = []
    whole = True
    with collector_paused():
        for source in ordered:
            document, found = _read(source)
            problems += found
            if document is None:
                whole = False
                continue
            findings = check(document)
            if found or len(findings) > MAX_PROBLEMS:
                whole = False
            else:
                before = len(parts.findings)
                build.add(parts, document, findings, source.read_beside)
                findings = parts.findings[before:]
            located: Iterable[Problem] = (_located(finding, document) for finding in by_row(findings))
            if len(findings) <= MAX_PROBLEMS:  # a longer list was cut, and must stay long enough to show it
                located = _without_refused_keys(located, found)
            problems += _limited(located)
        problems += _limited(parts.tables.problems)
        across_files.with_accounts(parts)
        across = islice(by_row(across_files.check(parts, whole=whole)), 10 * MAX_PROBLEMS)
        problems += _limited(_locate_across(across, {source.name: source for source in ordered}))
    return Definitions(
        accounts={account.name: account for account in parts.accounts},
        events={event.name: event for event in parts.events},
        bulletins=tuple(parts.bulletins),
        files=(*(source.name for source in ordered), *parts.tables.names),
        problems=tuple(sorted(set(problems), key=_in_file_order)),
    )


def _limited(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield each problem once. After `MAX_PROBLEMS`, one last problem reports that there are more."""
    seen: set[Problem] = set()
    for problem in problems:
        if problem in seen:
            continue  # many bulletins inherit the same wrong field from their defaults
        if len(seen) == MAX_PROBLEMS:
            yield too_many(problem)
            return
        seen.add(problem)
        yield problem


def _without_refused_keys(problems: Iterable[Problem], by_reader: Iterable[Problem]) -> Iterator[Problem]:
    """Yield the problems, except unknown fields at keys that the YAML reader has refused already."""
    refused = {(problem.line, problem.column) for problem in by_reader if problem.code is Code.YAML_KEY}
    for problem in problems:
        if problem.code is not Code.UNKNOWN_FIELD or (problem.line, problem.column) not in refused:
            yield problem


def _in_file_order(problem: Problem) -> tuple[object, ...]:
    row = problem.row
    of_row = (row.file.split("/"), row.line, row.column or 0) if isinstance(row, RowLine) else ([], 0, 0)
    place = (problem.file.split("/"), problem.line, problem.column)
    return *place, of_row, problem.code, problem.message, problem.help


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the garbage collector while thousands of values are built that are not cyclic.

    It would only scan the growing set repeatedly.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(source: Source) -> tuple[Document | None, list[Problem]]:
    try:
        data = source.read()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror or error}"
        help = "Nothing is sent unless all files can be read."  # noqa: A001
        return None, [Problem(source.name, 1, 1, Code.FILE_UNREADABLE, message, help)]
    document, problems = read(data, source.name)
    return document, credential_fields.without_quotes(problems, data) if problems else []


def _located(finding: Finding, document: Document) -> Problem:
    path = _in_defaults(finding.path, document) or finding.path
    line, column = document.position(path, at_key=finding.at_key)
    # Lines of a file with accounts, or of an unknown kind, are never shown: they may contain a secret.
    is_harmless = document_kind(document.value) in ("bulletins", "business_events")
    source = source_line(document.text, line) if is_harmless else ""
    return Problem(finding.file, line, column, finding.code, finding.message, finding.help, source, finding.rows)


def _in_defaults(path: Path, document: Document) -> Path | None:
    """Return the path of an inherited field in the defaults; None if the bulletin has the field itself."""
    if path[:1] != ("bulletins",) or _exists(path, document) or not isinstance(document.value, dict):
        return None
    inherited = ("defaults", *path[2:])
    return inherited if len(path) > 2 and _exists(inherited, document) else None


def _exists(path: Path, document: Document) -> bool:
    value = document.value
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _locate_across(findings: Iterable[Finding], sources: Mapping[str, Source]) -> Iterator[Problem]:
    """Locate the findings of the rules across files. Only files with findings are read again."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.file, []).append(finding)
    for name, found in by_file.items():
        document, _ = _read(sources[name])
        for finding in found:
            if document is None:  # the file was changed meanwhile
                yield Problem(name, 1, 1, finding.code, finding.message, finding.help, rows=finding.rows)
            else:
                yield _located(finding, document)
