from __future__ import annotations

import csv
import pickle

import pytest
from examples import examples
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner.definitions.problem import MAX_PROBLEMS, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.tables import csv_table, csv_text
from runner.definitions.tables.csv_table import MAX_CELL_CHARACTERS, MAX_COLUMNS, read_table
from runner.definitions.tables.table_values import Table

SEEMS = "; the file seems to be in Windows-1252"


def table(data: str | bytes) -> Table:
    found, problems = read_table(data if isinstance(data, bytes) else data.encode(), "shows.csv")
    assert [problem for problem in problems if problem.is_error] == []
    assert found is not None
    return found


def rows(data: str | bytes) -> list[tuple[int, dict[str, str]]]:
    return [(row.line, dict(row.values)) for row in table(data).rows]


def problem(data: str | bytes) -> Problem:
    found, problems = read_table(data if isinstance(data, bytes) else data.encode(), "shows.csv")
    assert found is None
    (only,) = problems
    assert only.code is Code.BAD_TABLE
    assert only.file == "shows.csv"
    assert only.help
    return only


def test_a_table_is_columns_and_rows_with_their_lines() -> None:
    found = table("show,language\nSa Re Ga Ma,Hindi\nSuper Singer,Tamil\n")
    assert found.columns == ("show", "language")
    assert [row.line for row in found.rows] == [2, 3]
    assert dict(found.rows[1].values) == {"show": "Super Singer", "language": "Tamil"}


def test_a_row_is_a_mapping() -> None:
    cells = table("a,b\n1,2\n").rows[0].values
    assert cells["b"] == "2"
    assert "c" not in cells
    assert (len(cells), list(cells), cells) == (2, ["a", "b"], {"a": "1", "b": "2"})
    assert repr(cells) == "{'a': '1', 'b': '2'}"
    assert pickle.loads(pickle.dumps(cells)) == cells
    with pytest.raises(KeyError):
        cells["items"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way(end: str) -> None:
    text = end.join(["a,b", '1,"x', 'y"', "", "3,4"])
    assert rows(text) == [(2, {"a": "1", "b": "x\ny"}), (5, {"a": "3", "b": "4"})]


def test_quoted_cells_hold_commas_quotes_and_line_ends() -> None:
    text = 'a,b\n"x, y","say ""hi"""\n"1\n\n2",3\n4,"5"'
    assert rows(text) == [
        (2, {"a": "x, y", "b": 'say "hi"'}),
        (3, {"a": "1\n\n2", "b": "3"}),
        (6, {"a": "4", "b": "5"}),
    ]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(mark: str) -> None:
    assert table(f'{mark}"show",language\nसा,Hindi\n').columns == ("show", "language")


def test_names_are_stripped_and_cells_are_not() -> None:
    assert rows(" a ,b\t\n x ,\ty\n") == [(2, {"a": " x ", "b": "\ty"})]


@pytest.mark.parametrize("blank", ["", "  ", ",", " , ", '"",'])
def test_blank_rows_are_left_out(blank: str) -> None:
    assert [line for line, _ in rows(f"\n{blank}\na,b\n{blank}\n1,2\n{blank}\n{blank}\n3,\n\n")] == [5, 8]


def test_line_separators_of_unicode_end_no_row() -> None:
    assert rows("a,b\nx\u2028y,z\u2029\n") == [(2, {"a": "x\u2028y", "b": "z\u2029"})]


@pytest.mark.parametrize(
    ("text", "line", "message", "fix"),
    [
        ("", 1, "the table is empty", "names of the columns"),
        ("\n\n", 1, "the table is empty", "names of the columns"),
        ("a,b\n", 1, "the table has no rows below its header", "Write a row"),
        ("a;b\n1;2\n", 1, "the columns are separated by semicolons", "Save the table with commas"),
        ("a\tb\n1\t2\n", 1, "the columns are separated by tabs", "Save the table with commas"),
        ("a,,c\n1,2,3\n", 1, "column 2 has no name", "Write a name"),
        ("a,b,a\n1,2,3\n", 1, "the columns 1 and 3 are both named 'a'", "Rename"),
        ("a,a \n1,2\n", 1, "the columns 1 and 2 are both named 'a'", "Rename"),
        ("\n\n_a,b\n1,2\n", 3, "the column '_a' begins with an underscore", "Begin its name"),
        (f"{'x' * 121},b\n1,2\n", 1, "the name of column 1 has more than 120", "Shorten it"),
        (",".join(f"c{number}" for number in range(MAX_COLUMNS + 1)), 1, "has 201 columns, more than 200", "Remove"),
        ("a,b\n1,2\n\n3,\x07\n", 4, "an invisible control character here, U+0007", "Remove it."),
        ("a,b\n1,\x85\n", 2, "an invisible control character here, U+0085", "Remove it."),
        ('a,b\n1,2\n3,"4\n5,6\n', 3, "the quote that opens here is never closed", 'Close it with another ".'),
        ('a,b\n1,"2\n",3\n', 2, "the row has 3 cells, but the header has 2 columns", "quotes"),
        ('a,b\n1,"2"x\n', 2, "has 'x' after its closing quote", 'twice: ""'),
        (
            'a,b\r\n1,"2\r\n3,4\r\n5,"6"\r\n',
            2,
            "closed 2 lines below, with '6' after its closing quote",
            "Close it at its end",
        ),
    ],
)
def test_what_is_wrong_is_reported_at_its_line(text: str, line: int, message: str, fix: str) -> None:
    _, problems = read_table(text.encode(), "shows.csv")
    (found,) = problems
    assert (found.line, found.code) == (line, Code.BAD_TABLE)
    assert message in found.message
    assert fix in found.help


def test_a_quote_is_reported_at_its_column() -> None:
    found = problem('a,b\n1,2\nx,"y\n')
    assert (found.line, found.column, found.source) == (3, 3, 'x,"y')


@pytest.mark.parametrize(
    ("row", "message", "fix"),
    [
        ("1", "the row has 1 cell, but the header has 2 columns", "Write a comma for each empty cell."),
        ("1,2,3", "the row has 3 cells, but the header has 2 columns", "If a cell contains a comma, put it in quotes."),
    ],
)
def test_a_row_of_another_length_is_reported_with_its_counts(row: str, message: str, fix: str) -> None:
    found, problems = read_table(f"a,b\nx,y\n{row}\nz,w\n".encode(), "shows.csv")
    assert problems == [Problem("shows.csv", 3, 1, Code.BAD_TABLE, message, fix, row)]
    assert found is not None
    assert [each.line for each in found.rows] == [2, 4]


@pytest.mark.parametrize(
    ("data", "line", "column", "message"),
    [
        (b"a,b\nx,Caf\xe9\n", 2, 6, f"the byte 0xE9 is not UTF-8{SEEMS}"),
        (
            "a,b\r\nसा,é\r\n".encode() + b"\xff",
            3,
            1,
            f"the byte 0xFF is not UTF-8{SEEMS}",
        ),
        ("a,b\n1,2\n".encode("utf-16"), 1, 1, "the table is UTF-16, not UTF-8"),
    ],
)
def test_another_encoding_is_reported_at_its_place(data: bytes, line: int, column: int, message: str) -> None:
    found = problem(data)
    assert (found.line, found.column, found.message) == (line, column, message)


def test_the_control_character_is_reported_at_its_place_and_does_not_reach_a_terminal() -> None:
    found = problem('a,b\n"x\r\ny",é\x1b[31m\n')
    assert (found.line, found.column) == (3, 5)


def test_a_cell_has_bounds() -> None:
    longest = "x" * MAX_CELL_CHARACTERS
    assert len(table(f"a,b\n{longest},2\n").rows) == 1
    found, problems = read_table(f"a,b\n1,2\n{longest}y,2\n3,4\n".encode(), "shows.csv")
    assert found is not None
    assert [row.line for row in found.rows] == [2, 4]
    assert [(each.line, each.message) for each in problems] == [
        (3, "the cell 'a' has 65,537 characters, more than 65,536")
    ]


@pytest.mark.parametrize("row", ["x" * 200_000 + ",2", "," * 2_000_000, '"\n' + '",,,,,,,,,"\n' * 200_000 + '"'])
def test_a_row_has_bounds(row: str) -> None:
    found = problem(f"a,b\n1,2\n{row}\n")
    assert found.line == 3
    assert "the row that begins here is too long" in found.message


def test_a_quote_left_open_far_from_the_end_is_reported_where_it_opens() -> None:
    found = problem('a,b\n1,2\n3,"4\n' + "5,6\n" * 100_000)
    assert (found.line, found.column, found.message) == (3, 3, "the quote that opens here is never closed")


def test_quotes_alone_are_read_in_bounded_time_and_memory() -> None:
    assert problem("a,b\n" + '"' * 2_000_001).line == 2


def test_the_limits_of_the_csv_module_stay_as_they_are() -> None:
    before = csv.field_size_limit()
    table("a,b\n1,2\n")
    assert csv.field_size_limit() == before


def test_a_table_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "MAX_ROWS", 3)
    monkeypatch.setattr(csv_table, "MAX_LINES", 50)
    assert len(table("a,b\n" + "1,2\n" * 3).rows) == 3
    assert problem("a,b\n" + "1,2\n" * 4).message == "the table has more than 3 rows"
    assert problem("a,b\n" + "\n" * 60).message == "the table has more than 50 lines"
    monkeypatch.setattr(csv_text, "MAX_TABLE_BYTES", 10)
    assert "more than 10 bytes" in problem("a,b\n1,2\n3,4\n").message


def test_at_most_a_thousand_problems_are_shown() -> None:
    found, problems = read_table(b"a,b\n" + b"1\n" * 5000, "shows.csv")
    assert found is not None
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].code is Code.TOO_MANY_PROBLEMS


CELLS = st.text(st.sampled_from('ab ,"\r\n;\tसाé'), max_size=6)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
def test_what_is_written_is_read(written: list[tuple[str, str]], end: str, mark: bool) -> None:
    text = "c,d" + end
    expected = []
    for row in written:
        line = 1 + len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")) - 1
        if "".join(row).strip():
            values = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row]
            expected.append((line, {"c": values[0], "d": values[1]}))
        text += ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + end
    found, problems = read_table((("\ufeff" if mark else "") + text).encode(), "shows.csv")
    if not expected:
        assert [each.message for each in problems] == ["the table has no rows below its header"]
        return
    assert [each for each in problems if each.is_error] == []
    assert found is not None
    assert [(row.line, dict(row.values)) for row in found.rows] == expected


@settings(max_examples=examples(300), deadline=None)
@given(
    st.one_of(st.binary(max_size=60), st.text(st.sampled_from('a1,"\r\n;\t_ é\0\ufeff'), max_size=60).map(str.encode))
)
@example(b'"')
@example(b'a,b\n"')
@example(b'a,b\r\n"\r')
@example(b'a,b\n1,"""')
@example(b"\xef\xbb\xbf")
def test_nothing_ends_in_a_traceback(data: bytes) -> None:
    found, problems = read_table(data, "shows.csv")
    assert problems or found is not None
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") + 1
    assert all(1 <= each.line <= lines and each.column >= 1 and each.help for each in problems)
    if found is not None:
        assert all(len(row.values) == len(found.columns) for row in found.rows)


def problems_of(data: str) -> list[tuple[int, int, Code]]:
    _, problems = read_table(data.encode(), "shows.csv")
    return [(problem.line, problem.column, problem.code) for problem in problems]


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        ('a,b\n1, "x"\n', 2, 4),
        ('a,b\n1,2\n3,\t"x, y"\n', 3, 4),
        ('a,b\n1,"2"\n \u00a0"x",4\n', 3, 3),
        ('a, "b"\n1,2\n', 1, 4),
        ('a,b\n1, ""\n', 2, 4),
    ],
)
def test_a_blank_before_a_quote_is_a_fault_of_the_quote(data: str, line: int, column: int) -> None:
    assert problems_of(data) == [(line, column, Code.BAD_TABLE)]


@pytest.mark.parametrize("cell", ['" ""x"""', ' 5" pipe', '"\n""x"""'])
def test_other_quotes_behind_blanks_are_texts(cell: str) -> None:
    assert Code.BAD_TABLE not in [code for _, _, code in problems_of(f"a,b\n1,{cell}\n")]


def test_a_fault_of_a_column_is_reported_once_at_the_header() -> None:
    rows = "".join(f"{number},#REF!,x \n" for number in range(7, 5007))
    assert problems_of(f'a,"b, c",d\n{rows}') == [(1, 3, Code.CELL_DAMAGED), (1, 10, Code.CELL_WHITE_SPACE)]


def test_a_fault_of_one_row_is_reported_at_its_cell() -> None:
    assert problems_of('a,b\n1,"x\ny"\n2,#N/A\n') == [(4, 3, Code.CELL_DAMAGED)]


def test_a_repeated_header_is_reported_once() -> None:
    assert problems_of("a,b\n1,2\na,b\n3,4\n a ,\na,b\n") == [(3, 1, Code.REPEATED_HEADER)]


@pytest.mark.parametrize("header", ["a;b", '"a";"b"', "a\tb", "a|b", "a;b, c;d", "sep=;\na;b", "sep=,\na,b"])
def test_another_separator_is_refused(header: str) -> None:
    assert problems_of(f"{header}\n1;2\n") == [(1, 1, Code.BAD_TABLE)]


def test_a_pointer_of_git_lfs_is_named() -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:aaaa\nsize 1\n"
    assert problems_of(pointer) == [(1, 1, Code.LFS_POINTER)]
    assert problems_of(pointer + "#" * 2000) != [(1, 1, Code.LFS_POINTER)]


@pytest.mark.parametrize("title", ["Release calendar,,\n", "Release calendar\n", ",Release calendar,\n"])
def test_a_title_above_the_table_is_one_problem(title: str) -> None:
    table, problems = read_table(f"{title}show,lang,p\na,b,c\nd,e,f\n".encode(), "t.csv")
    assert table is None
    assert [(each.code, each.line, "title" in each.message) for each in problems] == [(Code.BAD_TABLE, 1, True)]
