"""Problems as lines, and as snippets."""

from __future__ import annotations

from report.documents import make_problems, make_warning
from runner.definitions.model import Definitions
from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.report.text.problems import problem_line, snippet, verdict

PROBLEM = Problem(
    "bulletins.d/x.yaml",
    9,
    19,
    Code.PROPERTY_NOT_STRING,
    "properties.program_id is the number 234567; CleverTap takes only text",
    'Write "234567".',
    "    properties: {program_id: 234567}",
)


def test_a_line_says_place_code_finding_and_fix() -> None:
    assert problem_line(PROBLEM) == (
        "bulletins.d/x.yaml:9:19: error[property-not-string]: properties.program_id is the number 234567;"
        ' CleverTap takes only text. Write "234567".'
    )


def test_the_caret_is_under_the_place() -> None:
    line, caret = snippet(Problem("x.yaml", 3, 7, Code.BLANK, "name is blank", "", "name: \u0938\u093e  x"))

    assert line.index("\u0938") == caret.index("^")


def test_the_caret_counts_cells_not_characters() -> None:
    wide = "title: 日本 x"
    _, caret = snippet(Problem("x.yaml", 1, len(wide), Code.BLANK, "?", "", wide))

    assert len(caret) == len("    1 | ") + len("title: ") + 2 * 2 + 1 + 1


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "x" * 500 + "HERE" + "y" * 500
    line, caret = snippet(Problem("x.yaml", 1, 501, Code.BLANK, "?", "", text))

    assert line[caret.index("^") :].startswith("HERE")
    assert len(line) < 120


def test_an_unknown_line_has_no_snippet() -> None:
    assert snippet(Problem("x.yaml", 1, 1, Code.FILE_UNREADABLE, "?")) == []


def test_the_verdict_counts_what_was_found() -> None:
    good = Definitions({}, {}, (), ("a.yaml",))
    warned = make_problems(make_warning(), files=["a.yaml"])
    both = make_problems(PROBLEM, make_warning(), files=["a.yaml"])
    bad = Definitions({}, {}, (), ("a.yaml", "bulletins.d/x.yaml"), (PROBLEM,))

    assert verdict(good) == "0 bulletins in 1 file are valid"
    assert verdict(bad) == "1 problem in 1 of 2 files"
    assert verdict(warned) == "0 bulletins in 2 files are valid, with 1 warning"
    assert verdict(both) == "1 problem in 1 of 3 files, and 1 warning"
    assert verdict(warned.strict()) == "1 problem in 1 of 2 files (1 warning among them, an error by --strict)"
