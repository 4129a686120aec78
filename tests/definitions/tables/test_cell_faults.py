"""Cells that a spreadsheet program damaged: an error if nobody can mean the text, a warning if somebody may."""

from __future__ import annotations

import pytest
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.definitions.problem_codes import Code
from runner.definitions.tables.cell_faults import cell_fault, is_total, repeats_header, suspicious_cells

DAMAGED = [
    *("#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#ERROR!", "Err:502"),
    *("#BEZUG!", "#NV", "#VALEUR!", "#NOM?", "#¡REF!", "#N/D", "#NOME?", "#ЗНАЧ!"),
    *("###", "########", '="00123"', '=""', "=A1", "=$B$2+1", "=SUM(A1:A9)", '=HYPERLINK("https://x", "y")', "=+A1"),
    *("'00124", "'+919876543210", "'12/01", "\u201900124", "9.00001E+11", "1.23457E+17", "9,00001E+11", "2e-05"),
    *(
        "=Sheet1!A2",
        "='My sheet'!A1",
        "=Blatt1.A2",
        "=today()",
        "=ZÄHLENWENN(A1)",
        "=СУММ(A1)",
        "=Table1[Show]",
        "=1+2",
    ),
    *("{=A2}", "@SUM(1)", "+SUM(A1)", "=#REF!", "=@A1", "=[Book1]Sheet!A1"),
    *("Caf\ufffd", "900001\u00a0", "\u00a0900001", "900003\n", "\n12.5", "12\t", "-1E+05"),
]
REWRITTEN = [
    *(
        "12-Jan",
        "1-dec",
        "Jan-12",
        "05-Mar-26",
        "1e5",
        "2E10",
        "1E-5",
        "1.5E+3",
        "234567.0",
        "nan",
        "NaN",
        "<NA>",
        "undefined",
    ),
    *("???", "?? ???", "????-??", "[object Object]"),
]
WITH_WHITE_SPACE = ["Raga ", " Raga", "900002 ", " 900002", "Night\n", "Raga\u00a0", "\tx", "x\u3000", "- "]
FINE = [
    *(
        "",
        " ",
        "\n",
        "\u00a0",
        "#",
        "##",
        "#1",
        "#SALE",
        "#sale!",
        "#Sale!",
        "No. #N/A today",
        "= 5",
        "=",
        "=)",
        "=> now",
        "==LIVE==",
        "@Home (live)",
        "+1 more",
        "=^.^=",
    ),
    *("it's", "'", "'quoted'", "'90s hits", "1.5", "1,5", "900001", "00123", "2026-12-01", "12-1", "1-12", "E5", "1E"),
    *("Why?", "??", "What??", "Jan", "January-12", "12-January", "May", "none", "null", "Nan", "46357", "18.30", "+91"),
    *("1e5x", "12:30", "5.0.1", "क्\u200dष", "👩\u200d🚀", "❤\ufe0f", "1\ufe0f\u20e3", "می\u200cخواهم"),
    "\U0001f3f4\U000e0067\U000e0062\U000e007f",
]
INVISIBLE = [
    *("900\u200b001", "x\u00ady", "a\u200db", "\u200e12", "x\u2028y", "a\u202eb", "x\U000e0041", "12\ufe0f", "\u2060"),
]


def code(cell: str, column: str = "show") -> Code | None:
    fault = cell_fault(column, cell)
    return None if fault is None else fault.code


@pytest.mark.parametrize("cell", DAMAGED)
def test_a_text_that_nobody_means_is_an_error(cell: str) -> None:
    assert code(cell) is Code.CELL_DAMAGED


@pytest.mark.parametrize("cell", REWRITTEN)
def test_a_text_that_may_be_meant_is_a_warning(cell: str) -> None:
    assert code(cell) is Code.CELL_REWRITTEN


@pytest.mark.parametrize("cell", WITH_WHITE_SPACE)
def test_white_space_at_an_edge_is_a_warning(cell: str) -> None:
    assert code(cell) is Code.CELL_WHITE_SPACE


@pytest.mark.parametrize("cell", INVISIBLE)
def test_an_invisible_character_is_a_warning(cell: str) -> None:
    assert code(cell) is Code.INVISIBLE_CHARACTER


@pytest.mark.parametrize("cell", FINE)
def test_other_texts_are_fine(cell: str) -> None:
    assert code(cell) is None


@pytest.mark.parametrize("column", ["at", "date", "send_at", "Release date", "event-time", "starts"])
def test_a_serial_number_is_suspected_only_in_a_column_of_times(column: str) -> None:
    assert code("46357", column) is code("46357.770833", column) is Code.CELL_REWRITTEN
    assert code("900001", column) is code("46357", "format") is None
    fault = cell_fault(column, "46357")
    assert fault is not None
    assert "2026-12-01" in fault.message


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["n", "show"], True),
        (["n", ""], True),
        ([" n ", "show\n"], True),
        (["", " "], False),
        (["N", "Show"], True),
        (["n", "Episode 1"], False),
        (["show", "n"], False),
        (["1", "show"], False),
    ],
)
def test_a_repeated_header_has_only_names_of_its_columns(cells: list[str], expected: bool) -> None:
    assert repeats_header(["n", "show"], cells) is expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Program ID", "Show", "Lang", "Date"], True),
        (["id", "show", "language", "date"], True),
        (["900001", "show", "Hindi", "2026-12-01"], False),
        (["900001", "Show", "language", "2026-12-01"], False),
        (["", "Show", "", ""], False),
    ],
)
def test_a_repeated_header_may_name_a_column_differently(cells: list[str], expected: bool) -> None:
    assert repeats_header(["program_id", "show", "language", "date"], cells) is expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["Total", "12"], True),
        (["", "Grand total:", "1,200", ""], True),
        (["कुल", "", "12"], True),
        (["Total", "Hindi"], False),
        (["Total Dhamaal", "12"], False),
        (["12", "Total"], False),
        ([" ", ""], False),
    ],
)
def test_a_total_below_a_table(cells: list[str], expected: bool) -> None:
    assert is_total(cells) is expected


ALL = [*DAMAGED, *REWRITTEN, *WITH_WHITE_SPACE, *INVISIBLE, *FINE]
LETTERS = "#='eE+-.0129 ?\u00a0\n\u200bJanN/A!"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_fast_look_at_a_row_overlooks_nothing(place: int) -> None:
    columns = ["at", "show_at", "x"]
    for cell in ALL:
        cells = ["plain", "text", "here"]
        cells[place] = cell
        fault = cell_fault(columns[place], cell)
        assert list(suspicious_cells(columns, cells)) == ([(place, fault)] if fault else []), cell


@settings(max_examples=examples(500), deadline=None)
@given(st.lists(st.sampled_from(ALL) | st.text(LETTERS, max_size=8), min_size=1, max_size=4))
def test_a_row_has_the_faults_of_its_cells(cells: list[str]) -> None:
    columns = [f"{number} at" for number in range(len(cells))]
    expected = [(number, cell_fault(columns[number], cell)) for number, cell in enumerate(cells)]
    assert list(suspicious_cells(columns, cells)) == [(number, fault) for number, fault in expected if fault]
