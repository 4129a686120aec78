"""Entries that make many bulletins, from their files to bulletins. Mistakes are in the folder of examples."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from definitions import Write
from runner.definitions.building import made_entries, set_contents
from runner.definitions.load import load
from runner.definitions.model import Bulletin, Definitions
from runner.definitions.problem import MAX_PROBLEMS
from runner.definitions.problem_codes import Code
from runner.definitions.tables import expansion

ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
EVENTS = "business_events:\n  E:\n    properties: {language: {enum: [Hindi, Tamil]}, title: {}}\n"


def limit(monkeypatch: pytest.MonkeyPatch, name: str, value: int) -> None:
    """Lower a limit of a set, wherever it is imported."""
    for module in (each for each in (made_entries, set_contents) if hasattr(each, name)):
        monkeypatch.setattr(module, name, value)


def loaded(write: Write, text: str, **files: str) -> Definitions:
    return load([write({"accounts.yaml": ACCOUNTS, "events.yaml": EVENTS, "b.yaml": text, **files})])


def bulletins(write: Write, text: str) -> tuple[Bulletin, ...]:
    definitions = loaded(write, text)
    assert definitions.problems == ()
    return definitions.bulletins


def test_every_text_of_an_entry_is_filled_in(write: Write) -> None:
    first, second = bulletins(
        write,
        """
        defaults: {tags: ["music"], properties: {title: "{{ row.show }}"}, schedule: {timezone: Asia/Kolkata}}
        bulletins:
          - for_each: {rows: [{show: A, day: "01", seconds: 1796130000}, {show: B, day: "02", seconds: 1796130001}]}
            id: x-{{ row.show | lower }}
            business_event: "{{ 'E' }}"
            name: "{{ row.show }}, {{ row.show }}"
            properties: {language: Hindi}
            c-by: "{{ row.show }}@example.com"
            when: "{{ row.seconds }}"
            accounts: ["{{ 'india' if row.show != 'C' else 'europe' }}"]
            schedule: {at: "2026-12-{{ row.day }}T18:30:00"}
        """,
    )
    assert [first.id, second.id] == ["x-a", "x-b"]
    assert first.payload() == {
        "business_event": "E",
        "name": "A, A",
        "properties": {"title": "A", "language": "Hindi"},
        "c-by": "A@example.com",
        "when": 1796130000,
    }
    assert (second.c_by, second.properties["title"], second.when) == ("B@example.com", "B", 1796130001)
    assert (first.accounts, first.tags, first.inherited) == (
        ("india",),
        ("music",),
        frozenset({"tags", "properties.title", "schedule.timezone"}),
    )
    assert first.place.line == second.place.line == 3


def test_a_problem_names_the_templates_place_and_the_row_that_is_to_blame(write: Write) -> None:
    text = """
        bulletins:
          - for_each: {csv: shows.csv}
            id: "{{ row.id }}"
            business_event: E
            name: N
            properties: {language: "{{ row.language }}", title: "{{ row.title }}"}
            c-by: a@example.com
        """
    rows = "id,language,title\na,Hindi,1\nb,Hindy,2\nc,Tamil," + "ळ" * 171 + "\nd,Hindy,3\n"
    wrong, long = loaded(write, text, **{"shows.csv": rows}).problems
    assert (wrong.line, wrong.column, wrong.code) == (6, 28, Code.PROPERTY_VALUE)
    assert wrong.rows is not None
    assert [str(each.row).rpartition(":")[2] for each in wrong.rows.instances] == ["3", "5"]
    assert (long.line, long.column, long.code) == (6, 57, Code.TOO_MANY_BYTES)
    assert long.message.endswith("1 over the limit of 512, in " + str(wrong.row).rpartition(":")[0] + ":4")


def test_what_is_wrong_alike_in_every_row_is_reported_once(write: Write) -> None:
    rows = ", ".join(f"{{n: {number}}}" for number in range(3 * MAX_PROBLEMS))
    text = f"""
        bulletins:
          - for_each: {{rows: [{rows}]}}
            id: x-{{{{ row.n }}}}
            business_event: F
            name: N {{{{ row.n }}}}
            properties: {{}}
            c-by: a@example.com
        """
    (problem,) = loaded(write, text).problems
    assert (problem.code, problem.line) == (Code.UNKNOWN_EVENT, 4)
    assert problem.message.endswith("b.yaml:2:39 and 2,997 more rows")


def test_thousands_of_rows_that_are_wrong_each_in_its_way_end_in_a_word(write: Write) -> None:
    rows = "n\n" + "".join(f"{number}\n" for number in range(3 * MAX_PROBLEMS))
    text = """
        bulletins:
          - for_each: {csv: n.csv}
            id: "No {{ row.n }}"
            business_event: E
            name: N
            properties: {}
            c-by: a@example.com
        """
    cut, folded = loaded(write, text, **{"n.csv": rows}).problems
    assert (cut.code, folded.code) == (Code.TOO_MANY_PROBLEMS, Code.BAD_FORMAT)
    assert folded.rows is not None
    assert (folded.rows.count, folded.rows.is_least) == (MAX_PROBLEMS, True)


def test_the_bulletins_that_all_templates_of_a_set_make_are_bounded(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "MAX_MADE", 5)
    entry = """
          - for_each: {matrix: {n: [1, 2, 3]}}
            id: ID-{{ row.n }}
            business_event: E
            name: ID {{ row.n }}
            properties: {}
            c-by: a@example.com"""
    text = "bulletins:" + entry.replace("ID", "a") + entry.replace("ID", "b")
    (problem,) = loaded(write, text).problems
    assert (problem.code, problem.line) == (Code.BAD_ROWS, 8)


def test_templates_in_a_recurring_schedule_wait_for_their_occurrence(write: Write) -> None:
    plain, first, second = bulletins(
        write,
        """
        defaults: {business_event: E, c-by: a@example.com}
        bulletins:
          - id: weekly
            name: Week {{occurrence.week}}
            properties: {title: "{{ occurrence.date }}", language: Hindi}
            schedule: {cron: "30 18 * * FRI", timezone: Asia/Kolkata}
          - for_each: {matrix: {language: [Hindi, Tamil]}}
            id: daily-{{ row.language | lower }}
            name: "{{ row.language }} {{ occurrence.date }}"
            properties: {language: "{{ row.language }}"}
            schedule: {cron: "30 18 * * *", timezone: Asia/Kolkata}
        """,
    )
    assert (plain.name, plain.properties["title"]) == ("Week {{ occurrence.week }}", "{{ occurrence.date }}")
    assert (first.name, second.name) == ("Hindi {{ occurrence.date }}", "Tamil {{ occurrence.date }}")


@pytest.mark.parametrize(
    ("name", "words"),
    [("{{ row.show }}", "Add for_each"), ("{{ occurrence.date }}", "Add a schedule with cron"), ("{{-  row }}", "Add")],
)
def test_what_nothing_would_fill_in_is_refused(write: Write, name: str, words: str) -> None:
    text = f"""
        bulletins:
          - {{id: a, business_event: E, name: "{name}", properties: {{}}, c-by: a@example.com}}
        """
    (problem,) = loaded(write, text).problems
    assert (problem.code, problem.line, problem.column) == (Code.BAD_TEMPLATE, 2, 38)
    assert problem.help.startswith(words)


def test_a_creator_that_nothing_would_fill_in_is_refused(write: Write) -> None:
    text = """
        bulletins:
          - {id: a, business_event: E, name: N, properties: {}, c-by: "{{row.name}}@example.com"}
        """
    (problem,) = loaded(write, text).problems
    assert (problem.code, problem.line, problem.column) == (Code.BAD_TEMPLATE, 2, 63)


def test_a_broken_template_says_so_once_and_not_for_each_row(write: Write) -> None:
    text = """
        bulletins:
          - for_each: {matrix: {n: [1, 2, 3]}}
            id: a-{{ row.n }}
            business_event: E
            name: "{{ row.m }}"
            properties: {title: "{% include '/etc/passwd' %}"}
            c-by: a@example.com
        """
    problems = loaded(write, text).problems
    assert [(problem.code, problem.line) for problem in problems] == [(Code.BAD_TEMPLATE, 5), (Code.BAD_TEMPLATE, 6)]


def test_templates_that_would_run_for_minutes_over_all_rows_are_refused(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "MAX_WORK", 20)
    text = """
        bulletins:
          - for_each: {matrix: {n: [1, 2, 3]}}
            id: a-{{ row.n }}
            business_event: E
            name: "{{ row.n | upper | lower | upper | lower | upper | lower | upper | lower }}"
            properties: {}
            c-by: a@example.com
        """
    (problem,) = loaded(write, text).problems
    assert (problem.code, problem.line) == (Code.BAD_ROWS, 2)
    assert "too long for so many rows" in problem.message


def test_what_templates_fill_in_has_to_fit_into_the_memory(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, "MAX_MADE_CHARACTERS", 100)
    entry = """
          - for_each: {matrix: {n: [1, 2, 3]}}
            id: ID-{{ row.n }}
            business_event: E
            name: "{{ row.n }} THIRTY_CHARACTERS_AND_A_FEW_MORE ID"
            properties: {}
            c-by: a@example.com"""
    problems = loaded(write, "bulletins:" + entry.replace("ID", "a") + entry.replace("ID", "b")).problems
    assert [(problem.code, problem.line) for problem in problems] == [(Code.BAD_ROWS, 2)]
    assert "more than 100 characters" in problems[0].message


def test_once_a_set_is_full_no_more_rows_are_made(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, "MAX_MADE", 5)
    entry = """
          - {for_each: {csv: CSV}, id: "x-{{ row.a }}", business_event: E, name: N, properties: {}, c-by: a@b.c}"""
    text = "bulletins:" + entry.replace("CSV", "six.csv") + entry.replace("CSV", "missing.csv") * 3
    (problem,) = loaded(write, text, **{"six.csv": "a\n1\n2\n3\n4\n5\n6\n"}).problems
    assert (problem.code, problem.line) == (Code.BAD_ROWS, 2)


@pytest.mark.parametrize("name", ["{{ row.n }}", "{{ occurrence.date }}", "{ row.n }"])
@pytest.mark.parametrize("for_each", ["for_each: {matrix: {n: [1]}}, ", ""])
def test_a_template_as_the_name_of_a_property_is_refused(write: Write, name: str, for_each: str) -> None:
    id_ = "x-{{ row.n }}" if for_each else "x"
    text = f"""
        bulletins:
          - {{{for_each}id: "{id_}", business_event: E, name: N, c-by: a@example.com, properties: {{"{name}": x}}}}
        """
    problem, *_ = loaded(write, text).problems
    assert (problem.code, problem.message) == (
        Code.BAD_TEMPLATE,
        f"the name of a property can't be a template: {name!r}",
    )


def named(text: str) -> str:
    """A template whose name, in line 5, is that text."""
    return f"""
        bulletins:
          - for_each: {{matrix: {{n: [1]}}}}
            id: x-{{{{ row.n }}}}
            business_event: E
            name: "{text}"
            properties: {{}}
            c-by: a@example.com
        """


@pytest.mark.parametrize(
    "text", ["{ row.n }}", "{{ row.n }", "{row.n}", "${row.n}", "row.n }}", "{{ row.n }} {row.n}", "{% row.n }"]
)
def test_a_brace_that_is_missing_is_reported(write: Write, text: str) -> None:
    problems = loaded(write, named(text)).problems
    assert {(problem.code, problem.line) for problem in problems} == {(Code.BAD_TEMPLATE, 5)}


def test_the_properties_of_all_that_templates_make_are_bounded(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, "MAX_MADE_VALUES", 8)
    text = """
        bulletins:
          - for_each: {matrix: {n: [1, 2, 3]}}
            id: a-{{ row.n }}
            business_event: F
            name: N {{ row.n }}
            tags: [x]
            properties: {a: x, b: x}
            c-by: a@example.com
        """
    problem, *_ = loaded(write, text).problems
    assert (problem.code, problem.line) == (Code.BAD_ROWS, 2)
    assert "more than 8 properties, tags and accounts" in problem.message


@pytest.mark.parametrize("text", ["{{" * 500_000, "{#{{{%" * 200_000, "{{ row.n " * 100_000], ids=["{{", "all", "row"])
def test_a_long_text_of_braces_left_open_is_looked_through_once(write: Write, text: str) -> None:
    """The time that it takes to look anew from each of them is counted in hours."""
    assert {problem.code for problem in loaded(write, named(text)).problems} == {Code.BAD_TEMPLATE}


@given(
    st.lists(st.sampled_from(["{", "}", "%", "#", "{{", "}}", "{%", "%}", "x", " ", "\n"]), max_size=20).map("".join)
)
def test_text_outside_of_templates_is_the_text_that_a_pattern_leaves(text: str) -> None:
    inside = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
    assert expansion.not_filled_in(text) == inside.sub("", text)


def test_templates_in_defaults_are_filled_in_for_entries_with_rows(write: Write) -> None:
    first, second, plain = bulletins(
        write,
        """
        defaults:
          business_event: E
          name: "{{ row.show }}"
          c-by: "{{ row.team }}@example.com"
          tags: ["{{ row.show | slug }}", music]
          properties: {title: "{{ row.show }}", language: Hindi}
        bulletins:
          - for_each: {rows: [{show: Indian Idol, team: a}, {show: Super Singer, team: b}]}
            id: x-{{ row.team }}
          - {id: plain, name: N, c-by: c@example.com, tags: [sale], properties: {title: T}}
        """,
    )
    assert (first.c_by, first.tags) == ("a@example.com", ("indian-idol", "music"))
    assert (second.c_by, second.tags) == ("b@example.com", ("super-singer", "music"))
    assert {"c-by", "tags", "properties.title"} <= first.inherited
    assert (plain.c_by, plain.tags) == ("c@example.com", ("sale",))


LONG = "{{ row.show if row.show else '" + "x" * 600 + "' }}"


@pytest.mark.parametrize("field", ["business_event: LONG", "properties: {title: LONG}", "c-by: LONG", "tags: [LONG]"])
def test_a_template_in_defaults_may_be_longer_than_what_it_comes_to(write: Write, field: str) -> None:
    name = field.partition(":")[0]
    fields = {"business_event": "E", "properties": "{}", "c-by": "a@example.com", "tags": "[]"}
    fields.pop(name)
    values = {"business_event": "E", "c-by": "a@example.com"}
    text = f"""
        defaults: {{{field.replace("LONG", json.dumps(LONG))}}}
        bulletins:
          - for_each: {{rows: [{{show: {values.get(name, "idol")}}}]}}
            id: x-{{{{ row.show | slug }}}}
            name: N
            {{FIELDS}}
        """.replace("{FIELDS}", "\n            ".join(f"{key}: {value}" for key, value in fields.items()))
    assert len(bulletins(write, text)) == 1


def test_templates_that_are_wrong_are_read_until_there_are_more_than_are_shown(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(monkeypatch, "MAX_PROBLEMS", 2)
    entry = """
          - {for_each: {matrix: {n: [1]}}, id: "N{{ row.n }}", business_event: E, name: "{{ x }}",
             properties: {}, c-by: a@example.com}"""
    text = "bulletins:" + "".join(entry.replace("N{{", f"{letter}{{{{") for letter in "abcdef")
    problems = loaded(write, text, **{"c.yaml": text.replace("{{ x }}", "{{ z }}")}).problems
    assert [problem.line for problem in problems] == [2, 4, 6, 2, 4, 6]
