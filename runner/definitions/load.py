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
from runner.definitions.building.locating import located
from runner.definitions.building.set_contents import SetContents
from runner.definitions.model import Definitions
from runner.definitions.problem import MAX_PROBLEMS, Finding, Problem, by_row, in_file_order, too_many
from runner.definitions.problem_codes import Code, Severity
from runner.definitions.reading.document import Document
from runner.definitions.reading.reader import read
from runner.definitions.rules import across_files
from runner.definitions.schema import credential_fields
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
            if any(problem.is_error for problem in found) or len(findings) > MAX_PROBLEMS:
                whole = False
            else:
                before = len(parts.findings)
                build.add(parts, document, findings, source.read_table_bytes)
                findings = parts.findings[before:]
            problems_of_file: Iterable[Problem] = (located(finding, document) for finding in by_row(findings))
            if len(findings) <= MAX_PROBLEMS:  # a longer list was cut, and must stay long enough to show it
                problems_of_file = _without_refused_keys(problems_of_file, found)
            problems += _limited(problems_of_file)
        problems += _limited(parts.tables.problems)
        across_files.with_accounts(parts)
        across = islice(by_row(across_files.check(parts, whole=whole)), 10 * MAX_PROBLEMS)
        problems += _limited(_locate_across(across, {source.name: source for source in ordered}))
    ordered_problems = sorted(set(problems), key=in_file_order)
    return Definitions(
        accounts={account.name: account for account in parts.accounts},
        events={event.name: event for event in parts.events},
        bulletins=tuple(parts.bulletins),
        files=(*(source.name for source in ordered), *parts.tables.names),
        problems=tuple(each for each in ordered_problems if each.is_error),
        warnings=tuple(each for each in ordered_problems if not each.is_error),
    )


def _limited(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Yield each problem once. After `MAX_PROBLEMS` errors or warnings, one last problem reports that there are more.

    Errors and warnings are counted apart: many warnings hide no error.
    """
    seen: dict[Severity, set[Problem]] = {}
    for problem in problems:
        of_severity = seen.setdefault(problem.severity, set())
        if problem in of_severity or len(of_severity) > MAX_PROBLEMS:
            continue  # many bulletins inherit the same wrong field from their defaults
        of_severity.add(problem)
        if len(of_severity) <= MAX_PROBLEMS:
            yield problem
        else:
            yield too_many(problem)
            if problem.is_error:
                return


def _without_refused_keys(problems: Iterable[Problem], by_reader: Iterable[Problem]) -> Iterator[Problem]:
    """Yield the problems, except unknown fields at keys that the YAML reader has refused already."""
    refused = {(problem.line, problem.column) for problem in by_reader if problem.code is Code.YAML_KEY}
    for problem in problems:
        if problem.code is not Code.UNKNOWN_FIELD or (problem.line, problem.column) not in refused:
            yield problem


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
        message = f"the file can't be read: {error.strerror or error}"
        help = "Nothing is sent unless all files can be read."  # noqa: A001
        return None, [Problem(source.name, 1, 1, Code.FILE_UNREADABLE, message, help)]
    document, problems = read(data, source.name)
    return document, credential_fields.without_quotes(problems, data) if problems else []


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
                yield located(finding, document)
