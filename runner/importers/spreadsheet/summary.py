"""Summarise an import from a table for a person who checks it: columns, times, ids. Values in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.definitions.suggest import counted, listed, quoted
from runner.definitions.tables.row_numbers import is_counting
from runner.importers.draft import Draft
from runner.importers.naming import id_of_key
from runner.importers.spreadsheet.columns import DATE, TIME, Columns, shown_field
from runner.importers.spreadsheet.moments import DateOrder
from runner.importers.spreadsheet.table import SheetTable

_MOST_FIELDS = 12


def summary_of(table: SheetTable, drafts: Sequence[Draft], numbered: Sequence[str]) -> Iterator[str]:
    """Return what became of the columns, when the bulletins are due, and which ids depend on the order of rows."""
    yield from _columns(table.columns)
    for number, order in table.times.orders.items():
        if order is not None:
            first = "day" if order is DateOrder.DAY_FIRST else "month"
            yield f"dates in {quoted(table.columns.names[number])} begin with the {first}"
    yield from _times([draft.fields for draft in drafts])
    if numbered:
        yield from _unstable(table, drafts, numbered)


def _columns(columns: Columns) -> Iterator[str]:
    fields = [(path, number) for path, number in columns.fields if path[0] != "properties"]
    shown = [f"{shown_field(path)} from {quoted(columns.names[number])}" for path, number in fields]
    if {DATE, TIME} & {path for path, _ in fields}:
        shown.append("date and time together make schedule.at")
    yield f"fields: {'; '.join(shown)}"
    properties = [str(path[1]) for path, _ in columns.fields if path[0] == "properties"]
    yield f"properties: {listed(properties) if properties else 'none'}"
    if columns.ignored:
        yield f"left out: {listed(quoted(columns.names[number]) for number in sorted(columns.ignored))}"


def _times(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    at = sorted(entry["schedule"]["at"] for entry in entries if "at" in entry.get("schedule", {}))
    at_once = sum(
        "at" not in entry.get("schedule", {}) and "cron" not in entry.get("schedule", {}) for entry in entries
    )
    if at:
        span = f"at {at[0]}" if at[0] == at[-1] else f"from {at[0]} to {at[-1]}"
        yield f"times: {counted(len(at), 'bulletin')} {span}"
    if at_once:
        yield f"{counted(at_once, 'bulletin')} without a time: sent by the next fire after the import is merged"


def _unstable(table: SheetTable, drafts: Sequence[Draft], numbered: Sequence[str]) -> Iterator[str]:
    said = (
        f"{counted(len(numbered), 'id')} such as {numbered[0]} got a number, because several names make the same id; "
    )
    said += "an inserted row would shift them"
    keys = [quoted(table.columns.names[number]) for number in _possible_keys(table, drafts)]
    if keys:
        hint = f"--key {keys[0]} makes each id from that column, which has another value in each row"
    else:
        hint = "add a column with a code of its own in each row, and name it with --key COLUMN"
    yield f"{said}. Stable ids: {hint}"


def _possible_keys(table: SheetTable, drafts: Sequence[Draft]) -> Iterator[int]:
    """Return the columns from which another id would be made for each row."""
    event = str(drafts[0].fields["business_event"])
    for path, number in table.columns.fields:
        if path[0] not in ("properties", "name"):
            continue
        ids = {id_of_key(row.cell(number), event) for row in table.rows}
        is_code = len(ids) == len(table.rows) and "" not in ids
        if is_code and not is_counting(table.columns.names[number], (row.cell(number) for row in table.rows)):
            yield number
