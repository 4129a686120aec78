from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from importers import shown, table_in, table_or_problems
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.tables.cell_faults import cell_fault
from runner.importers.draft import Draft
from runner.importers.spreadsheet.columns import ColumnOptions
from runner.importers.spreadsheet.rows import drafts_in

GIVEN = {"business_event": "Program Released", "c-by": "a@example.com"}
DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "'|'"}
CELLS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["C"]), max_size=8) | (
    st.sampled_from(['say "a"', "a,b", "a;b", "a\nb", "a\r\nb", "'", "007", " x "])
)


def found_in(sheet: str, given_: dict[str, str] | None = None) -> tuple[list[Draft], list[Problem]]:
    table = table_or_problems(sheet)
    if isinstance(table, list):
        return [], table
    found = list(drafts_in(table, GIVEN if given_ is None else given_))
    drafts = [each for each in found if isinstance(each, Draft)]
    return drafts, [each for each in found if isinstance(each, Problem)]


def fields_of(sheet: str) -> dict[str, Any]:
    drafts, problems = found_in(sheet)
    assert shown([problem for problem in problems if problem.is_error]) == []
    assert len(drafts) == 1
    return dict(drafts[0].fields)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_what_makes_most_of_the_header(delimiter: str) -> None:
    sheet = "name,title of it;language\nx,a\tb;c,Hindi\n" if delimiter != "," else "name,a;b,language\nx,a;c,Hindi\n"
    sheet = sheet.replace(";", delimiter).replace("name,", f"name{delimiter}").replace("x,", f"x{delimiter}")
    assert table_in(sheet).sheet.delimiter == DELIMITERS[delimiter]


def test_a_spreadsheets_own_word_for_the_delimiter_counts() -> None:
    assert fields_of("sep=|\nname|a\nx|1\n")["properties"] == {"a": "1"}


@pytest.mark.parametrize(
    ("column", "cell", "name", "value"),
    [
        ("ID", "a-1", "id", "a-1"),
        ("Event", "Album Out", "business_event", "Album Out"),
        ("Business Event", "Album Out", "business_event", "Album Out"),
        ("c-by", "b@example.com", "c-by", "b@example.com"),
        ("C_BY", " b@example.com ", "c-by", "b@example.com"),
        ("Created by", "b@example.com", "c-by", "b@example.com"),
        ("when", "1796130000", "when", 1796130000),
        ("when", "2026-12-01T18:30:00+05:30", "when", "2026-12-01T18:30:00+05:30"),
        ("accounts", "india, europe", "accounts", ["india", "europe"]),
        ("Account", "india", "accounts", ["india"]),
        ("tags", "hindi;music", "tags", ["hindi", "music"]),
        ("schedule.at", "2026-12-01T18:30:00Z", "schedule", {"at": "2026-12-01T18:30:00Z"}),
        ("At", "2026-12-01T18:30:00Z", "schedule", {"at": "2026-12-01T18:30:00Z"}),
        ("Schedule.Grace", "2h", "schedule", {"grace": "2h"}),
        ("Time zone", "Asia/Kolkata", "schedule", {"timezone": "Asia/Kolkata"}),
        ("enabled", "FALSE", "enabled", False),
        ("enabled", "No", "enabled", False),
        ("enabled", "yes", "enabled", True),
        ("enabled", "maybe", "enabled", "maybe"),
        ("allow_duplicate", "TRUE", "allow_duplicate", True),
        ("revision", "2", "revision", 2),
        ("properties.Name", "x", "properties", {"Name": "x"}),
        ("Program ID", "007", "properties", {"Program ID": "007"}),
        ("language", " Hindi ", "properties", {"language": " Hindi "}),
    ],
)
def test_a_column_is_the_field_of_its_name_or_a_property(column: str, cell: str, name: str, value: Any) -> None:
    assert fields_of(f'name,{column}\nx,"{cell}"\n')[name] == value


@pytest.mark.parametrize("column", ["when", "tags", "enabled", "grace", "language", "c-by"])
def test_an_empty_cell_is_left_out(column: str) -> None:
    assert fields_of(f"name,{column}\nx,\n") == {**GIVEN, "name": "x", "properties": {}}


def test_now_is_left_out_and_empty_rows_are_passed_over() -> None:
    assert "when" not in fields_of("\n\nname,when,,\n\n,,,\nx,Now,,\n,,,,,\n")


def test_rows_of_blanks_are_passed_over_and_blanks_beyond_the_columns() -> None:
    assert fields_of("name,a,\n , ,\n \n, , , , \nx, , ,  \n")["properties"] == {"a": " "}


def test_a_header_may_have_several_lines() -> None:
    drafts, problems = found_in('name,"Business\nEvent","Program\r\n ID"\nx,Album Out,007\n"y",Album Out,\x07\n')
    assert [draft.fields for draft in drafts] == [
        {**GIVEN, "name": "x", "business_event": "Album Out", "properties": {"Program ID": "007"}}
    ]
    assert [(problem.line, problem.column) for problem in problems] == [(5, 15)]


def test_the_payload_is_what_the_row_says() -> None:
    drafts, _ = found_in("name,when,a\nx,2026-12-01T18:30:00+05:30,1\n")
    assert drafts[0].payload == {**GIVEN, "name": "x", "properties": {"a": "1"}, "when": 1796130000}


@given(st.lists(st.tuples(CELLS, CELLS), max_size=5), st.sampled_from([",", ";", "\t"]))
def test_cells_are_read_as_a_spreadsheet_writes_them(rows: list[tuple[str, str]], delimiter: str) -> None:
    faults = [cell_fault("a", cell) for row in rows for cell in row]
    assume(not any(fault is not None and fault.code is Code.CELL_DAMAGED for fault in faults))
    sheet = io.StringIO(newline="")
    csv.writer(sheet, delimiter=delimiter).writerows([("name", "properties.a", "id"), *(("x", a, b) for a, b in rows)])
    drafts, problems = found_in(sheet.getvalue())
    assert [problem for problem in problems if problem.is_error] == []
    read = [[cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row] for row in rows]
    assert [draft.fields["properties"].get("a", "") for draft in drafts] == [a for a, _ in read]
    assert [draft.fields.get("id", "") for draft in drafts] == [b.strip() for _, b in read]


@pytest.mark.parametrize(
    ("sheet", "problem"),
    [
        ("", "1:1 there is no table here; Write the names of the columns in the first row, and save"),
        ("name,a\nx\n", "2:1 the row has 1 cell, and the header 2 columns; Put a cell that contains a comma in double"),
        ("name,a\nx,1,2\n", "2:1 the row has 3 cells, and the header 2 columns; Put a cell that contains a comma"),
        ("name,,a\nx,1,2\n", "2:3 the cell '1' is in a column without a name; Name the column, or empty the cell."),
        ("name,a\n,1\n", "2:1 the row has no name; Fill in the cell."),
        ('name,a\ny,"1\n2\n', "2:1 not CSV: a double quote opens in this row and is never closed; Close it."),
        ('name,a\nx,"1"2\n', "2:1 not CSV: ',' expected after '\"'; Write a double quote inside of a cell twice"),
        ("name,event,business_event\n", "1:12 the columns 'event' (column B) and 'business_event' (column C) are"),
        ("name,a,A,a\n", "1:10 the columns 'a' (column B) and 'a' (column D) are the same field, properties.a"),
        ("event\n1\n", "1:1 there is no column name; Add a column name, or name the column of the names: --column"),
        ("a\n1\n", "1:1 this row does not look like a header: no column of it is name, event or another field;"),
        ("Shows,a\nname,event\nx,y\n", "1:1 this row does not look like a header: no column of it is name"),
        ("name\nx,1\n", "2:1 the row has 2 cells, and the header 1 column; Put"),
        ('name,"a\nx,1\n', "1:1 not CSV: a double quote opens in this row and is never closed; Close it."),
        (
            f"name,a\nx,{'y' * 131_073}\n",
            "2:1 a cell of this row has more than 131,072 characters; Shorten it, or close",
        ),
        (
            "name,a\nx,\x07\n",
            "2:3 properties.a contains the character U+0007, which is not allowed in definitions; Remove it.",
        ),
    ],
)
def test_what_cannot_be_taken_is_reported_at_its_cell(sheet: str, problem: str) -> None:
    drafts, problems = found_in(sheet)
    assert drafts == []
    assert len(problems) == 1, shown(problems)
    assert shown(problems)[0].startswith(problem)


def test_a_cell_is_found_behind_quotes_and_line_breaks() -> None:
    _, problems = found_in('name,a,b\n"x,\n""y""",1,\x07\n')
    assert (problems[0].line, problems[0].column) == (3, 10)


def test_without_an_event_and_a_creator_it_says_how_to_give_them() -> None:
    _, problems = found_in("name\nx\ny\n", {})
    assert shown(problems) == [
        "1:1 there is no column business_event; Add a column business_event, or give --event NAME.",
        "1:1 there is no column c-by; Add a column c-by, or give --c-by ADDRESS.",
    ]


@given(st.text(alphabet='name,;\t"\r\n =\x00\ufeffsep', max_size=40))
def test_no_sheet_is_too_odd(sheet: str) -> None:
    drafts, problems = found_in(f"name{sheet}")
    assert all(draft.fields["name"] for draft in drafts)
    assert all(problem.message for problem in problems)


@pytest.mark.parametrize(
    "above",
    ["Event,,,\n", "Name,,,\n", "Programmes,,,\nEvent,,,\n", ",When,,\n"],
)
def test_a_title_may_be_the_name_of_a_field(above: str) -> None:
    table = table_in(f"{above}name,date,time,show\nA,2026-12-01,9pm,x\n")
    assert (table.header.names, len(table.rows)) == (["name", "date", "time", "show"], 1)


def test_white_space_in_names_of_columns_is_one_blank() -> None:
    assert table_in('name\u00a0,"Air\r\n date","a\u00a0 b"\nA,x,y\n').header.names == ["name", "Air date", "a b"]


@pytest.mark.parametrize(
    ("sheet", "code", "number"),
    [
        ("name,Caf\u00e9,Cafe\u0301\nA,1,2\n", Code.BAD_FORMAT, 2),
        ("name,sh\u200bow\nA,1\n", Code.BAD_FORMAT, 1),
        ("name,id\nA,1\nB,2\nC,3\n", Code.ROW_NUMBER_ID, 1),
        ("name,id\nA,1\nB,2\nC,4\n", None, 1),
        ("name,id\nA,101\nB,102\nC,103\n", None, 1),
    ],
)
def test_names_and_ids_of_columns(sheet: str, code: Code | None, number: int) -> None:
    found = [(problem.code, problem.column) for problem in table_in(sheet).problems]
    assert found == ([(code, sheet.index(sheet.split(",")[number].split("\n")[0]) + 1)] if code else [])


def test_a_key_that_only_counts_the_rows_is_a_warning() -> None:
    table = table_in("No,name,episode\n1,A,1\n2,B,2\n3,C,3\n", ColumnOptions(key="No"))
    assert [(problem.code, problem.is_error) for problem in table.problems] == [(Code.ROW_NUMBER_ID, False)]
    assert table_in("No,name,episode\n1,A,1\n2,B,2\n3,C,3\n", ColumnOptions(key="episode")).problems == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<html><table><tr><td>name</td></tr></table></html>", "web page"),
        ('<?xml version="1.0"?>\n<Workbook/>', "web page"),
        ('[{"name": "A"}]', "JSON"),
        ('{"business_event": "E"}', "JSON"),
        ("curl -X POST https://in1.api.clevertap.com", "script"),
    ],
)
def test_other_formats_are_named(content: str, said: str) -> None:
    found = table_or_problems(content)
    assert isinstance(found, list)
    assert [said in problem.message for problem in found] == [True]


def test_a_total_below_the_table_is_a_warning() -> None:
    drafts, problems = found_in("name,episodes\nA,12\nTotal,12\n")
    assert ([problem.code for problem in problems], len(drafts)) == ([Code.TOTAL_ROW], 2)
