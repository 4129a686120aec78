"""Read the times of one bulletin: `when`, and a schedule for one time or a recurring one.

Merged fields come in; a `Schedule`, a `Recurrence` or None goes out. Whatever can't be read becomes a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

from runner.definitions.model import DEFAULT_GRACE, CatchUp, Recurrence, Schedule
from runner.definitions.problem import Finding, Path
from runner.definitions.problem_codes import Code
from runner.definitions.schedules import times
from runner.definitions.schedules.written_times import written_duration

LONGEST_GRACE = timedelta(days=7)  # grace period of a recurring schedule
MOST_IN_GRACE = 1000  # occurrences within one grace period: each run looks at all of them
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_ANY_ZONE = "UTC"
_OF_CRON = ("starts", "ends", "catch_up")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TimesReader:
    """The fields of one bulletin, whose times are to be read. Faults are added to `findings`."""

    fields: Mapping[str, Any]
    entry: Mapping[str, Any]
    path: Path
    file: str
    findings: list[Finding]

    def read_when(self) -> str | int:
        """Return `when` as the API takes it: "now" or UNIX seconds."""
        value = self.fields.get("when", "now")
        if value == "now":
            return "now"
        try:
            return times.event_time(value)
        except times.TimeProblem as error:
            code = Code.WHEN_MILLISECONDS if isinstance(error, times.Milliseconds) else Code.BAD_TIME
            self._find(code, ("when",), f"when: {error.message}", error.help)
            return "now"

    def read_schedule(self) -> Schedule | Recurrence | None:
        """Return the schedule. None means due at once, or a schedule that can't be read."""
        fields = self.fields.get("schedule")
        if fields is None:
            return None
        if "at" not in fields and "cron" not in fields and "schedule" not in self.entry:
            return None  # only grace or timezone in the defaults: that is no schedule
        read = _read(tuple(sorted(fields.items())))
        own = self.entry.get("schedule", {})
        for fault in read.faults:
            inherited = [name for name in fault.names if name not in own]
            origin = f" ({', '.join(inherited)}: from the defaults)" if own and inherited else ""
            self._find(fault.code, ("schedule", *fault.at), fault.message + origin, fault.help, fault.at_key)
        for message, hint in _surprises(read.schedule):
            self._find(Code.SURPRISING_CRON, ("schedule", "cron"), f"schedule.cron: {message}", hint)
        return read.schedule

    def _find(self, code: Code, path: Path, message: str, hint: str, at_key: bool = False) -> None:
        self.findings.append(Finding(code, self.file, (*self.path, *path), message, hint, at_key))


@dataclass(frozen=True, slots=True)
class _Fault:
    code: Code
    message: str
    help: str
    at: tuple[str, ...] = ()  # the path of the field in the schedule
    at_key: bool = False
    names: tuple[str, ...] = ()  # fields that can't be combined


@dataclass(slots=True)
class _Read:
    """The fields of a schedule while they are read one by one, with the result and the faults."""

    fields: Mapping[str, str]
    schedule: Schedule | Recurrence | None = None
    faults: list[_Fault] = field(default_factory=list)

    def one(self, name: str, code: Code, read: Callable[[str], T], default: T) -> T:
        """Return the field as read by `read`, or the default if it is missing or can't be read."""
        if name not in self.fields:
            return default
        try:
            return read(self.fields[name])
        except times.TimeProblem as error:
            self.faults.append(_Fault(code, f"schedule.{name}: {error.message}", error.help, (name,)))
            return default


@lru_cache(maxsize=4096)
def _read(items: tuple[tuple[str, str], ...]) -> _Read:
    """Read the merged fields of a schedule. Cached, since thousands of rows share the same fields."""
    read = _Read(dict(items))
    match "at" in read.fields, "cron" in read.fields:
        case True, True:
            message, hint = "schedule has both at and cron", "Keep at for one time, or cron for a recurring schedule."
            read.faults.append(_Fault(Code.ONE_OF_FIELDS, message, hint, names=("at", "cron")))
        case False, True:
            _recurring(read)
        case at, _:
            for name in _OF_CRON:
                if name in read.fields:
                    message = f"schedule.{name} needs cron, which is missing"
                    hint = f'Add cron: "30 18 * * FRI", or remove {name}.'
                    read.faults.append(_Fault(Code.MISSING_FIELD, message, hint, (name,), True))
            _once(read, there=at)
    return read


def _once(read: _Read, *, there: bool) -> None:
    zone = _zone(read)
    grace = read.one("grace", Code.BAD_DURATION, times.duration, DEFAULT_GRACE)
    if not there:
        hint = (
            'Add at: 2026-12-01T18:30:00+05:30, or cron: "30 18 * * FRI" and a timezone, or remove schedule to send it'
            " as soon as possible."
        )
        read.faults.append(_Fault(Code.MISSING_FIELD, "schedule has neither at nor cron", hint))
        return
    at = read.one("at", Code.BAD_TIME, lambda text: times.instant(text, zone), None)
    read.schedule = None if at is None or read.faults else Schedule(at, grace)


def _zone(read: _Read) -> str | None:
    """Return the time zone for the other fields: UTC if the zone is unknown, so that they can be checked."""
    if "timezone" not in read.fields:
        return None
    return read.fields["timezone"] if read.one("timezone", Code.BAD_TIME, times.zone, None) else _ANY_ZONE


def _recurring(read: _Read) -> None:
    if (zone := _zone(read)) is None:
        message, hint = (
            "schedule has cron but no timezone",
            "Add a time zone, like timezone: Asia/Kolkata.",
        )
        read.faults.append(_Fault(Code.MISSING_FIELD, message, hint))
        zone = _ANY_ZONE
    cron = read.one("cron", Code.BAD_CRON, _cron, "")
    grace = read.one("grace", Code.BAD_DURATION, _short_grace, DEFAULT_GRACE)
    starts = read.one("starts", Code.BAD_TIME, lambda text: edge_of_schedule(text, zone), None)
    ends = read.one("ends", Code.BAD_TIME, lambda text: edge_of_schedule(text, zone, end=True), None)
    if starts and ends and ends < starts and zone == read.fields.get("timezone"):
        message = f"schedule.ends is {read.fields['ends']}, before schedule.starts, {read.fields['starts']}"
        read.faults.append(_Fault(Code.BAD_TIME, message, "Write a later end, or an earlier start.", ("ends",)))
    if read.faults:
        return
    catch_up = CatchUp(read.fields.get("catch_up", CatchUp.LATEST))
    recurrence = Recurrence(cron, zone, grace, starts, ends, catch_up)
    _check_times(read, recurrence)
    read.schedule = None if read.faults else recurrence


def _surprises(schedule: Schedule | Recurrence | None) -> tuple[tuple[str, str], ...]:
    """Return what people may not expect of the times of a schedule, with advice."""
    if not isinstance(schedule, Recurrence):
        return ()
    from runner.definitions.schedules.cron_surprises import surprises

    return surprises(schedule.cron)


def _cron(text: str) -> str:
    from runner.definitions.schedules.cron import fault  # imported only for recurring schedules, to save time

    cron = " ".join(text.split())
    if (found := fault(cron)) is not None:
        raise times.TimeProblem(*found)
    return cron


def _short_grace(text: str) -> timedelta:
    grace = times.duration(text)
    if grace > LONGEST_GRACE:
        raise times.TimeProblem(f"{text!r} is too long for a recurring schedule", "Write 7d or less.")
    return grace


def edge_of_schedule(text: str, timezone: str, *, end: bool = False) -> datetime:
    """Return the instant of `starts` or `ends`. A day means its first instant, or with `end` its last."""
    if not _DAY.match(text):
        return times.instant(text, timezone)
    from runner.definitions.schedules.recurrence import day_begins

    hint = "Write it like 2026-12-01 or 2026-12-01T18:30:00+05:30."
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise times.TimeProblem(f"{text!r} does not exist: {times.impossible_part(text)}", hint) from None
    if not 2000 <= day.year < 2200:
        raise times.TimeProblem(f"{text!r} is not between the years 2000 and 2199", hint)
    tz = times.zone(timezone)
    return day_begins(day + timedelta(days=1), tz) - timedelta(seconds=1) if end else day_begins(day, tz)


def _check_times(read: _Read, recurrence: Recurrence) -> None:
    from runner.definitions.schedules.recurrence import is_denser, is_ever_due

    starts, ends = recurrence.starts, recurrence.ends
    # Without limits, the cron reader has checked that it has times.
    if (starts or ends) and not is_ever_due(recurrence):
        message = f"schedule.cron: {recurrence.cron!r} has no time between starts and ends"
        read.faults.append(_Fault(Code.BAD_CRON, message, "Change cron, starts or ends.", ("cron",)))
    elif is_denser(recurrence, recurrence.grace, MOST_IN_GRACE):
        written = written_duration(recurrence.grace)
        message = f"schedule.grace: {recurrence.cron!r} is due more than {MOST_IN_GRACE:,} times within {written}"
        hint = "Write a shorter grace, or a cron with fewer times."
        read.faults.append(_Fault(Code.BAD_DURATION, message, hint, ("grace",) if "grace" in read.fields else ()))
