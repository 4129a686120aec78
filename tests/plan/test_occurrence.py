from __future__ import annotations

from datetime import timedelta

from plan import HOUR, NOW, TICK, make_bulletin
from runner.plan.occurrence import Occurrence, occurrences


def test_a_bulletin_without_a_schedule_is_due_at_once_and_never_expires() -> None:
    (occurrence,) = occurrences(make_bulletin())
    assert occurrence == Occurrence("r1")
    assert occurrence.is_due(NOW)
    assert not occurrence.is_expired(NOW + timedelta(days=36500))


def test_a_schedule_gives_the_window() -> None:
    (occurrence,) = occurrences(make_bulletin(at=NOW, grace=2 * HOUR))
    assert (occurrence.due_at, occurrence.expires_at) == (NOW, NOW + 2 * HOUR)


def test_the_revision_names_the_occurrence() -> None:
    assert [occurrence.name for occurrence in occurrences(make_bulletin(revision=3))] == ["r3"]


def test_it_is_due_from_the_very_instant() -> None:
    occurrence = Occurrence("r1", NOW, NOW + HOUR)
    assert not occurrence.is_due(NOW - TICK)
    assert occurrence.is_due(NOW)


def test_the_last_instant_of_the_grace_still_counts() -> None:
    occurrence = Occurrence("r1", NOW, NOW + HOUR)
    assert not occurrence.is_expired(NOW + HOUR)
    assert occurrence.is_expired(NOW + HOUR + TICK)
