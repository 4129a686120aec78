from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.tables.row_line import RowLine, row_place


@pytest.mark.parametrize(
    ("row", "file", "place"),
    [
        ("bulletins.d/shows.csv:17", "bulletins.d/x.yaml", RowLine("bulletins.d/shows.csv", 17)),
        ("bulletins.d/a/b.CSV:2", "bulletins.d/x.yaml", RowLine("bulletins.d/a/b.CSV", 2)),
        ("shows.csv:17", "x.yaml", RowLine("shows.csv", 17)),
        ("/shows.csv:17", "/x.yaml", RowLine("/shows.csv", 17)),
        ("env=prod/shows.csv:17", "env=prod/x.yaml", RowLine("env=prod/shows.csv", 17)),
        ("a:1/shows.csv:17", "a:1/x.yaml", RowLine("a:1/shows.csv", 17)),
        ("bulletins.d/x.yaml:12:9", "bulletins.d/x.yaml", RowLine("bulletins.d/x.yaml", 12, 9)),
        ("a:3:4/x.yaml:12:9", "a:3:4/x.yaml", RowLine("a:3:4/x.yaml", 12, 9)),
    ],
)
def test_a_row_of_a_table_or_a_definition_stands_somewhere(row: str, file: str, place: RowLine) -> None:
    assert row_place(row, file) == place


@pytest.mark.parametrize(
    ("row", "file"),
    [
        ("", "x.yaml"),
        ("language=Hindi slot=morning", "bulletins.d/x.yaml"),
        ("slot=shows.csv:17", "x.yaml"),
        ("slot=bulletins.d/shows.csv:17", "bulletins.d/x.yaml"),
        ("slot=x.yaml:12:9", "x.yaml"),
        ("elsewhere/shows.csv:17", "bulletins.d/x.yaml"),
        ("bulletins.d/shows.csv:0", "bulletins.d/x.yaml"),
        ("bulletins.d/shows.csv:" + "9" * 5000, "bulletins.d/x.yaml"),
        ("bulletins.d/shows.csv:१७", "bulletins.d/x.yaml"),
        ("bulletins.d/x.yaml:0:1", "bulletins.d/x.yaml"),
        ("bulletins.d/x.yaml:12", "bulletins.d/x.yaml"),
    ],
)
def test_what_is_no_place_is_none(row: str, file: str) -> None:
    assert row_place(row, file) is None


@given(st.text(), st.text())
def test_any_text_is_a_place_that_can_be_or_none(row: str, file: str) -> None:
    place = row_place(row, file)
    assert place is None or (place.file in row and place.line > 0)
