"""Problems and findings about the definitions, as frozen values.

A rule yields a `Finding`, whose place is a path into a document. `load` turns each finding into a `Problem`,
whose place is a line and a column. Nothing here prints, or reads a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from runner.definitions.problem_codes import EXPLANATIONS, Code, Severity
from runner.definitions.row_reference import RowLine, RowReference
from runner.definitions.suggest import quoted

MAX_PROBLEMS = 1000  # shown for one file, and for the rules that compare files

Path = tuple[str | int, ...]

_MAX_TEXT = 1000
# Characters that break a line, move the cursor of a terminal, reverse the writing direction, or are not UTF-8.
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about the definitions, with its place. Lines and columns count from 1, in characters.

    Message and help are one line each. For an entry with `for_each`, `row` is the first row with this problem; the
    message names the row, too. `is_strict`: it counts as an error, whatever its code says.
    """

    file: str
    line: int
    column: int
    code: Code
    message: str
    help: str = ""
    source: str = ""  # the text of the line, for the snippet
    row: RowReference | None = None
    is_strict: bool = False

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
    """Spell out each character that cannot be shown on one line, such as a line break: `\\n`."""
    return _UNSHOWABLE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem whose place is still a path into its document, e.g. `("bulletins", 3, "name")`.

    With `at_key`, the place is the last key of the path, otherwise the value under this key. For an entry with
    `for_each`, `row` is the row with the problem.
    """

    code: Code
    file: str
    path: Path
    message: str
    help: str = ""
    at_key: bool = False
    row: RowReference | None = None

    @property
    def is_error(self) -> bool:
        """Whether its code is that of an error, so that nothing is built from its place."""
        return EXPLANATIONS[self.code].severity is Severity.ERROR


def by_row(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Merge equal findings about many rows into one, whose message names the first row and counts the others."""
    rows: dict[Finding, int] = {}
    first: dict[Finding, RowReference] = {}
    uncounted: set[tuple[str, Path]] = set()  # entries of which only the first rows were checked
    for finding in findings:
        if finding.row is None:
            if finding.code is Code.TOO_MANY_PROBLEMS:
                uncounted.add((finding.file, finding.path))
            yield finding
            continue
        alike = replace(finding, row=None)
        if alike not in rows and len(rows) > 10 * MAX_PROBLEMS:
            uncounted.update((each.file, ()) for each in rows)
            break  # more findings than are ever shown
        rows[alike] = rows.get(alike, 0) + 1
        first.setdefault(alike, finding.row)
    for finding, count in rows.items():
        above = (finding.path[:length] for length in range(len(finding.path) + 1))
        least = "at least " if any((finding.file, path) in uncounted for path in above) else ""
        more = f" and {least}{count - 1:,} more row{'s' if count > 2 else ''}" if count > 1 else ""
        yield replace(finding, message=f"{finding.message}, in {first[finding]}{more}", row=first[finding])


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
