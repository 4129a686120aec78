"""Instants as the pages write them."""

from __future__ import annotations

from datetime import UTC

import pytest

from runner.report.html.instants import instant_ms, instant_text, length, local
from runner.report.local_time import zone_of

AT = instant_ms("2026-12-01T13:00:00.250Z")


def test_an_instant_is_a_number_of_milliseconds() -> None:
    assert instant_ms("1970-01-01T00:00:01Z") == 1000
    assert AT % 1000 == 250


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("full", "Tue 1 Dec 2026, 18:30:00"),
        ("date", "Tue 1 Dec"),
        ("short", "1 Dec 18:30"),
        ("minute", "18:30"),
        ("second", "18:30:00"),
        ("milli", "18:30:00.250"),
    ],
)
def test_an_instant_is_written_in_a_zone(form: str, text: str) -> None:
    assert instant_text(AT, zone_of("Asia/Kolkata"), form) == text


@pytest.mark.parametrize("name", [None, "", "Nowhere/At All", "../../etc/passwd", "/etc/passwd", "a\x00b", "x" * 5000])
def test_a_zone_that_is_none_is_utc(name: str | None) -> None:
    assert zone_of(name) is UTC


def test_clocks_that_change_are_followed() -> None:
    berlin = zone_of("Europe/Berlin")
    before, after = instant_ms("2026-10-25T00:30:00Z"), instant_ms("2026-10-25T01:30:00Z")

    assert local(before, berlin).hour == local(after, berlin).hour == 2


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 ms"),
        (212.4, "212 ms"),
        (4200, "4.2 s"),
        (125_000, "2 min 5 s"),
        (7_200_000, "2 h"),
        (273_600_000, "3 d 4 h"),
    ],
)
def test_lengths_of_time_are_said_in_their_largest_units(ms: float, text: str) -> None:
    assert length(ms) == text
