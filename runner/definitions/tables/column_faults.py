"""Collect the faults of a table's cells, and report each kind once for a column: at the header, with how many rows.

In: rows with their faulty cells. Out: problems. A fault of a single row is reported at its cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from runner.definitions.problem import MAX_SOURCE, Problem
from runner.definitions.suggest import quoted
from runner.definitions.tables.cell_faults import CellFault
from runner.definitions.tables.csv_quotes import cell_start
from runner.definitions.tables.csv_text import problem_at

_MOST_LINES = 3  # that a message names


@dataclass(slots=True)
class _Kind:
    """Alike faults of a column: the first one, where its row begins, the first lines, and the number of rows."""

    fault: CellFault
    start: int
    lines: list[int] = field(default_factory=list)
    count: int = 0


@dataclass(slots=True)
class ColumnFaults:
    """The faults found so far, by column and kind."""

    _kinds: dict[tuple[int, object], _Kind] = field(default_factory=dict)

    def add(self, number: int, fault: CellFault, start: int, line: int) -> None:
        """Add the fault of a cell in the column `number`, from 0, of the row that begins at `start` in the text."""
        kind = self._kinds.setdefault((number, fault.kind), _Kind(fault, start))
        kind.count += 1
        if len(kind.lines) < _MOST_LINES:
            kind.lines.append(line)

    def problems(self, text: str, file: str, header: int, columns: Sequence[str]) -> Iterator[Problem]:
        """Yield the problems of the table with this text; its header begins at `header`."""
        for (number, _), kind in self._kinds.items():
            fault, name = kind.fault, quoted(columns[number])
            is_alone = kind.count == 1
            place = cell_start(text, kind.start if is_alone else header, number)
            message = f"the cell {name} {fault.message}" if is_alone else f"the column {name}: {_in_rows(kind)}"
            behind = text[place : place + MAX_SOURCE]
            yield problem_at(file, text[:place], behind, message, fault.help, fault.code)


def _in_rows(kind: _Kind) -> str:
    first, *others = kind.lines
    more = kind.count - len(kind.lines)
    lines = ", ".join(f"{line:,}" for line in others) + (f" and {more:,} more" if more else "")
    found = f"the cell in line {first:,} {kind.fault.message}"
    if kind.count == 2:
        return f"{found}; another row has such a cell (line {lines})"
    return f"{found}; {kind.count - 1:,} more rows have such a cell (lines {lines})"
