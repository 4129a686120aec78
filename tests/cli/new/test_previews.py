"""The next dates of a cron expression, by the clocks of its time zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runner.cli.new.previews import next_dates

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_the_next_three_dates() -> None:
    dates = next_dates("30 18 * * FRI", "Asia/Kolkata", NOW)
    assert dates == "next: Fri 4 Dec 2026 18:30, Fri 11 Dec 2026 18:30, Fri 18 Dec 2026 18:30 (Asia/Kolkata)"


def test_a_date_that_comes_once_in_four_years() -> None:
    assert next_dates("0 0 29 2 *", "UTC", NOW).startswith("next: Tue 29 Feb 2028 00:00, Sun 29 Feb 2032 00:00")


@pytest.mark.parametrize("cron", ["", "30 18 * *", "30 25 * * *", "0 0 30 2 *", "@daily"])
def test_an_expression_that_is_not_finished_shows_nothing(cron: str) -> None:
    assert next_dates(cron, "UTC", NOW) == ""
