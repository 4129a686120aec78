"""Problems and findings about the definitions, as frozen values.

A rule yields a `Finding`, whose place is a path into a document. `load` turns each finding into a `Problem`,
whose place is a line and a column. Nothing here prints, or reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from runner.alike_group import AlikeGroup, fold
from runner.definitions.characters import OBEYED
from runner.definitions.problem_codes import EXPLANATIONS, Code, Severity
from runner.definitions.row_reference import RowLine, RowReference
from runner.definitions.suggest import listed, quoted
from runner.fixed_text import fixed_text

MAX_PROBLEMS = 1000  # shown for one file, and for the rules that compare files
MAX_SOURCE = 1000  # a longer line helps nobody, and it would be repeated for each of its problems

Path = tuple[str | int, ...]

_MAX_TEXT = 1000
_MOST_OF_ROWS = 100 * MAX_PROBLEMS  # findings about rows that are counted: a table may hold many more
_UNSHOWABLE = re.compile(f"[{OBEYED}\ufeff]")


@dataclass(frozen=True, slots=True)
class OfRow:
    """A problem as one row of an entry with `for_each` has it: the row, what was found, and how to fix it."""

    row: RowReference
    message: str
    help: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _one_line(self.message))
        object.__setattr__(self, "help", _one_line(self.help))


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about the definitions, with its place. Lines and columns count from 1, in characters.

    Message and help are one line each. For an entry with `for_each`, `rows` are the rows with this problem; the message
    is that of the first row, names it and counts the others. `is_strict`: it is an error, whatever its code says.
    """

    file: str
    line: int
    column: int
    code: Code
    message: str
    help: str = ""
    source: str = ""  # the text of the line, for the snippet
    rows: AlikeGroup[OfRow] | None = None
    is_strict: bool = False

    @property
    def row(self) -> RowReference | None:
        """The first row with the problem, if it is about rows."""
        return None if self.rows is None else self.rows.first.row

    def __post_init__(self) -> None:
        object.__setattr__(self, "message", _one_line(self.message))
        object.__setattr__(self, "help", _one_line(self.help))

    @property
    def severity(self) -> Severity:
        """The severity of its code; with `is_strict`, always an error."""
        return Severity.ERROR if self.is_strict else EXPLANATIONS[self.code].severity

    @property
    def is_error(self) -> bool:
        """Whether it keeps the set from being fired."""
        return self.severity is Severity.ERROR


def too_many(last: Problem) -> Problem:
    """Return the problem that replaces all after the first thousand. `last` is the first one that is not shown.

    It is an error after a thousand errors, and a warning after a thousand warnings.
    """
    kind, code = ("problems", Code.TOO_MANY_PROBLEMS) if last.is_error else ("warnings", Code.TOO_MANY_WARNINGS)
    message = f"there are more than {MAX_PROBLEMS:,} {kind}; the {kind} from here on are not shown"
    return replace(last, code=code, message=message, help=f"Fix the other {kind} first.")


def in_file_order(problem: Problem) -> tuple[object, ...]:
    """Return the key that sorts problems by file, line and column, and then by row."""
    row = problem.row
    of_row = (row.file.split("/"), row.line, row.column or 0) if isinstance(row, RowLine) else ([], 0, 0)
    place = (problem.file.split("/"), problem.line, problem.column)
    return *place, of_row, problem.code, problem.message, problem.help


def _one_line(text: str) -> str:
    return escaped(text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 3] + "...")


def escaped(text: str) -> str:
    """Spell out each character that breaks a line or that a terminal obeys, such as a line break: `\\n`."""
    return _UNSHOWABLE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem whose place is still a path into its document, e.g. `("bulletins", 3, "name")`.

    With `at_key`, the place is the last key of the path, otherwise the value under this key. For an entry with
    `for_each`, `row` is the row with the problem; of a folded finding, the first of its `rows`.
    """

    code: Code
    file: str
    path: Path
    message: str
    help: str = ""
    at_key: bool = False
    row: RowReference | None = None
    rows: AlikeGroup[OfRow] | None = None

    @property
    def is_error(self) -> bool:
        """Whether its code is that of an error, so that nothing is built from its place."""
        return EXPLANATIONS[self.code].severity is Severity.ERROR


def by_row(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Fold the findings about rows: those with one code at one place become one, whose message counts the rows."""
    uncounted: set[tuple[str, Path]] = set()  # entries of which only the first rows were checked
    of_rows: list[Finding] = []
    for finding in findings:
        if finding.row is None:
            if finding.code is Code.TOO_MANY_PROBLEMS:
                uncounted.add((finding.file, finding.path))
            yield finding
            continue
        of_rows.append(finding)
        if len(of_rows) >= _MOST_OF_ROWS:
            uncounted.update((each.file, ()) for each in of_rows)
            break
    for group in fold(of_rows, _place_and_code, variety=_fixed_message, most_kept=MAX_PROBLEMS):
        path = group.first.path
        above = (path[:length] for length in range(len(path) + 1))
        is_least = any((group.first.file, each) in uncounted for each in above)
        yield _folded(replace(group, is_least=is_least))


def _fixed_message(finding: Finding) -> str:
    return fixed_text(finding.message)


def _place_and_code(finding: Finding) -> tuple[object, ...]:
    return finding.code, finding.file, finding.path, finding.at_key


def _folded(group: AlikeGroup[Finding]) -> Finding:
    rows = AlikeGroup(
        tuple(map(_of_row, group.instances)), tuple(map(_of_row, group.leading)), group.count, group.is_least
    )
    return replace(group.first, message=f"{group.first.message}, in {rows_text(rows)}", rows=rows)


def _of_row(finding: Finding) -> OfRow:
    assert finding.row is not None
    return OfRow(finding.row, finding.message, finding.help)


def rows_text(rows: AlikeGroup[OfRow]) -> str:
    """Return the rows that a problem's message names, and the count of all others."""
    named = [str(each.row) for each in rows.instances[: _named(rows)]]
    more = rows.count - len(named)
    if not more:
        return listed(named)
    least = "at least " if rows.is_least else ""
    return f"{', '.join(named)} and {least}{more:,} more row{'' if more == 1 else 's'}"


def _named(rows: AlikeGroup[OfRow]) -> int:
    """Return how many rows the message names: the leading ones if all have the same message, else the first."""
    is_same = all(each.message == rows.first.message for each in rows.instances)
    return len(rows.leading) if is_same else 1


def further_rows(problem: Problem, *, whole: bool = False) -> list[tuple[RowReference, str]]:
    """Return each row to show after the first, with its text: empty if the problem's message names the row.

    `whole`: every row that was kept.
    """
    rows = problem.rows
    if rows is None:
        return []
    named = _named(rows)
    return [
        (each.row, "" if number < named else _row_text(problem, each, rows))
        for number, each in enumerate(rows.shown(whole=whole))
        if number
    ]


def _row_text(problem: Problem, each: OfRow, rows: AlikeGroup[OfRow]) -> str:
    if each.message == rows.first.message:
        return f"in {each.row}"
    fix = f". {each.help}" if each.help and each.help != problem.help else ""
    return f"in {each.row}: {each.message}{fix}"


def dotted(path: Path) -> str:
    """The path as people write it: `bulletins[3].properties.program_id`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            name = step if len(step) <= 120 else quoted(step)
            text += f".{name}" if text else name
    return text
