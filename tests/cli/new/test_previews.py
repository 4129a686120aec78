"""The next dates of a cron expression, by the clocks of its time zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runner.cli.new.previews import next_dates

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_the_next_three_dates() -> None:
    dates = next_dates("30 18 * * FRI", "Asia/Kolkata", NOW)
    fridays = "Fri 2026-12-04 18:30, Fri 2026-12-11 18:30 and Fri 2026-12-18 18:30"
    assert dates == f"At 18:30 on Friday: next {fridays} in Asia/Kolkata"


def test_a_date_that_comes_once_in_four_years() -> None:
    assert next_dates("0 0 29 2 *", "UTC", NOW).endswith(
        "next Tue 2028-02-29 00:00, Sun 2032-02-29 00:00 and Fri 2036-02-29 00:00 in UTC"
    )


@pytest.mark.parametrize("cron", ["", "30 18 * *", "30 25 * * *", "0 0 30 2 *", "@daily"])
def test_an_expression_that_is_not_finished_shows_nothing(cron: str) -> None:
    assert next_dates(cron, "UTC", NOW) == ""
