"""The bulletins that a command works on: selected once, and then the same at any time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from plan import HOUR, NOW, make_bulletin

from runner.definitions.model import Account, Definitions, Place, Recurrence
from runner.errors import Exit, UserError
from runner.jobs.loaded_set import LoadedSet
from runner.jobs.selected_set import MOST_COMING, SelectedSet, select_set
from runner.jobs.selection import Selection
from runner.plan.firing import firings
from runner.plan.select import Criterion, select

PATH = Path("bulletins.d")
ACCOUNTS = {name: Account(name, "https://example.com", "ID", Place("a.yaml", 1, 1, name)) for name in ("india", "usa")}
HOURLY = make_bulletin("hourly", accounts=("india", "usa"), schedule=Recurrence("0 * * * *", "UTC", HOUR))
SET = Definitions(ACCOUNTS, {}, (HOURLY, make_bulletin("once", at=NOW + HOUR), make_bulletin("now")), ())
LOADED = LoadedSet(PATH, SET)
IN_INDIA = Selection((Criterion("account", ("india",)), Criterion("id", ("now",), excludes=True)))


def keys(selected: SelectedSet, hours: int = 0) -> list[tuple[str, str, str]]:
    return [firing.key for firing in selected.firings(NOW + hours * HOUR)]


@pytest.mark.parametrize("hours", [0, 1, 7])
def test_a_selection_holds_at_any_time(hours: int) -> None:
    now = NOW + hours * HOUR
    found = select_set(LOADED, PATH, IN_INDIA, NOW)
    assert keys(found, hours) == [firing.key for firing in select(firings(SET, now), IN_INDIA.criteria)]
    assert (found.is_whole, {firing.key.bulletin for firing in found.firings(now)}) == (False, {"hourly", "once"})


def test_without_options_the_whole_set_is_selected() -> None:
    found = select_set(LOADED, PATH, Selection(), NOW)
    assert found.is_whole
    assert keys(found, 3) == [firing.key for firing in firings(SET, NOW + 3 * HOUR)]


def test_up_to_a_time_recurring_bulletins_come_with_all_their_occurrences() -> None:
    found = select_set(LOADED, PATH, IN_INDIA, NOW).firings_until(NOW, NOW + 5 * HOUR)
    assert [firing.key.bulletin for firing in found].count("hourly") == 7  # the present one and the last before it too
    assert {firing.key.account for firing in found} == {"india"}


def test_nothing_selected_is_a_usage_error() -> None:
    with pytest.raises(UserError) as refused:
        select_set(LOADED, PATH, Selection((Criterion("id", ("nope",)),)), NOW)
    assert refused.value.exit_code == Exit.USAGE


def test_too_many_occurrences_are_a_usage_error_and_a_calendar_shows_fewer_days() -> None:
    every_minute = make_bulletin("often", schedule=Recurrence("* * * * *", "UTC", HOUR))
    often = SelectedSet(LoadedSet(PATH, Definitions(ACCOUNTS, {}, (every_minute,), ())), NOW)
    with pytest.raises(UserError) as refused:
        often.firings_until(NOW, NOW + timedelta(minutes=MOST_COMING + 99))
    assert refused.value.exit_code == Exit.USAGE
    found, until = often.firings_for_calendar(NOW, 30)
    assert until is not None
    assert until - NOW < timedelta(days=7)
    assert len(found) <= MOST_COMING + 62
