"""The rows of a `for_each`, and where a table may lie. Mistakes in rows are in the folder of examples."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from definitions import Write
from runner.definitions.load import load
from runner.definitions.model import Definitions
from runner.definitions.problem import MAX_PROBLEMS
from runner.definitions.problem_codes import Code
from runner.definitions.reading.reader import read
from runner.definitions.row_reference import MatrixRow, RowLine
from runner.definitions.tables import rows
from runner.definitions.tables.csv_table import MAX_ROWS
from runner.definitions.tables.rows import Tables, rows_of

ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
ENTRY = """\
bulletins:
  - for_each: FOR_EACH
    id: "ID"
    business_event: E
    name: N
    properties: {row: "ID"}
    c-by: a@example.com
"""


def made(write: Write, for_each: str, id_: str, **files: str) -> Definitions:
    text = ENTRY.replace("FOR_EACH", for_each).replace("ID", id_)
    return load([write({"accounts.yaml": ACCOUNTS, "b.yaml": text, **files})])


def ids(definitions: Definitions) -> list[str]:
    assert definitions.problems == ()
    return [bulletin.id for bulletin in definitions.bulletins]


def test_a_matrix_is_every_combination_in_the_order_written(write: Write) -> None:
    definitions = made(write, "{matrix: {slot: [b, a], hour: [9, 21]}}", "x-{{ row.slot }}-{{ row.hour }}")
    assert ids(definitions) == ["x-b-9", "x-b-21", "x-a-9", "x-a-21"]
    assert definitions.bulletins[1].place.row == MatrixRow("slot=b hour=21")


def test_what_is_excluded_matches_on_the_columns_that_it_names(write: Write) -> None:
    for_each = "{matrix: {a: [1, 2], b: [1, 2], c: [1, 2]}, exclude: [{a: 1}, {b: '2', c: 2}]}"
    assert ids(made(write, for_each, "x-{{ row.a }}{{ row.b }}{{ row.c }}")) == ["x-211", "x-212", "x-221"]


def test_rows_that_are_written_know_their_lines(write: Write) -> None:
    definitions = made(write, "{rows: [{a: x}, {a: y}]}", "{{ row.a }}")
    assert ids(definitions) == ["x", "y"]
    file = definitions.files[1]
    assert [bulletin.place.row for bulletin in definitions.bulletins] == [RowLine(file, 2, 23), RowLine(file, 2, 31)]


def test_a_table_below_the_folder_of_its_definition_is_read(write: Write) -> None:
    definitions = made(write, "{csv: ./tables/SHOWS.CSV}", "{{ row.a }}", **{"tables/SHOWS.CSV": "a\nx\ny\n"})
    assert ids(definitions) == ["x", "y"]
    assert str(definitions.bulletins[1].place.row).endswith("bulletins.d/tables/SHOWS.CSV:3")


@pytest.mark.parametrize(
    "name", ["../outside.csv", "sub/../../outside.csv", "/outside.csv", "C:/outside.csv", "a\\b.csv"]
)
def test_a_path_that_leads_out_of_the_folder_is_refused(write: Write, name: str) -> None:
    write({"sub/x.csv": "a\nx\n"}).with_name("outside.csv").write_text("a\nx\n")
    (problem,) = made(write, f"{{csv: '{name}'}}", "{{ row.a }}").problems
    assert problem.code is Code.TABLE_UNREADABLE
    assert "it is outside the folder" in problem.message or "a backslash or a colon" in problem.message


@pytest.mark.parametrize("target", ["../outside.csv", "/outside.csv"])
def test_a_link_that_leads_out_of_the_folder_is_refused(write: Write, tmp_path: Path, target: str) -> None:
    (tmp_path / "outside.csv").write_text("a\nx\n")
    (write({}) / "sub").mkdir(parents=True)
    (tmp_path / "bulletins.d" / "shows.csv").symlink_to(target if target[0] == "." else tmp_path / "outside.csv")
    (problem,) = made(write, "{csv: shows.csv}", "{{ row.a }}").problems
    assert "it is outside the folder" in problem.message


def test_a_folder_that_is_a_link_out_is_refused(write: Write, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "shows.csv").write_text("a\nx\n")
    write({"accounts.yaml": ACCOUNTS}).joinpath("linked").symlink_to("../elsewhere")
    problems = made(write, "{csv: linked/shows.csv}", "{{ row.a }}").problems
    assert any("it is outside the folder" in problem.message for problem in problems)


def test_a_link_inside_the_folder_is_followed(write: Write, tmp_path: Path) -> None:
    folder = write({"kept/2026.csv": "a\nx\n"})
    (folder / "shows.csv").symlink_to("kept/2026.csv")
    assert ids(made(write, "{csv: shows.csv}", "{{ row.a }}")) == ["x"]


def test_what_is_no_file_is_refused_without_waiting(write: Write, tmp_path: Path) -> None:
    os.mkfifo(write({"accounts.yaml": ACCOUNTS}) / "pipe.csv")
    (problem,) = made(write, "{csv: pipe.csv}", "{{ row.a }}").problems
    assert "it is not a regular file" in problem.message


def test_more_combinations_than_can_be_are_refused_before_they_are_made(write: Write) -> None:
    values = ", ".join(str(number) for number in range(400))
    matrix = "{matrix: {" + ", ".join(f"c{n}: [{values}]" for n in range(9)) + "}}"
    (problem,) = made(write, matrix, "{{ row.c0 }}").problems
    assert problem.code is Code.BAD_ROWS
    assert f"more than {MAX_ROWS:,} rows" in problem.message


@pytest.mark.parametrize("name", [".hidden.csv", ".git/x.csv", "sub/.x/y.csv"])
def test_what_begins_with_a_dot_is_not_read(write: Write, name: str) -> None:
    (problem,) = made(write, f"{{csv: {name}}}", "{{ row.a }}", **{name: "a\nx\n"}).problems
    assert "whose name begins with a dot" in problem.message


@pytest.mark.parametrize("target", [".git/config", "passwords.txt", ".x.csv"])
def test_a_link_reaches_tables_only(write: Write, target: str) -> None:
    (write({target: "a\nx\n"}) / "shows.csv").symlink_to(target)
    (problem,) = made(write, "{csv: shows.csv}", "{{ row.a }}").problems
    assert "only files that end in .csv are read" in problem.message


def test_the_cells_that_all_tables_of_a_set_hold_are_bounded() -> None:
    tables = Tables(cells_left=5)
    assert tables.read("a.csv", lambda: b"a,b\n1,2\n3,4\n") is not None
    assert tables.read("b.csv", lambda: b"a\n1\n2\n") is None
    (problem,) = tables.problems
    assert (problem.file, problem.line) == ("b.csv", 3)
    assert "cells" in problem.message


def test_words_for_a_combination_are_short_however_long_its_values_are(write: Write) -> None:
    long = "x" * 5000
    definitions = made(write, f"{{matrix: {{n: [1, 2], long: [{long}]}}}}", "x-{{ row.n }}")
    assert ids(definitions) == ["x-1", "x-2"]
    assert max(len(str(bulletin.place.row)) for bulletin in definitions.bulletins) < 100


def test_what_is_excluded_is_looked_up_not_compared_one_by_one(write: Write) -> None:
    excluded = ", ".join(f"{{a: {n}, b: {n}}}" for n in range(100))
    numbers = ", ".join(map(str, range(100)))
    for_each = f"{{matrix: {{a: [{numbers}], b: [{numbers}]}}, exclude: [{excluded}]}}"
    assert len(ids(made(write, for_each, "x-{{ row.a }}-{{ row.b }}"))) == 100 * 100 - 100


def test_excluding_by_too_many_sets_of_columns_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_MAX_LOOKUPS", 10)
    for_each = "{matrix: {a: [1, 2], b: [1, 2]}, exclude: [{a: 1}, {b: 1}, {a: 2, b: 2}]}"
    (problem,) = made(write, for_each, "x-{{ row.a }}").problems
    assert (problem.code, problem.column) == (Code.BAD_ROWS, 57)


def test_a_table_is_read_once_however_often_it_is_named() -> None:
    tables, read = Tables(), []

    def content() -> bytes:
        read.append(1)
        return b"a\n1\n"

    for _ in range(3):
        table = tables.read("x.csv", content)
        assert table is not None
        assert len(table.rows) == 1
    assert read == [1]


def test_a_table_that_cannot_be_read_says_so_each_time_and_its_problems_are_reported_once() -> None:
    def missing() -> bytes:
        raise OSError("gone")

    tables = Tables()
    for _ in range(2):
        with pytest.raises(OSError, match="gone"):
            tables.read("x.csv", missing)
        assert tables.read("bad.csv", lambda: b"a,a\n1,2\n") is None
    assert len(tables.problems) == 1


@pytest.mark.parametrize(
    "for_each",
    [
        {"rows": [{f"c{n}": "x" for n in range(200)}, *({"c1": "x"} for _ in range(200))]},
        {"rows": [{"a": "x"}, *({"a": "x", **{f"c{n}": "x" for n in range(200)}} for _ in range(200))]},
        {"matrix": {"a": [f"v{n}" for n in range(9000)]}, "exclude": [{"a": f"w{n}"} for n in range(9000)]},
    ],
    ids=["missing columns", "columns too many", "excluded"],
)
def test_what_is_wrong_with_rows_does_not_fill_the_memory(for_each: dict[str, Any]) -> None:
    document, _ = read(json.dumps({"bulletins": [{"for_each": for_each}]}).encode(), "b.yaml")
    assert document is not None
    found = rows_of(for_each, ("bulletins", 0, "for_each"), document, lambda _: b"", Tables())
    assert isinstance(found, list)
    assert len(found) == MAX_PROBLEMS + 1


def test_a_repeated_value_in_a_matrix_makes_two_rows(write: Write) -> None:
    problem, *_ = made(write, "{matrix: {a: [x, x]}}", "{{ row.a }}").problems
    assert problem.code is Code.DUPLICATE_ID
