from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers import shown, table_in
from runner.definitions.load import load_sources
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.sources import Source
from runner.importers.conversion import Converted, converted
from runner.importers.draft import Draft
from runner.importers.import_context import ImportContext, ImportNotes
from runner.importers.spreadsheet.column_faults import folded
from runner.importers.spreadsheet.columns import ColumnOptions
from runner.importers.spreadsheet.rows import drafts_in

GIVEN = {"business_event": "Program Released", "c-by": "a@example.com"}
ACCOUNTS = "accounts: {india: {region: in1, account_id_env: ID, passcode_env: PASSCODE}}\n"
PIECES = [
    "{{ occurrence.date }}",
    "{{occurrence.time}}",
    "{{",
    "}}",
    "{%",
    "{#",
    "#}",
    "{",
    "}",
    "occurrence.",
    " ",
    "a",
]
PIECES += ["{{ 'x' }}", "{# c #}", "{{ occurrence.foo }}", "{{- occurrence.date }}", "\n", "row.a", "|", "'"]


def found_in(sheet: str) -> list[Draft | Problem]:
    return list(drafts_in(table_in(sheet), GIVEN))


def result_of(sheet: str) -> Converted:
    return converted(found_in(sheet), ImportContext("bulletins.d"), ImportNotes())


def schedule_of(sheet: str) -> Any:
    (found,) = found_in(sheet)
    assert isinstance(found, Draft), shown([found])
    return found.fields["schedule"]


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2026-12-01 18:30", "2026-12-01T18:30:00"),
        ("2026-12-01 18:30:15", "2026-12-01T18:30:15"),
        (" 2026-12-01  9:05 ", "2026-12-01T09:05:00"),
        ("2026-12-01T18:30", "2026-12-01T18:30:00"),
        ("2026-12-01 18:30+05:30", "2026-12-01T18:30:00+05:30"),
        ("2026-12-01 18:30:00 z", "2026-12-01T18:30:00Z"),
        ("2026-12-01 6:30 PM", "2026-12-01T18:30:00"),
    ],
)
def test_a_time_with_the_year_first_is_written_as_definitions_have_it(cell: str, time: str) -> None:
    assert schedule_of(f"name,at\nx,{cell}\n") == {"at": time}


def test_a_time_of_the_event_is_sent_in_seconds_however_a_spreadsheet_writes_it() -> None:
    (found,) = found_in("name,when\nx,2026-12-01 18:30+05:30\n")
    assert isinstance(found, Draft)
    assert found.payload["when"] == 1796130000


@pytest.mark.parametrize(
    ("sheet", "line", "column"),
    [
        ("name,at\nx,01/12/2026 18:30\n", 1, 6),
        ("name,at,timezone\nx,1.12.26 18:30,Asia/Kolkata\n", 2, 3),
        ("name,when\nx,01-12-2026 18:30\n", 1, 6),
        ("name,at\nx,2026-12-01\n", 2, 3),
    ],
)
def test_a_time_that_could_mean_several_is_no_time(sheet: str, line: int, column: int) -> None:
    (problem,) = result_of(sheet).problems
    assert (problem.code, problem.line, problem.column) == (Code.BAD_TIME, line, column)


def test_a_recurring_sheet_is_imported_as_a_whole() -> None:
    result = result_of(
        """\
name,cron,timezone,starts,day,note
Weekly {{occurrence.date}},30 18 * * FRI,Asia/Kolkata,2026-12-01 00:00,{{ occurrence.weekday }},"a, {b}"
Daily,30 2 * * *,Asia/Kolkata,2026-12-01 00:00,{{  occurrence . utc}},c
""".replace("starts", "schedule.starts")
    )
    assert shown(list(result.problems)) == []
    assert (
        result.text
        == """\
defaults:
  business_event: Program Released
  c-by: a@example.com
  schedule: {timezone: Asia/Kolkata, starts: 2026-12-01T00:00:00}

bulletins:
  - id: weekly-occurrence-date
    name: Weekly {{ occurrence.date }}
    properties:
      day: "{{ occurrence.weekday }}"
      note: a, {b}
    schedule: {cron: "30 18 * * FRI"}

  - id: daily
    name: Daily
    properties:
      day: "{{ occurrence.utc }}"
      note: c
    schedule: {cron: "30 2 * * *"}
"""
    )
    assert load_sources([Source("a.yaml", ACCOUNTS.encode), Source("b.yaml", result.text.encode)]).problems == ()


@pytest.mark.parametrize("cell", ["a {# c #} b", "{{ 'x' }}", "{% if 1 %}x{% endif %}", "{{ row.a }}", "{{{{", "{{"])
def test_what_else_a_recurring_schedule_would_fill_in_is_reported_at_its_cell(cell: str) -> None:
    for sheet in (
        f'name,cron,timezone,a\nx,0 9 * * *,UTC,"{cell}"\n',
        f'a,cron,timezone,name\nx,0 9 * * *,UTC,"{cell}"\n',
    ):
        (problem,) = result_of(sheet).problems
        assert (problem.line, problem.column, problem.code) == (2, 17, Code.BAD_TEMPLATE)
        assert "Write a field like {{ occurrence.date }}" in problem.help
    (found,) = found_in(f'name,a\nx,"{cell}"\n')
    assert isinstance(found, Draft)
    assert found.payload["properties"] == {"a": cell}


def test_a_field_that_no_occurrence_has_is_reported_with_those_near_it() -> None:
    (line,) = shown(list(result_of("name,cron,timezone,a\nx,0 9 * * *,UTC,{{occurrence.dat}}\n").problems))
    assert line.startswith("2:17 'occurrence.dat': an occurrence has no 'dat'; Did you mean date?")


@given(st.lists(st.sampled_from(PIECES), max_size=6).map("".join))
def test_no_text_that_recurs_is_too_odd(cell: str) -> None:
    result = result_of(f'name,cron,timezone,a\nx,0 9 * * *,UTC,"{cell}"\n')
    assert result.problems or result.text


@pytest.mark.parametrize(
    ("cell", "code", "is_error"),
    [
        ("2.34567E+05", Code.CELL_DAMAGED, True),
        ("#REF!", Code.CELL_DAMAGED, True),
        ("'00124", Code.CELL_DAMAGED, True),
        ('"=""00124"""', Code.CELL_DAMAGED, True),
        ("900001\u00a0", Code.CELL_DAMAGED, True),
        (' "900001"', Code.BAD_FORMAT, True),
        ("1E5", Code.CELL_REWRITTEN, False),
        ("234567.0", Code.CELL_REWRITTEN, False),
        ("12-Jan", Code.CELL_REWRITTEN, False),
        ("Raga ", Code.CELL_WHITE_SPACE, False),
    ],
)
def test_damaged_cells_follow_the_rules_of_tables(cell: str, code: Code, is_error: bool) -> None:
    found = found_in(f"name,a,b\nx,1,2\ny,{cell},2\n")
    assert [(each.code, each.is_error) for each in found if isinstance(each, Problem)] == [(code, is_error)]
    assert len([each for each in found if isinstance(each, Draft)]) == (1 if is_error else 2)


def test_white_space_counts_only_where_the_text_is_sent() -> None:
    found = found_in("name,at,tags,a\nx, 2026-12-01T18:30:00Z ,\u00a0hindi ,1\n")
    assert [each for each in found if isinstance(each, Problem)] == []


def test_a_repeated_header_is_refused_and_line_ends_are_those_of_yaml() -> None:
    repeated, draft = found_in('name,a\nname,a\nx,"one\r\ntwo"\n')
    assert isinstance(repeated, Problem)
    assert repeated.code is Code.REPEATED_HEADER
    assert isinstance(draft, Draft)
    assert draft.fields["properties"] == {"a": "one\ntwo"}


def test_a_damaged_cell_of_a_column_that_is_left_out_does_not_matter() -> None:
    table = table_in("name,b\nx,#REF!\n", ColumnOptions(ignored=["b"]))
    assert [each.fields["name"] for each in drafts_in(table, GIVEN) if isinstance(each, Draft)] == ["x"]


def test_damage_of_many_rows_is_one_problem_at_the_header() -> None:
    table = table_in("name,b\nx,#REF!\ny,1\nz,#N/A\n")
    fold = partial(folded, sheet=table.sheet, header=table.header_row)
    (problem,) = converted(drafts_in(table, GIVEN), ImportContext("bulletins.d"), ImportNotes(), fold).problems
    assert (problem.line, problem.column, problem.code) == (1, 6, Code.CELL_DAMAGED)
