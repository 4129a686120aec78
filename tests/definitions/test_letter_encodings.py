"""Names with the same letters in two encodings of Unicode: nobody sees the difference."""

from __future__ import annotations

import unicodedata

import pytest

from definitions import Write
from runner.definitions.load import load
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import did_you_mean

ONE = "Café"
TWO = unicodedata.normalize("NFD", ONE)
ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
ENTRY = "  - {id: %s, business_event: %s, name: %s, properties: {%s: x}, c-by: a@example.com%s}\n"


def codes(write: Write, bulletins: str, **files: str) -> list[Code]:
    folder = write({"accounts.yaml": ACCOUNTS, "b.yaml": f"bulletins:\n{bulletins}", **files})
    return [problem.code for problem in load([folder]).found]


@pytest.mark.parametrize(("name", "known"), [(ONE, TWO), (TWO, ONE)])
def test_the_suggestion_says_where_they_differ(name: str, known: str) -> None:
    hint = did_you_mean(name, ["other", known])
    assert "another encoding" in hint
    assert f"é has {len(name) - 3} character" in hint


def test_other_names_are_suggested_as_before() -> None:
    assert did_you_mean("Cafe", [ONE]) == "Did you mean Café?"
    assert did_you_mean("langauge", ["language"]) == "Did you mean language?"


def test_an_event_of_the_catalog_in_another_encoding(write: Write) -> None:
    folder = write(
        {
            "accounts.yaml": ACCOUNTS,
            "events.yaml": f"business_events:\n  {ONE}: {{}}\n",
            "b.yaml": "bulletins:\n" + ENTRY % ("a", TWO, "A", "p", ""),
        }
    )
    (problem,) = load([folder]).problems
    assert (problem.code, "another encoding" in problem.help) == (Code.UNKNOWN_EVENT, True)


def test_a_column_in_another_encoding(write: Write) -> None:
    row = ENTRY % ("'{{ row.n }}'", "E", f"\"{{{{ row['{TWO}'] }}}}\"", "p", ", for_each: {csv: t.csv}")
    folder = write({"accounts.yaml": ACCOUNTS, "b.yaml": f"bulletins:\n{row}", "t.csv": f"n,{ONE}\na,x\n"})
    (problem,) = load([folder]).problems
    assert (problem.code, "another encoding" in problem.help) == (Code.BAD_TEMPLATE, True)


def test_two_columns_that_look_the_same_are_refused(write: Write) -> None:
    row = ENTRY % ("'{{ row.n }}'", "E", "A", "p", ", for_each: {csv: t.csv}")
    assert codes(write, row, **{"t.csv": f"n,{ONE},{TWO}\na,x,y\n"}) == [Code.BAD_TABLE]


def test_names_of_one_file_and_of_the_catalog_are_warned_about(write: Write) -> None:
    entries = ENTRY % ("a", "E", "A", ONE, "") + ENTRY % ("b", "E", "B", TWO, "")
    assert codes(write, entries) == [Code.TWO_ENCODINGS]
    assert codes(write, ENTRY % ("a", ONE, "A", "p", "") + ENTRY % ("b", TWO, "B", "p", "")) == [Code.TWO_ENCODINGS]
    catalog = (
        f"business_events:\n  {ONE}: {{}}\n  {TWO}: {{}}\n  E: {{properties: {{{ONE}: {{}}, {TWO}: {{}}, p: {{}}}}}}\n"
    )
    assert codes(write, ENTRY % ("a", "E", "A", "p", ""), **{"events.yaml": catalog}) == [Code.TWO_ENCODINGS] * 2
