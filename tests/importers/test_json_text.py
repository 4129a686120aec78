from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runner.importers.json_text import NotJson, marks_of, value_at

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)
PIECES = st.sampled_from(
    [*"{}[],:\"\\ \n'“1-", '"a"', '"a":', "NaN", "true", "None", "9" * 5000, "[" * 2000, "01", "x"]
)


@given(JSON, st.sampled_from([None, 1]), st.booleans())
def test_json_is_read_with_the_positions_of_its_values(value: Any, indent: int | None, ascii_: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_)
    assert value_at(f"  {text} more", 2) == (value, len(text) + 2)
    marks = marks_of(f"  {text} more", 2)
    for path, offset in marks.values.items():
        part = value
        for step in path:
            part = part[step]
        assert value_at(f"  {text}", offset)[0] == part
    for path, offset in marks.keys.items():
        assert value_at(f"  {text}", offset)[0] == path[-1]


@given(st.lists(PIECES, max_size=20).map("".join) | st.text(max_size=20))
@example('{"a": NaN, x: 1}')
@example('{"a": NaN}}]')
def test_no_text_is_too_odd(text: str) -> None:
    try:
        _, end = value_at(text, 0)
    except NotJson as error:
        end = error.offset
    assert 0 <= end <= len(text)


@pytest.mark.parametrize(
    ("text", "offset", "message", "help_"),
    [
        ('{"business_event":true"}', 22, 'after true, a double quote (") was found instead of a comma', 'write "true"'),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', 23, "the key 'c' occurs twice", "Remove one"),
        ('{"a": [NaN]}', 7, "NaN is not JSON", "double quotes"),
        ('{"a": -Infinity}', 6, "-Infinity is not JSON", "double quotes"),
        ("{'a': 1}", 1, "this is a single quote", "only double quotes"),
        ('{"a": 1,}', 8, "there is a comma before '}'", "Remove the comma"),
        ('{"a": 1', 7, "ends too soon", "Close"),
        ("", 0, "ends too soon", "Close"),
        ('{"a": True}', 6, "True has no quotes here", "Write true."),
        ('{"a": Hindi}', 6, "a text has no quotes here", "in double quotes"),
        ('{"a": 007}', 6, "a number begins with 0", "in double quotes"),
        ("{a: 1}", 1, "'a' was found instead of a key in double quotes", "whole body in single"),
        ('{"a" 1}', 5, "'1' was found instead of a colon", "before it"),
        ('{"a": "b}', 6, "never closed", "Close the text"),
        ('{"a": "b\n"}', 8, "a line break", r"\n"),
        (r'{"a": "\x"}', 7, "a backslash begins no escape", r"Write \\"),
        ('{"a": “b”}', 6, "a curly quote", "straight"),
        ("[" * 100_000, 0, "too deep", "brackets"),
        ('{"a": ' + "1" * 5000 + "}", 0, "more digits", "double quotes"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_not_json_is_reported_with_its_place_and_the_fix(
    text: str, offset: int, message: str, help_: str
) -> None:
    with pytest.raises(NotJson) as caught:
        value_at(text, 0)
    assert caught.value.offset == offset
    assert message in caught.value.message
    assert help_ in caught.value.help
