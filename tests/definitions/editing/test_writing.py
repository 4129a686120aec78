from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from runner.definitions.characters import FORBIDDEN
from runner.definitions.editing.writing import document, entry, scalar
from runner.definitions.problem_codes import Code
from runner.definitions.reading.reader import read

# Whatever the reader allows in values.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]).filter(lambda character: not FORBIDDEN.search(character)))
NUMBER_LIKE = st.text(alphabet="0123456789.,:_-+eExXoObBTtZzaf ~*/#=<\n", max_size=12)
WORDS = st.sampled_from(["no", "Yes", "ON", "n", "Null", "~", "<<", "=", "", " ", ".inf", "---", "...", "- a", "a: b"])
ODD = st.text(alphabet="ab :#,[]{}?-'\"\\&*!|>%@`\t\n\r\x85\u2028\ufeff", max_size=8).filter(lambda t: "\x85" not in t)
ANY_TEXT = TEXTS | NUMBER_LIKE | WORDS | ODD
SCALARS = ANY_TEXT | st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False)
KEYS = ANY_TEXT.filter(lambda key: len(key) <= 120)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
ENTRIES = st.dictionaries(KEYS | st.sampled_from(["id", "schedule", "at", "when", "cron", "properties"]), VALUES)


def read_back(text: str) -> Any:
    found, problems = read(text.encode(), "written.yaml")
    assert {problem.code for problem in problems} <= {Code.INVISIBLE_CHARACTER}
    assert found is not None
    return found.value


@given(ANY_TEXT)
@example("2026-12-01T18:30:00+05:30")
@example("2026-12-1 1:2:3.4 +5")
@example("0o17")
@example("1_0:30.5")
@example("1 000")
@example("\U0001fffe\u2029")
@example("\u061c\u3164\ufeff")
@example("a" * 5000 + " " + "b" * 5000)
def test_text_stays_text_for_yaml_1_2_and_1_1_alike(text: str) -> None:
    assert read_back(f"- {scalar(text, in_block=True)}\n- [{scalar(text)}, x]\n") == [text, [text, "x"]]
    assert yaml.safe_load(f"- {scalar(text, in_block=True)}\n- [{scalar(text)}]\n") == [text, [text]]


@given(SCALARS)
@example(1e22)
@example(-math.inf)
@example(True)
def test_scalars_are_read_back_as_they_are(value: Any) -> None:
    found = read_back(f"[{scalar(value)}]")[0]
    assert (type(found), found) == (type(value), value)


def test_not_a_number_is_read_back_as_it_is() -> None:
    assert math.isnan(read_back(f"- {scalar(math.nan)}")[0])


@given(st.lists(ENTRIES, max_size=3), ENTRIES, st.lists(st.text(max_size=20) | st.none(), max_size=4))
def test_a_document_is_read_back_as_it_is(entries: list[Any], common: Any, comments: list[Any]) -> None:
    found = read_back("".join(document(entries, common, comments=comments)))
    assert found == {**({"defaults": common} if common else {}), "bulletins": entries}


@given(ENTRIES, st.integers(0, 6))
def test_an_entry_may_have_any_indentation(fields: Any, indent: int) -> None:
    assert read_back(entry(fields, indent=indent)) == [fields]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Hindi", "Hindi"),
        ("Sa Re Ga Ma episode 12", "Sa Re Ga Ma episode 12"),
        ("सा रे गा मा", "सा रे गा मा"),
        ("🎵 इसै", "🎵 इसै"),
        ("12 Angry Men", "12 Angry Men"),
        ("2h", "2h"),
        ("sa-re-ga-ma-12", "sa-re-ga-ma-12"),
        ("2026-12-01-sa-re-ga-ma", "2026-12-01-sa-re-ga-ma"),
        ("Asia/Kolkata", "Asia/Kolkata"),
        ("releases@example.com", "releases@example.com"),
        ("It's", "It's"),
        ("234567", '"234567"'),
        ("no", '"no"'),
        ("12:30", '"12:30"'),
        ("2026-12-01", '"2026-12-01"'),
        ("0x1F", '"0x1F"'),
        ("1_000", '"1_000"'),
        ("1,000", '"1,000"'),
        ("~", '"~"'),
        ("=", '"="'),
        ("", '""'),
        (" x", '" x"'),
        ("a: b", '"a: b"'),
        ("a, b", '"a, b"'),
        ('say "a", b', r'"say \"a\", b"'),
        ("a\nb\tc", r'"a\nb\tc"'),
        ("a\u2028b\u202ec\xa0d", r'"a\u2028b\u202ec\u00a0d"'),
        ("a\u061cb\u3164c", r'"a\u061cb\u3164c"'),
        ("{{ row.show }}", '"{{ row.show }}"'),
    ],
)
def test_text_is_written_as_a_person_would(text: str, written: str) -> None:
    assert scalar(text) == written


@given(st.characters())
@example("\x85")
@example("\ud800")
@example("\u200b")
def test_every_character_that_a_value_may_hold_is_written_so_that_it_can_be_read(character: str) -> None:
    _, problems = read(f"- {scalar(character)}".encode(), "written.yaml")
    errors = [problem.code for problem in problems if problem.is_error]
    assert bool(FORBIDDEN.search(character)) == bool(errors)
    assert set(errors) <= {Code.YAML_CONTROL_CHARACTER, Code.YAML_SYNTAX}


def test_an_entry_has_its_fields_in_the_usual_order() -> None:
    fields = {
        "more": [{"a": 1, "b": ["x"]}, []],
        "tags": ["hindi", "music"],
        "schedule": {"at": "2026-12-01T18:30:00+05:30", "grace": "2h"},
        "accounts": ["india"],
        "c-by": "releases@example.com",
        "when": 1796130000,
        "properties": {"program_id": "234567", "language": "Hindi", "at": "2026-12-01T18:30:00+05:30"},
        "name": "Sa Re Ga Ma, episode 12",
        "id": "sa-re-ga-ma-12",
        "enabled": False,
    }
    assert (
        entry(fields)
        == """\
  - id: sa-re-ga-ma-12
    name: Sa Re Ga Ma, episode 12
    properties:
      program_id: "234567"
      language: Hindi
      at: "2026-12-01T18:30:00+05:30"
    c-by: releases@example.com
    when: 1796130000
    accounts: [india]
    schedule: {at: 2026-12-01T18:30:00+05:30, grace: 2h}
    enabled: false
    tags: [hindi, music]
    more:
      - a: 1
        b: [x]
      - []
"""
    )


def test_a_cron_expression_is_quoted_and_a_long_list_has_lines_of_its_own() -> None:
    text = entry({"schedule": {"cron": "30 18 * * FRI", "timezone": "Asia/Kolkata"}, "tags": ["a" * 40, "b" * 60]})
    assert (
        text
        == f"""\
  - schedule: {{cron: "30 18 * * FRI", timezone: Asia/Kolkata}}
    tags:
      - {"a" * 40}
      - {"b" * 60}
"""
    )


def test_a_document_has_its_defaults_its_comments_and_an_empty_line_between_entries() -> None:
    text = "".join(document([{"id": "a"}, {"id": "b"}], {"c-by": "a@b.c"}, comments=["shows.csv:2\nx"]))
    assert text == "defaults:\n  c-by: a@b.c\n\nbulletins:\n  # shows.csv:2\\u000ax\n  - id: a\n\n  - id: b\n"


def test_a_document_without_bulletins_says_so() -> None:
    assert "".join(document([])) == "bulletins: []\n"
