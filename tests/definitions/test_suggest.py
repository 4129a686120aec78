from __future__ import annotations

import pytest

from runner.definitions.problem import Problem, dotted
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import counted, did_you_mean, listed, quoted


@pytest.mark.parametrize(
    ("name", "meant"),
    [("shedule", "schedule"), ("SCHEDULE", "schedule"), ("c_by", "c-by"), ("cby", "c-by"), ("tag", "tags")],
)
def test_a_near_name_is_suggested(name: str, meant: str) -> None:
    assert did_you_mean(name, ["schedule", "c-by", "tags"]) == f"Did you mean {meant}?"


@pytest.mark.parametrize("name", ["audience", "", "x" * 100_000])
def test_a_far_name_is_not(name: str) -> None:
    assert did_you_mean(name, ["schedule", "c-by", "tags"]) == ""


def test_among_thousands_those_that_begin_alike_are_compared() -> None:
    names = [f"Program {number} Released" for number in range(5000)]
    assert did_you_mean("Program 1234 Relased", names) == "Did you mean Program 1234 Released?"
    assert did_you_mean("PROGRAM 77 RELEASED", names) == "Did you mean Program 77 Released?"


def test_lists_read_as_prose() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"], "or") == "a, b or c"
    assert listed(map(str, range(20))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more"


def test_a_long_text_is_cut() -> None:
    assert quoted("x" * 61) == repr("x" * 57 + "...")
    assert quoted("सा रे गा") == "'सा रे गा'"


def test_paths_read_as_people_write_them() -> None:
    assert dotted(("bulletins", 3, "properties", "program_id")) == "bulletins[3].properties.program_id"
    assert len(dotted(("properties", "x" * 5000))) < 100


def test_a_problem_is_one_line_whatever_it_quotes() -> None:
    problem = Problem("x.yaml", 1, 1, Code.BLANK, "a\nb\x1b[31m\u2028\u202e\ud800", "c\r\n" + "x" * 5000)
    assert problem.message == r"a\nb\x1b[31m\u2028\u202e\ud800"
    assert problem.help.isprintable()
    assert len(problem.help) < 1100


def test_letters_with_joiners_stay_as_they_are() -> None:
    assert Problem("x.yaml", 1, 1, Code.BLANK, "क्‍ष").message == "क्‍ष"


def test_a_count_has_its_noun_and_its_thousands_a_comma() -> None:
    assert [counted(1, "byte"), counted(2000, "byte")] == ["1 byte", "2,000 bytes"]
    assert counted(2, "firing waits", "firings wait") == "2 firings wait"


def test_a_list_of_names_is_written_as_people_write_it() -> None:
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
