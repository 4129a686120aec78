"""Hostile text is made harmless, and all other text is left as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.report.safe_text import printable

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    "text",
    [
        "सा रे गा मा",
        "இசை மழை, பகுதி 4",
        "Sa Re Ga Ma 12 | `x` <b>",
        "🎵 नया",
        "👩‍👩‍👧 ☎️ 1️⃣",
        "क्\u200dष क्\u200cष",
        ENGLAND,
    ],
)
def test_text_of_any_script_is_left_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("two\nlines\r\t", "two\\nlines\\r\\t"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\x9b2J", "\\x9b2J"),
        ("\ud800", "\\ud800"),
        ("##[add-mask]x", "#\\x23[add-mask]x"),
    ],
)
def test_what_a_terminal_obeys_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u200bb", "a\\u200bb"),
        ("a\u2060b\ufeff", "a\\u2060b\\ufeff"),
        ("soft\u00adhyphen", "soft\\xadhyphen"),
        ("\u3164\u115f", "\\u3164\\u115f"),
        ("a\U000e0041", "a\\U000e0041"),
        ("\U0001f3f4\U000e0041", "\U0001f3f4\\U000e0041"),
    ],
)
def test_what_nobody_sees_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_the_result_is_one_line_and_stays_as_it_is(text: str) -> None:
    assert len(printable(text).splitlines()) <= 1
    assert printable(printable(text)) == printable(text)
