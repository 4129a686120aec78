from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.row_reference import MatrixRow, RowLine, row_of_document


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
def test_the_text_of_a_row_with_a_place_is_read_back(row: str, file: str, place: RowLine) -> None:
    assert row_of_document(row, file) == place
    assert str(place) == row


@pytest.mark.parametrize(
    ("row", "file"),
    [
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
def test_a_text_without_a_place_is_a_combination(row: str, file: str) -> None:
    assert row_of_document(row, file) == MatrixRow(row)


def test_an_empty_text_is_no_row() -> None:
    assert row_of_document("", "x.yaml") is None


@given(st.text(min_size=1), st.text())
def test_any_text_is_read_back_as_it_was_written(row: str, file: str) -> None:
    found = row_of_document(row, file)
    assert str(found) == row
    assert isinstance(found, MatrixRow) or (isinstance(found, RowLine) and found.line > 0)
