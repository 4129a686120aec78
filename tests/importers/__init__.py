"""Tests of the way from what teams have today to definitions."""

from __future__ import annotations

import json
from typing import Any

from runner.definitions.problem import Problem
from runner.importers.import_context import ImportNotes
from runner.importers.spreadsheet.columns import ColumnOptions
from runner.importers.spreadsheet.header import known_names
from runner.importers.spreadsheet.moments import DateOrder
from runner.importers.spreadsheet.readers.csv_sheet import csv_sheet
from runner.importers.spreadsheet.table import SheetTable, table_of
from runner.importers.text import Text, text_of

ADDRESS = "https://in1.api.clevertap.com/1/targets/trigger.json"


def payload(**fields: Any) -> dict[str, Any]:
    """A payload that the API takes, with other fields where they are given."""
    return {
        "business_event": "Program Released",
        "name": "Sa Re Ga Ma episode 12",
        "properties": {"program_id": "234567", "language": "Hindi"},
        "c-by": "jdoe@example.com",
        "when": "now",
        **fields,
    }


def documented(body: str) -> str:
    """A curl line in the form of the API's documentation."""
    return (
        f'curl -X POST -d \'{body}\' "{ADDRESS}" -H "Content-Type: application/json"'
        ' -H "X-CleverTap-Account-Id: TEST-ACCOUNT-ID" -H "X-CleverTap-Passcode: PASSCODE-ITSELF"\n'
    )


def text(content: str) -> Text:
    """The text of a file of that content."""
    found = text_of(content.encode("utf-8", "surrogatepass"), "file")
    assert isinstance(found, Text)
    return found


def table_in(sheet: str, options: ColumnOptions | None = None, order: DateOrder | None = None) -> SheetTable:
    """The table of a CSV text, which has to have one."""
    found = table_or_problems(sheet, options, order)
    assert isinstance(found, SheetTable), shown(found)
    return found


def table_or_problems(
    sheet: str, options: ColumnOptions | None = None, order: DateOrder | None = None, notes: ImportNotes | None = None
) -> SheetTable | list[Problem]:
    """The table of a CSV text, or its problems."""
    options = options or ColumnOptions()
    return table_of(csv_sheet(text(sheet), known_names(options)), options, notes or ImportNotes(), order=order)


def shown(problems: list[Problem]) -> list[str]:
    """The problems, each as one line."""
    return [f"{each.line}:{each.column} {each.message}; {each.help}" for each in problems]


def dumped(value: Any) -> str:
    """The value as JSON, letters as they are."""
    return json.dumps(value, ensure_ascii=False)
