from __future__ import annotations

import re

import pytest
import yaml
from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from definitions.texts import KEYS, NESTED
from runner.definitions.problem import Path
from runner.definitions.reading.document import Document, end_position, source_line
from runner.definitions.reading.reader import read

TEXT = """\
bulletins:
  - id: a          # the first
    tags: [x, y]
    properties:
      ? long
      : 007
  - {id: b, "tags": &t [z], other: *t, n: &n 1.10, m: *n}
"""


def document(text: str) -> Document:
    found, problems = read(text.encode(), "x.yaml")
    assert problems == []
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("path", "position"),
    [
        ((), (1, 1)),
        (("bulletins",), (2, 3)),
        (("bulletins", 0), (2, 5)),
        (("bulletins", 0, "id"), (2, 9)),
        (("bulletins", 0, "tags", 1), (3, 15)),
        (("bulletins", 0, "properties", "long"), (6, 9)),
        (("bulletins", 1), (7, 5)),
        (("bulletins", 1, "tags"), (7, 21)),
        (("bulletins", 1, "other"), (7, 36)),
        (("bulletins", 1, "m"), (7, 55)),
        (("bulletins", 0, "nowhere", "at", "all"), (2, 5)),
        (("bulletins", 7), (2, 3)),
        (("nothing",), (1, 1)),
    ],
)
def test_values_are_found(path: Path, position: tuple[int, int]) -> None:
    assert document(TEXT).position(path) == position


@pytest.mark.parametrize(
    ("path", "position"),
    [(("bulletins",), (1, 1)), (("bulletins", 0, "properties", "long"), (5, 9)), (("bulletins", 1, "tags"), (7, 13))],
)
def test_keys_are_found(path: Path, position: tuple[int, int]) -> None:
    assert document(TEXT).position(path, at_key=True) == position


def test_entries_are_those_of_the_list_or_mapping_under_a_key() -> None:
    assert list(document(TEXT).entries("bulletins")) == [(2, 5), (7, 5)]
    assert list(document("accounts:\n  a: 1\n  b: {}\n").entries("accounts")) == [(2, 6), (3, 6)]


def test_numbers_are_quoted_as_they_are_written() -> None:
    found = document(TEXT)
    assert found.written(("bulletins", 0, "properties", "long")) == "007"
    assert found.written(("bulletins", 1, "n")) == "1.10"
    assert found.written(("bulletins", 1, "m")) == ""  # an alias


def test_lines_end_as_yaml_says() -> None:
    text = "a\r\nb\rc\nd"
    assert [source_line(text, number) for number in range(1, 6)] == ["a", "b", "c", "d", ""]
    assert end_position(text) == (4, 2)


def test_a_line_too_long_to_show_is_not_shown() -> None:
    assert source_line("x" * 5000, 1) == ""


def every_path(value: object, path: Path = ()) -> list[tuple[Path, object]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(path, value), *(found for step, child in children for found in every_path(child, (*path, step)))]


@settings(max_examples=examples(80))
@given(NESTED, st.sampled_from([None, True, False]), st.integers(1, 6), st.booleans())
def test_positions_point_at_what_they_name(value: object, flow: bool | None, indent: int, wide: bool) -> None:
    text = yaml.safe_dump(
        value, allow_unicode=True, default_flow_style=flow, indent=indent, width=1000 if wide else 20, sort_keys=False
    )
    found = document(text)
    assert found.value == value
    lines = text.split("\n")
    for path, child in every_path(found.value):
        line, column = found.position(path)
        rest = lines[line - 1][column - 1 :] + "\n" + "\n".join(lines[line:])
        if path and isinstance(path[-1], str):
            key_line, key_column = found.position(path, at_key=True)
            assert begins_with(lines[key_line - 1][key_column - 1 :], path[-1])
        assert begins_with(rest, child)


def begins_with(rest: str, value: object) -> bool:
    """Whether `rest` begins with what `value` looks like in YAML."""
    match value:
        case None:
            return rest.startswith("null")
        case bool():
            return rest.startswith(str(value).lower())
        case int():
            return re.match(rf"{value}\b", rest) is not None
        case str():
            return rest.startswith(("'", '"', value.split()[0] if value.strip() else "'"))
        case list():
            return rest.startswith(("[", "- ") if value else "[]")
        case dict():
            return rest.startswith("{") or begins_with(rest, next(iter(value)))
    return False


@given(st.lists(KEYS, unique=True, min_size=1, max_size=5))
def test_each_key_is_at_its_recorded_position(keys: list[str]) -> None:
    text = "".join(f"{key}:   {number}\n" for number, key in enumerate(keys))
    found = document(text)
    for number, key in enumerate(keys):
        assert found.position((key,), at_key=True) == (number + 1, 1)
        assert found.position((key,)) == (number + 1, len(key) + 5)
