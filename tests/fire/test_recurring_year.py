"""Weeks of weekly and daily schedules, with gaps and kills: each time exactly once, or reported once.

In these weeks the clocks of Berlin and New York change. `tests/torture/recurring.py` passes through whole years.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fire.year import LONGEST_GAP, YEAR, Year, due_times


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory, where there is such: a year has some ten thousand commits."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(prefix="bulletins-", dir=memory if memory.is_dir() else None) as found:
        yield Path(found)


def test_the_oracle_sees_the_clocks_change() -> None:
    """Berlin skips 02:30 on 29 March and shows it twice on 25 October."""
    (berlin,) = (each for each in YEAR if each.id == "daily-berlin")
    march = list(due_times(berlin, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)))
    october = list(due_times(berlin, datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 27, tzinfo=UTC)))
    assert [at.strftime("%d %H:%M") for at in march] == ["28 01:30", "29 01:00", "30 00:30"]
    assert [at.strftime("%d %H:%M") for at in october] == ["24 00:30", "25 00:30", "26 01:30"]


@pytest.mark.parametrize(
    ("seed", "begin", "end"),
    [
        (1, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 5, tzinfo=UTC)),
        (2, datetime(2026, 10, 18, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC)),
    ],
)
def test_each_time_is_sent_once_where_a_run_came_and_else_reported_once(
    folder: Path, seed: int, begin: datetime, end: datetime
) -> None:
    with Year(folder, seed, begin=begin, end=end) as year:
        year.pass_by()
        assert year.broken() == []
    assert year.gaps > 3
    assert year.kills
    assert year.runs[-1] == end + LONGEST_GAP
    assert timedelta(minutes=5) * year.idle > timedelta(days=7)
