from __future__ import annotations

import pytest

from importers import text
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.importers.text import Piece, Text, text_of


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_encoding_that_a_spreadsheet_saves_is_read(encoding: str) -> None:
    found = text_of("a,सा\nb".encode(encoding), "f")
    assert isinstance(found, Text)
    assert found.text == "a,सा\nb"


def test_what_is_not_unicode_is_a_problem_at_its_place() -> None:
    found = text_of("é\nab".encode() + b"\xff", "f.csv")
    assert isinstance(found, Problem)
    assert (found.file, found.line, found.column, found.code) == ("f.csv", 2, 3, Code.YAML_ENCODING)
    assert "0xFF is not UTF-8" in found.message
    assert isinstance(text_of(b"\xff\xfea\x00\x00", "f.csv"), Problem)


@pytest.mark.parametrize("start", [b"PK\3\4", b"\xd0\xcf\x11\xe0"], ids=["xlsx", "xls"])
def test_a_workbook_is_one_problem(start: bytes) -> None:
    found = text_of(start + b"\xa1\xb1\x1a\xe1\0", "calendar.xlsx")
    assert isinstance(found, Problem)
    assert (found.code, found.line, found.column) == (Code.BAD_FORMAT, 1, 1)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_one_problem(encoding: str) -> None:
    found = text_of("name,सा\n".encode(encoding), "f.csv")
    assert isinstance(found, Problem)
    assert (found.line, found.column, found.code) == (1, 1, Code.YAML_ENCODING)
    assert found.message == "this is UTF-16 without a mark at its beginning"


@pytest.mark.parametrize(("offset", "place"), [(0, (1, 1)), (2, (2, 1)), (5, (3, 1)), (7, (4, 1)), (8, (4, 2))])
def test_lines_end_as_editors_end_them(offset: int, place: tuple[int, int]) -> None:
    assert text("a\nb\r\nc\rd").position(offset) == place


def test_a_piece_has_its_position_in_the_whole() -> None:
    problem = Piece(text("abc\ndef"), "df", [4, 6, 7]).problem(1, Code.BLANK, "m", "h")
    assert (problem.line, problem.column, problem.source) == (2, 3, "def")


def test_of_a_secret_text_no_line_is_shown() -> None:
    secret = text_of(b"abc", "f", is_secret=True)
    assert isinstance(secret, Text)
    assert secret.problem(1, Code.BLANK, "m", "h").source == ""
