from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.fixed_text import fixed_text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("properties.n is 'show-1', which is not allowed", "properties.n is 'show-200', which is not allowed"),
        ("HTTP 400: Event not found: 4711", "HTTP 400: Event not found: 4712"),
        ("HTTP 400: request 5f2a-99 failed", "HTTP 400: request 77c1-08 failed"),
        (
            "was due 2026-12-01T13:00:00Z; its grace period ended",
            "was due 2026-12-02T09:30:00Z; its grace period ended",
        ),
        ("a.b@example.com may not send", "c.d@example.com may not send"),
        ('the name "Diwali" is too long', 'the name "Pongal, early" is too long'),
        ("unknown ids: 1, 2, 3", "unknown ids: 9"),
    ],
)
def test_texts_that_differ_in_values_only_are_the_same(one: str, other: str) -> None:
    assert fixed_text(one) == fixed_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("HTTP 400: Business Event Not Found", "HTTP 404: Business Event Not Found"),
        ("HTTP 400: Business Event Not Found", "HTTP 400: Event name is blank"),
        ("it is blank", "it is too long"),
    ],
)
def test_texts_about_different_things_differ(one: str, other: str) -> None:
    assert fixed_text(one) != fixed_text(other)


def test_values_of_the_firing_itself_do_not_count() -> None:
    assert fixed_text("Diwali Special refused", ["Diwali Special"]) == fixed_text("Pongal refused", ["Pongal"])


def test_a_short_value_is_no_part_of_a_word() -> None:
    assert fixed_text("a refusal", ["a"]) == "… refusal"


@given(st.text(), st.lists(st.text()))
def test_a_fixed_text_stays_as_it_is(text: str, values: list[str]) -> None:
    once = fixed_text(text, values)
    assert fixed_text(once, []) == fixed_text(fixed_text(once, []), [])
    assert len(once) <= len(text)
