from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runner.definitions.reading.scalars import resolve_plain

CASES: list[tuple[str, Any]] = [
    ("", None), ("~", None), ("null", None), ("Null", None), ("NULL", None), ("nULL", "nULL"), ("none", "none"),
    ("true", True), ("True", True), ("TRUE", True), ("false", False), ("False", False), ("FALSE", False),
    ("tRUE", "tRUE"), ("yes", "yes"), ("No", "No"), ("on", "on"), ("OFF", "OFF"), ("y", "y"), ("n", "n"),
    ("0", 0), ("-0", 0), ("+12", 12), ("007", 7), ("-19", -19), ("0o17", 15), ("0x1F", 31), ("0xff", 255),
    ("0o8", "0o8"), ("-0o7", "-0o7"), ("0xG", "0xG"), ("+0x1", "+0x1"), ("0b1", "0b1"), ("1_000", "1_000"),
    ("12:30", "12:30"), ("190:20:30", "190:20:30"), ("2026-12-01", "2026-12-01"), ("1-2", "1-2"), ("+", "+"),
    ("1.5", 1.5), ("-.5", -0.5), ("5.", 5.0), ("1e3", 1000.0), ("1E-3", 0.001), ("+1.e+2", 100.0), (".e3", ".e3"),
    (".", "."), ("..", ".."), ("-", "-"), ("-.", "-."), ("1.2.3", "1.2.3"), ("1e", "1e"), ("e3", "e3"), ("1 2", "1 2"),
    (".inf", math.inf), ("-.INF", -math.inf), ("+.Inf", math.inf), (".iNF", ".iNF"), ("inf", "inf"),
    ("+.nan", "+.nan"), ("nan", "nan"), ("NaN", "NaN"), ("1e400", math.inf),
    ("१२", "१२"), ("१", "१"), ("1\n", "1\n"), ("12\n", "12\n"), ("1.5\n", "1.5\n"), ("<<", "<<"), ("=", "="),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), CASES)
def test_plain_scalars_are_read_by_the_core_schema(text: str, value: Any) -> None:
    found = resolve_plain(text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_not_a_number_is_a_float(text: str) -> None:
    found = resolve_plain(text)
    assert isinstance(found, float)
    assert math.isnan(found)


@given(st.integers(min_value=-(10**290), max_value=10**290))
def test_integers_stay_exact(number: int) -> None:
    assert resolve_plain(str(number)) == number


@given(st.text(alphabet="0123456789.eExXoO+-_:naifNAIFtrul~ ", max_size=12) | st.text(max_size=8))
@example("9" * 5000)
@example("0x" + "f" * 5000)
@example("1" * 5000 + ".5")
def test_no_text_is_too_odd(text: str) -> None:
    found = resolve_plain(text)
    assert found is None or isinstance(found, (bool, int, float)) or found == text


@given(st.text(min_size=1).filter(lambda text: not set(text) & set("0123456789")))
def test_without_a_digit_only_the_words_of_the_schema_are_not_text(text: str) -> None:
    words = {"~", "null", "true", "false", ".inf", "+.inf", "-.inf", ".nan"}
    assert resolve_plain(text) == text or text.lower() in words
