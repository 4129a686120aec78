from __future__ import annotations

import pytest
from refusals import refused

from importers import shown, table_in, table_or_problems
from runner.definitions.problem import Path, Problem
from runner.definitions.problem_codes import Code
from runner.errors import ErrorCode
from runner.importers.draft import Draft
from runner.importers.import_context import ImportNotes
from runner.importers.spreadsheet.columns import AT, DATE, TIME, ColumnOptions, columns_of
from runner.importers.spreadsheet.moments import DateOrder
from runner.importers.spreadsheet.rows import drafts_in

GIVEN = {"business_event": "Program Released", "c-by": "a@example.com"}
NAME: Path = ("name",)


def found_in(sheet: str, options: ColumnOptions, order: DateOrder | None = None) -> list[Draft | Problem]:
    return list(drafts_in(table_in(sheet, options, order), GIVEN))


def problems_in(sheet: str, options: ColumnOptions | None = None) -> list[Problem]:
    return [each for each in found_in(sheet, options or ColumnOptions()) if isinstance(each, Problem)]


@pytest.mark.parametrize(
    ("names", "options", "fields"),
    [
        (["Title", "Show"], [("name", "Title")], [(NAME, 0), (("properties", "Show"), 1)]),
        (["Title"], [("name", "title")], [(NAME, 0)]),
        (["Air date", "Slot"], [("date", "Air Date"), ("time", "Slot")], [(DATE, 0), (TIME, 1)]),
        (["Sent at"], [("at", "Sent at")], [(AT, 0)]),
        (["Title"], [("name", "Title"), ("properties.title", "Title")], [(NAME, 0), (("properties", "title"), 0)]),
        (["Programme"], [("properties.show", "Programme")], [(("properties", "show"), 0)]),
        (["From"], [("starts", "From")], [(("schedule", "starts"), 0)]),
        (["Who"], [("created_by", "Who")], [(("c-by",), 0)]),
        (["Date", "Time"], [], [(DATE, 0), (TIME, 1)]),
        (["Release Date", "release_time"], [], [(DATE, 0), (TIME, 1)]),
        (["Date", "Time"], [("properties.date", "Date")], [(("properties", "date"), 0), (TIME, 1)]),
        (["Slot", "Date"], [("time", "Slot")], [(TIME, 0), (DATE, 1)]),
        (["at", "Date"], [], [(AT, 0), (("properties", "Date"), 1)]),
        (["cron", "Time"], [], [(("schedule", "cron"), 0), (("properties", "Time"), 1)]),
        (["Air date"], [], [(("properties", "Air date"), 0)]),
    ],
)
def test_a_column_has_the_meaning_of_its_header_or_of_an_option(
    names: list[str], options: list[tuple[str, str]], fields: list[tuple[Path, int]]
) -> None:
    assert list(columns_of(names, ColumnOptions(options)).fields) == fields


@pytest.mark.parametrize(
    ("options", "code", "values"),
    [
        (
            ColumnOptions([("nmae", "Title")]),
            ErrorCode.NO_SUCH_FIELD,
            ("nmae", "Did you mean name?", "properties.nmae"),
        ),
        (ColumnOptions([("show", "Title")]), ErrorCode.NO_SUCH_FIELD, ("show", "c-by", "properties.show")),
        (ColumnOptions([("properties.", "Title")]), ErrorCode.NO_SUCH_FIELD, ("properties.",)),
        (ColumnOptions([("name", "Titel")]), ErrorCode.NO_SUCH_COLUMN, ("Titel", "Did you mean Title?")),
        (ColumnOptions(ignored=["Remark"]), ErrorCode.NO_SUCH_COLUMN, ("--ignore-column", "Remark", "'Title'")),
        (ColumnOptions(key="Code"), ErrorCode.NO_SUCH_COLUMN, ("--key", "Code")),
        (ColumnOptions([("name", "Show")]), ErrorCode.NO_SUCH_COLUMN, ("Show", "2 columns")),
    ],
)
def test_an_option_that_names_nothing_is_refused(
    options: ColumnOptions, code: ErrorCode, values: tuple[str, ...]
) -> None:
    with refused(code, *values):
        columns_of(["Title", "Show", "Show"], options)


def test_ids_and_a_key_exclude_each_other() -> None:
    with refused(ErrorCode.BAD_USAGE, "--key"):
        table_or_problems("id,name\na,b\n", ColumnOptions(key="name"))


def test_a_column_that_is_left_out_is_not_looked_at() -> None:
    options = ColumnOptions(ignored=["Remarks", "Copy"])
    (found,) = found_in("name,Remarks,Copy,Copy\nx,\x07,1,2\n", options)
    assert isinstance(found, Draft)
    assert found.fields == {**GIVEN, "name": "x", "properties": {}}


@pytest.mark.parametrize("sheet", ["name,Show,Show\nx,1,2\n", "name,Show,Show,Show\nx,1,2,3\n", "name,at,At\nx,,\n"])
def test_columns_of_one_name_are_one_problem_at_the_header(sheet: str) -> None:
    problem = problems_in(sheet)[0]
    assert (problem.line, problem.code) == (1, Code.BAD_FORMAT)
    assert [letter in problem.message for letter in ("column B", "column C")] == [True, True]


def test_dates_of_an_unclear_order_are_one_problem_with_both_ways_out() -> None:
    sheet = "name,date,time\n" + "".join(f"x{number},0{number}/12/2026,9pm\n" for number in range(1, 9))
    (problem,) = problems_in(sheet)
    assert (problem.line, problem.column, problem.code) == (1, 6, Code.BAD_TIME)
    assert problem.help == "Give --day-first if 01/12/2026 is 1 December, or --month-first if it is 12 January."
    for order, first in ((DateOrder.DAY_FIRST, "2026-12-01T21:00:00"), (DateOrder.MONTH_FIRST, "2026-01-12T21:00:00")):
        draft = found_in(sheet, ColumnOptions(), order)[0]
        assert isinstance(draft, Draft)
        assert draft.fields["schedule"] == {"at": first}


def test_a_column_with_both_orders_is_refused_with_one_date_of_each() -> None:
    (problem,) = problems_in("name,at\nx,13/12/2026 9pm\ny,01/12/2026 9pm\nz,12/13/2026 9pm\n")
    assert (problem.line, problem.column, problem.code) == (1, 6, Code.BAD_TIME)
    assert [text in problem.message for text in ("'13/12/2026 9pm' in line 2", "'12/13/2026 9pm' in line 4")] == [
        True
    ] * 2


@pytest.mark.parametrize(
    ("row", "at"),
    [
        ("2026-12-02,20:30", "2026-12-02T20:30:00"),
        ("2026-12-02 00:00:00,20:30", "2026-12-02T20:30:00"),
        ("2 Dec 2026 9pm,", "2026-12-02T21:00:00"),
        ("2 Dec 2026 9pm,21:00", "2026-12-02T21:00:00"),
        ("2026-12-02,20:30 +05:30", "2026-12-02T20:30:00+05:30"),
        ("2026-12-02,2026-12-02 20:30", "2026-12-02T20:30:00"),
        ("now,", None),
    ],
)
def test_a_day_and_a_time_in_two_columns_are_one_moment(row: str, at: str | None) -> None:
    (draft,) = found_in(f"name,date,time\nx,{row}\n", ColumnOptions())
    assert isinstance(draft, Draft), shown([draft])
    assert draft.fields.get("schedule") == (None if at is None else {"at": at})


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("2026-12-02,", 3, Code.BAD_TIME),
        (",20:30", 3, Code.MISSING_FIELD),
        (",", 3, Code.MISSING_FIELD),
        ("2026-12-02 9pm,20:30", 3, Code.BAD_TIME),
        ("2026-12-02,2026-12-03 20:30", 3, Code.BAD_TIME),
        ("2026-12-02,soon", 14, Code.BAD_TIME),
        ("2026-12-02,2026-12-02", 14, Code.BAD_TIME),
        ("20:30,20:30", 3, Code.BAD_TIME),
        ("soon,20:30", 3, Code.BAD_TIME),
    ],
)
def test_half_a_moment_is_a_problem_at_its_cell(row: str, column: int, code: Code) -> None:
    (problem,) = problems_in(f"name,date,time\nx,{row}\n")
    assert (problem.line, problem.column, problem.code) == (2, column, code)


def test_a_date_without_any_time_is_never_sent_at_once() -> None:
    (problem,) = problems_in("name,Date\nx,2026-12-02\n")
    assert (problem.code, problem.line, problem.column) == (Code.BAD_TIME, 2, 3)


@pytest.mark.parametrize("value", ["Sa Re 12", "sa-re-12", "SA RE  12 ", "sä ré 12"])
def test_a_key_makes_the_same_id_whatever_row_it_is_in(value: str) -> None:
    options = ColumnOptions(key="Code")
    for sheet in (f"name,Code\nx,{value}\n", f"name,Code\ny,other\nx,{value}\n"):
        found = found_in(sheet, options)[-1]
        assert isinstance(found, Draft)
        assert found.fields["id"] == "sa-re-12"


@pytest.mark.parametrize(
    ("keys", "line", "code"),
    [
        (["a", ""], 3, Code.MISSING_FIELD),
        (["a", "सा"], 3, Code.BAD_FORMAT),
        (["a 1", "A-1"], 3, Code.DUPLICATE_ID),
        (["सा 1", "रे 1"], 3, Code.DUPLICATE_ID),
    ],
)
def test_a_key_that_makes_no_id_of_its_own_is_a_problem(keys: list[str], line: int, code: Code) -> None:
    rows = "".join(f"x{number},{key}\n" for number, key in enumerate(keys))
    (problem,) = problems_in(f"name,Code\n{rows}", ColumnOptions(key="Code"))
    assert (problem.line, problem.column, problem.code) == (line, 4, code)


def test_a_key_of_digits_has_the_event_before_it() -> None:
    (found,) = found_in("name,program_id\nx,0012\n", ColumnOptions(key="program_id"))
    assert isinstance(found, Draft)
    assert found.fields["id"] == "program-released-0012"
    assert found.fields["properties"] == {"program_id": "0012"}


@pytest.mark.parametrize(
    ("above", "lines"),
    [
        ("December releases,,\n", [1]),
        ("\n\nDecember releases\n\n", [3]),
        ("December releases,,\nupdated,3 Nov,\n,,\n", [1, 2]),
    ],
)
def test_titles_above_the_header_are_left_out_and_reported(above: str, lines: list[int]) -> None:
    notes = ImportNotes()
    found = table_or_problems(f"{above}name,a,b\nx,1,2\n", notes=notes)
    assert not isinstance(found, list)
    assert [row.cells for row in found.rows] == [("x", "1", "2")]
    assert [f"line {line} " in text for line, text in zip(lines, notes.texts, strict=True)] == [True] * len(lines)
