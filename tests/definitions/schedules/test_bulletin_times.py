"""Recurring schedules as they are read; what is refused of them is among the examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from runner.definitions.model import CatchUp, Recurrence, Schedule
from runner.definitions.problem import Finding
from runner.definitions.problem_codes import Code
from runner.definitions.schedules import cron
from runner.definitions.schedules.bulletin_times import MOST_IN_GRACE, TimesReader
from runner.definitions.schedules.cron import fault
from runner.definitions.schedules.recurrence import next_after

DAILY = {"cron": "0 9 * * *", "timezone": "Asia/Kolkata"}


def read(
    own: Mapping[str, str], defaults: Mapping[str, str] | None = None
) -> tuple[Schedule | Recurrence | None, list[Finding]]:
    findings: list[Finding] = []
    entry: dict[str, Any] = {"schedule": own} if own else {}
    reader = TimesReader({"schedule": {**(defaults or {}), **own}}, entry, ("bulletins", 0), "a.yaml", findings)
    return reader.read_schedule(), [finding for finding in findings if finding.is_error]


def recurrence(own: Mapping[str, str], defaults: Mapping[str, str] | None = None) -> Recurrence:
    found, findings = read(own, defaults)
    assert findings == []
    assert isinstance(found, Recurrence)
    return found


def test_a_field_of_a_cron_is_read_once_however_many_crons_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows of a table have thousands of crons, of few different fields."""
    read_crons = []

    def counted(text: str, start: datetime) -> CronSim:
        read_crons.append(text)
        return CronSim(text, start)

    monkeypatch.setattr(cron, "CronSim", counted)
    cron.fault.cache_clear()
    cron.is_known_to_library.cache_clear()
    for hour in range(24):
        for minute in range(60):
            assert fault(f"{minute} {hour} * * *") is None
    alone = [text for text in read_crons if text.count("*") >= 4]
    assert len(alone) == 60 + 24 + 3
    assert len(read_crons) == len(alone) + 60 * 24  # each once as a whole, to see whether it ever comes


def test_what_is_left_out_has_its_default() -> None:
    assert recurrence(DAILY) == Recurrence("0 9 * * *", "Asia/Kolkata", timedelta(hours=1), None, None, CatchUp.LATEST)


def test_every_field_arrives() -> None:
    edges = {"starts": "2026-12-01", "ends": "2027-03-31T18:30:00+05:30"}
    assert recurrence({**DAILY, **edges, "grace": "7d", "catch_up": "none"}) == Recurrence(
        "0 9 * * *",
        "Asia/Kolkata",
        timedelta(days=7),
        datetime(2026, 11, 30, 18, 30, tzinfo=UTC),
        datetime(2027, 3, 31, 13, 0, tzinfo=UTC),
        CatchUp.NONE,
    )


@pytest.mark.parametrize(
    ("timezone", "day", "first", "last"),
    [
        ("Asia/Kolkata", "2027-03-31", "2027-03-30T18:30:00", "2027-03-31T18:29:59"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00", "2026-10-25T22:59:59"),
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00", "2018-11-05T01:59:59"),
    ],
)
def test_a_day_counts_from_its_beginning_to_its_end(timezone: str, day: str, first: str, last: str) -> None:
    found = recurrence({"cron": "* 12 * * *", "timezone": timezone, "starts": day, "ends": day})
    assert (found.starts, found.ends) == tuple(
        datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last)
    )


def test_an_edge_without_an_offset_is_local_time() -> None:
    assert recurrence({**DAILY, "starts": "2026-12-01T09:00:00"}).starts == datetime(2026, 12, 1, 3, 30, tzinfo=UTC)


def test_defaults_give_a_schedule_where_they_hold_a_cron() -> None:
    assert recurrence({}, DAILY) == recurrence(DAILY)
    assert recurrence({"grace": "2h"}, DAILY).grace == timedelta(hours=2)
    assert read({}, {"timezone": "Asia/Kolkata", "catch_up": "all"}) == (None, [])


def test_of_at_and_cron_the_one_from_the_defaults_is_named() -> None:
    found, (finding,) = read({"at": "2026-12-01T18:30:00"}, DAILY)
    assert (found, finding.code, finding.message) == (
        None,
        Code.ONE_OF_FIELDS,
        "schedule has both at and cron (cron: from the defaults)",
    )


def test_equal_schedules_are_read_once() -> None:
    assert read(DAILY)[0] is read(dict(reversed(DAILY.items())))[0]


def test_the_white_space_of_a_cron_does_not_matter() -> None:
    assert recurrence({**DAILY, "cron": " 0\t9  * * *\n"}) == recurrence(DAILY)


def test_a_grace_holds_no_more_times_than_a_run_looks_at() -> None:
    assert MOST_IN_GRACE == 1000
    assert read({**DAILY, "cron": "0-59 * * * *", "grace": "16h"})[1] == []
    assert [finding.code for finding in read({**DAILY, "cron": "0-59 * * * *", "grace": "17h"})[1]] == [
        Code.BAD_DURATION
    ]


def test_the_days_at_which_it_starts_do_not_hide_how_often_it_comes() -> None:
    often = {"cron": "0-59 * 25-31 * *", "timezone": "UTC", "grace": "7d", "starts": "2026-01-31T23:59:00Z"}
    assert [finding.code for finding in read(often)[1]] == [Code.BAD_DURATION]


@pytest.mark.parametrize("cron", ["0 18 */2 * FRI", "0 18 1,15 * */2", "0 18 */2 * */2", "0 18 *,5 * FRI"])
def test_two_days_of_which_one_begins_with_a_star_are_refused(cron: str) -> None:
    """The library would take what is both, and else what is either: 0 18 */2 * FRI would skip every other Friday."""
    assert [finding.code for finding in read({**DAILY, "cron": cron})[1]] == [Code.BAD_CRON]


@pytest.mark.parametrize("cron", ["0 18 */2 * *", "0 18 * * */2", "0 18 1-31/2 * FRI", "0 18 * * FRI"])
def test_one_day_may_begin_with_a_star(cron: str) -> None:
    assert recurrence({**DAILY, "cron": cron}).cron == cron


@pytest.mark.parametrize("name", ["@daily", "@DAILY", "@midnight"])
def test_for_a_name_there_are_its_five_fields(name: str) -> None:
    assert fault(name) == (f"the short form {name!r} is not supported", "Write five fields: 0 0 * * *.")


@pytest.mark.parametrize(
    "cron",
    [
        "0 9 L * *",
        "0 9 LW * *",
        "0 9 * * FRI#1",
        "0 9 * * 5L",
        "0 9 29 2 *",
        "0 9 30 2 MON",
        "*/7 0-23/2 1,15 JAN,jul 7",
    ],
)
def test_what_the_library_reads_is_accepted(cron: str) -> None:
    assert fault(cron) is None


@given(st.text(st.sampled_from("0123456789*/,-#L?@ WMONFRIJAN\n²ſ"), max_size=40) | st.text(max_size=40))
def test_any_value_is_a_finding_or_has_a_next_time(text: str) -> None:
    found, findings = read({**DAILY, "cron": text})
    assert (found is None) is bool(findings)
    if isinstance(found, Recurrence):
        assert next_after(found, datetime(2026, 1, 1, tzinfo=UTC)) is not None


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.one_of(st.text(max_size=25), st.sampled_from(good))
            for name, good in {
                "cron": ["0 9 * * *"],
                "at": ["2026-12-01T18:30:00Z"],
                "timezone": ["Asia/Kolkata", "UTC"],
                "grace": ["1h", "8d"],
                "starts": ["2026-12-01", "9999-12-31"],
                "ends": ["2026-12-01", "0000-01-01"],
            }.items()
        },
    )
)
def test_no_fields_whatever_end_in_a_traceback(fields: dict[str, str]) -> None:
    found, findings = read(fields)
    assert found is None or not findings
