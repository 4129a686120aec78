"""The place of a syntax problem is that of the author's mistake, with both event streams of PyYAML."""

from __future__ import annotations

import pytest

from runner.definitions.problem_codes import Code
from runner.definitions.reading import reader
from runner.definitions.reading.event_source import PythonParser

ENTRY = "bulletins:\n  - id: a\n"


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "python":
        monkeypatch.setattr(reader, "event_source", lambda: PythonParser)


@pytest.mark.parametrize(
    ("rest", "line", "column", "fix"),
    [
        ('    name: "Sa Re\n    properties: {a: "1"}\n', 3, 11, '"'),
        ('    properties:\n      a: "Love\n      b: "Hindi"\n', 4, 10, '"'),
        ("    name: 'It's late'\n", 3, 14, "'"),
        ('    name: "He said "hi" there"\n', 3, 20, '"'),
        ('    name: "multi\n      line"\n    c-by: x: y\n', 5, 12, '"x: y"'),
        ("    properties: {title: Episode #12}\n    c-by: x\n", 3, 33, '"Episode #12"'),
        ('    properties: {title: "Love, language: Hindi}\n', 3, 25, '"'),
        ("    properties: {title: Love, language: Hindi\n    c-by: x\n", 3, 17, ": language: Hindi}"),
        ("    accounts: [india, us\n    c-by: x\n", 3, 15, ": us]"),
        ("    accounts: [india,  # two\n      us  # and no more\n    c-by: x\n", 3, 15, ": us]"),
        ("    accounts: [\n    c-by: x\n", 3, 15, "after its last value."),
        ("    name: Sa Re: 12\n", 3, 16, '"Sa Re: 12"'),
        ("    name: “Sa: Re”\n", 3, 14, '"Sa: Re"'),
        ("    properties: {title: Sa Re: 12}\n", 3, 30, '"Sa Re: 12"'),
        ("    name: @home  # sweet\n", 3, 11, '"@home"'),
        ("    name: *bold* text\n", 3, 11, '"*bold* text"'),
        ("    name: | text\n    c-by: x\n", 3, 11, '"| text"'),
        ("    name:text\n    c-by: x\n", 3, 9, "name: text"),
        ("    name\n    c-by: x\n", 3, 5, "name: "),
        ("   name: x\n", 3, 4, "4 spaces"),
        ("      name: x\n", 3, 7, "4 spaces"),
        ("    name: b\n - id: c\n", 4, 2, "2 spaces"),
        ("    name: b\n    - id: c\n", 4, 5, "2 spaces"),
        ("    name: b\n  id: c\n", 4, 3, "- id"),
        ("\tname: x\n", 3, 1, "before name, and type 4 spaces"),
        ("    properties:\n\ta: b\n", 4, 1, "type 6 spaces"),
        ("    properties:\n      a: b\n\tname: x\n", 5, 1, "type 4 spaces or 6 spaces"),
        ("\u00a0 \u00a0 name: x\n    c-by: y\n", 3, 1, "before name, and type 4 spaces"),
        ("    name:\u00a0x\n    c-by: y\n", 3, 10, "Delete it"),
        ('    name: "x \\ud83d\\ude00"\n', 3, None, "😀"),
        ('    name: "x \\ude00"\n', 3, None, "character itself"),
    ],
)
def test_the_mistake_is_shown_where_it_was_made(rest: str, line: int, column: int | None, fix: str) -> None:
    _, problems = reader.read((ENTRY + rest).encode(), "a.yaml")
    (problem,) = problems
    assert (problem.code, problem.line, problem.column) == (Code.YAML_SYNTAX, line, column or problem.column)
    assert fix in problem.help


@pytest.mark.parametrize("blank", "\u00a0\u1680\u2003\u200b\u202f\u2060\u3000", ids=ascii)
@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("bulletins:\n@@- id: a\n@@@@name: b\n", 2, 1),
        ("bulletins:\n  -@id: a\n    name: b\n", 2, 4),
        ("bulletins:\n  - id:@a\n    name: b\n", 2, 8),
        ("bulletins:\n  - id: a\n  @ name: b\n", 3, 3),
        ("bulletins:\n  - id: a\n    name@: b\n", 3, 9),
        ("bulletins:\n  - id: a\n    tags:\n      -@hindi\n", 4, 8),
    ],
)
def test_a_blank_that_is_no_space_is_named(blank: str, text: str, line: int, column: int) -> None:
    _, problems = reader.read(text.replace("@", blank).encode(), "a.yaml")
    assert (problems[0].code, problems[0].line, problems[0].column) == (Code.YAML_SYNTAX, line, column)
    assert f"U+{ord(blank):04X}" in problems[0].message


@pytest.mark.parametrize(
    "text",
    ['bulletins: [{id: a, name: "\u00a0x", "\u00a0y": b}]\n', "bulletins:\n  - name: |\n      a\n      \u00a0b: c\n"],
)
def test_a_blank_inside_a_text_is_left_to_other_rules(text: str) -> None:
    assert reader.read(text.encode(), "a.yaml")[1] == []
