from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plan import HOUR, NOW, TICK, make_bulletin
from runner.definitions.model import Bulletin, Recurrence
from runner.plan import occurrence as module
from runner.plan.occurrence import Occurrence, missed, occurrence_named, occurrences

DAY = timedelta(days=1)


def daily(hour: int = 9, **fields: Any) -> Bulletin:
    """Due each day at that hour in UTC; NOW is 1 December, 13:00."""
    revision = fields.pop("revision", 1)
    return make_bulletin(schedule=Recurrence(f"0 {hour} * * *", "UTC", **fields), revision=revision)


def names(found: tuple[Occurrence, ...]) -> list[str]:
    return [each.name for each in found]


def test_a_bulletin_without_a_schedule_is_due_at_once_and_never_expires() -> None:
    (occurrence,) = occurrences(make_bulletin(), NOW)
    assert occurrence == Occurrence("r1")
    assert occurrence.is_due(NOW)
    assert not occurrence.is_expired(NOW + timedelta(days=36500))


def test_a_schedule_gives_the_window() -> None:
    (occurrence,) = occurrences(make_bulletin(at=NOW, grace=2 * HOUR), NOW)
    assert (occurrence.due_at, occurrence.expires_at) == (NOW, NOW + 2 * HOUR)


def test_the_revision_names_the_occurrence() -> None:
    assert [occurrence.name for occurrence in occurrences(make_bulletin(revision=3), NOW)] == ["r3"]


def test_it_is_due_from_the_very_instant() -> None:
    occurrence = Occurrence("r1", NOW, NOW + HOUR)
    assert not occurrence.is_due(NOW - TICK)
    assert occurrence.is_due(NOW)


def test_the_last_instant_of_the_grace_still_counts() -> None:
    occurrence = Occurrence("r1", NOW, NOW + HOUR)
    assert not occurrence.is_expired(NOW + HOUR)
    assert occurrence.is_expired(NOW + HOUR + TICK)


def test_of_what_recurs_the_next_time_is_there() -> None:
    (occurrence,) = occurrences(daily(), NOW)
    at = datetime(2026, 12, 2, 9, tzinfo=UTC)
    assert occurrence == Occurrence("r1@2026-12-02T09:00:00Z", at, at + HOUR)


def test_of_what_recurs_all_that_may_go_out_is_there() -> None:
    found = occurrences(daily(grace=2 * DAY, revision=3), NOW)
    assert names(found) == ["r3@2026-11-30T09:00:00Z", "r3@2026-12-01T09:00:00Z", "r3@2026-12-02T09:00:00Z"]
    assert all(not each.is_expired(NOW) for each in found)


def test_the_edges_of_the_grace_are_in_it() -> None:
    assert names(occurrences(daily(13), NOW))[0] == "r1@2026-12-01T13:00:00Z"
    assert names(occurrences(daily(12), NOW))[0] == "r1@2026-12-01T12:00:00Z"
    assert names(occurrences(daily(12), NOW + TICK)) == ["r1@2026-12-02T12:00:00Z"]


def test_until_shows_all_that_comes() -> None:
    until = datetime(2026, 12, 4, 9, tzinfo=UTC)
    assert names(occurrences(daily(), NOW, until)) == [f"r1@2026-12-0{day}T09:00:00Z" for day in (2, 3, 4)]
    assert names(occurrences(daily(), NOW, NOW)) == ["r1@2026-12-02T09:00:00Z"]  # never nothing


def test_what_has_ended_shows_its_last_time() -> None:
    ended = daily(ends=datetime(2026, 11, 20, tzinfo=UTC))
    assert names(occurrences(ended, NOW)) == ["r1@2026-11-19T09:00:00Z"]


def test_what_has_not_begun_shows_its_first_time() -> None:
    assert names(occurrences(daily(starts=NOW + 30 * DAY), NOW)) == ["r1@2027-01-01T09:00:00Z"]


def test_nobody_looks_ahead_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COMING", 10)
    assert len(occurrences(daily(7), NOW, datetime(2199, 1, 1, tzinfo=UTC))) == 11


def test_missed_is_what_closed_since_then() -> None:
    found = missed(daily(), datetime(2026, 11, 28, 9, tzinfo=UTC), NOW)
    assert names(found) == [f"r1@2026-{day}T09:00:00Z" for day in ("11-28", "11-29", "11-30", "12-01")]
    assert all(each.is_expired(NOW) for each in found)
    assert names(missed(daily(12), NOW - DAY, NOW)) == []  # its grace ends this very moment
    assert names(missed(daily(12), NOW - DAY, NOW + TICK)) == ["r1@2026-12-01T12:00:00Z"]
    assert missed(make_bulletin(at=NOW - DAY), NOW - 2 * DAY, NOW) == ()


def test_of_too_many_missed_ones_the_newest_are_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MISSED", 2)
    assert names(missed(daily(6), NOW - 30 * DAY, NOW)) == ["r1@2026-11-30T06:00:00Z", "r1@2026-12-01T06:00:00Z"]


@pytest.mark.parametrize(
    "name",
    ["r1", "r2@2026-12-01T09:00:00Z", "r1@2026-12-01T09:00:01Z", "r1@2026-12-01T14:30:00+05:30", "r1@", "", "r1@soon"],
)
def test_what_is_no_time_of_the_schedule_has_no_such_name(name: str) -> None:
    assert occurrence_named(daily(), name) is None


def test_a_time_is_found_by_its_name() -> None:
    at = datetime(2020, 12, 1, 9, tzinfo=UTC)
    assert occurrence_named(daily(), "r1@2020-12-01T09:00:00Z") == Occurrence("r1@2020-12-01T09:00:00Z", at, at + HOUR)
    assert occurrence_named(make_bulletin(at=at), "r1@2020-12-01T09:00:00Z") is None
