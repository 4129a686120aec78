"""The questions of `new` about the schedule: at once, at a time, or recurring (cron). Options can answer them."""

from __future__ import annotations

import re
from contextlib import suppress

from click import UsageError

from runner.cli.new.answers import Interview
from runner.cli.new.fixes import proposed
from runner.cli.new.previews import next_dates
from runner.cli.terminal.prompts import Question, RejectedAnswer, can_ask, missing
from runner.definitions.model import Recurrence

ONE_SCHEDULE = "one of --at, --cron or --at-once"  # needed without a terminal

_AT_ONCE, _AT, _CRON = "at once", "at a time", "again and again (cron)"
_AS_DEFAULTS = "as in the defaults of the file"
_OPTIONS = {_AT_ONCE: "at-once", _AT: "at", _CRON: "cron"}
_LOCAL = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d)(?P<seconds>:\d\d)?(?P<offset>[Zz]|[+-]\d\d:\d\d)?", re.ASCII
)
_HOW_TIMES_ARE_WRITTEN = "Write it like 2026-12-01 18:30, or with an offset, like 2026-12-01 18:30+05:30."
_DEFAULT_GRACE = "1h"


def ask_schedule(interview: Interview) -> None:
    """Ask for the schedule and keep it. Raises click.UsageError, or click.Abort if the person leaves."""
    given, kind = interview.given, _kind_of_schedule(interview)
    if given.timezone is not None:
        _check_zone(given.timezone)
    if kind == _AT:
        interview.dialogue.answer(
            Question(f"time, with its offset or in {_zone(interview)}, like 2026-12-01 18:30", "--at"),
            lambda text: _take_time(interview, text),
            given=given.at,
            preview=lambda text: _when(interview, text),
        )
    elif kind == _CRON:
        zone, schedules = _zone(interview), [each.schedule for each in interview.definitions.bulletins]
        columns = "minute, hour, day of month, month, day of week"
        question = Question(f"cron (by the clocks of {zone}): {columns}, like 30 18 * * FRI", "--cron")
        interview.dialogue.answer(
            question,
            lambda text: interview.check(("schedule",), _recurring(text, zone), lambda fix: _recurring(fix, zone)),
            given=given.cron,
            known=sorted({each.cron for each in schedules if isinstance(each, Recurrence)}),
            preview=lambda text: next_dates(text, zone, interview.now),
        )
    if kind != _AT_ONCE:
        _ask_grace(interview)
    elif given.grace is not None or given.timezone is not None:
        raise UsageError(f"{'--timezone' if given.grace is None else '--grace'} works only with --at or --cron")


def _kind_of_schedule(interview: Interview) -> str:
    inherited, given = interview.defaults.get("schedule", {}), interview.given
    kinds = [_AT_ONCE, _AT, _CRON]
    if "at" in inherited or "cron" in inherited:  # a bulletin can't remove a default
        kinds = [_AS_DEFAULTS, _AT if "at" in inherited else _CRON]
    asked_for = {_AT_ONCE: given.at_once, _AT: given.at is not None, _CRON: given.cron is not None}
    for kind, is_meant in asked_for.items():
        if is_meant and kind not in kinds:
            raise UsageError(
                f"--{_OPTIONS[kind]}: the defaults of the file contain another kind of schedule; give another --file"
            )
        if is_meant:
            return kind
    if not can_ask():
        if kinds[0] == _AT_ONCE:
            raise missing(ONE_SCHEDULE)
        return kinds[0]
    suggestion = _AS_DEFAULTS if kinds[0] == _AS_DEFAULTS else ""
    return kinds[interview.dialogue.choice(Question("when is it due", "--at", suggestion), kinds)]


def _zone(interview: Interview) -> str:
    """Return the time zone of local times: the option's, else the file's default, else the account's."""
    accounts = interview.definitions.accounts
    names = interview.fields.get("accounts") or interview.defaults.get("accounts") or list(accounts)
    found = next((accounts[name].zone for name in names if name in accounts), "UTC")
    return interview.given.timezone or interview.defaults.get("schedule", {}).get("timezone", found)


def _check_zone(name: str) -> None:
    """Check --timezone before a time is asked for. Raises click.UsageError."""
    from runner.definitions.schedules.times import TimeProblem, zone

    try:
        zone(name)
    except TimeProblem as error:
        raise UsageError(f"--timezone: {error.message}. {error.help}") from None


def _take_time(interview: Interview, text: str) -> None:
    from runner.definitions.schedules.times import TimeProblem, instant, zone

    here = _zone(interview)
    match = _LOCAL.fullmatch(text)
    at = (
        f"{match['day']}T{match['time']}{match['seconds'] or ':00'}{(match['offset'] or '').upper()}" if match else text
    )
    schedule = {"at": at}
    if (match and not match["offset"]) or interview.given.timezone:
        schedule["timezone"] = here
    try:
        due = instant(at, schedule.get("timezone"))
    except TimeProblem as error:
        found = f"{text!r} is not a date with a time" if text else "a date with a time is needed here"
        if match is not None:
            found = f"{error.message.replace(repr(at), repr(text))}. {error.help}"
        else:
            found = f"{found}. {_HOW_TIMES_ARE_WRITTEN}"
        raise RejectedAnswer(found, _meant_time(text, here)) from None
    if due < interview.now:
        now = interview.now.astimezone(zone(here))
        raise RejectedAnswer(
            f"{text!r} is in the past: it is {now:%Y-%m-%d %H:%M} in {here}. Give a later time; "
            "for a bulletin that is due at once, run the command again with --at-once."
        )
    interview.check(("schedule",), schedule)


def _meant_time(text: str, zone: str) -> str:
    """Return the time that is meant by a text in another form, as `new` takes it; empty if it is unclear."""
    from runner.definitions.schedules.times import TimeProblem, instant
    from runner.definitions.schedules.written_times import time_fault

    for each in proposed(time_fault(text, zone)[1]):
        with suppress(TimeProblem):
            instant(each, zone)
            return each.replace("T", " ").removesuffix(":00") if len(each) == len("2026-12-01T18:30:00") else each
    return ""


def _when(interview: Interview, text: str) -> str:
    """Return the day of the week and the local time of an answer, and how long it is until then."""
    from runner.definitions.schedules.times import TimeProblem, instant, zone
    from runner.plan.time_text import duration_text

    here, match = _zone(interview), _LOCAL.fullmatch(text)
    if match is None:
        return ""
    written = f"{match['day']}T{match['time']}{match['seconds'] or ':00'}{(match['offset'] or '').upper()}"
    try:
        due = instant(written, here)
    except TimeProblem:
        return ""
    if due < interview.now:
        return ""
    return f"{due.astimezone(zone(here)):%a %Y-%m-%d %H:%M} in {here}, in {duration_text(due - interview.now)}"


def _recurring(cron: str, zone: str) -> dict[str, str]:
    return {"cron": cron, "timezone": zone}


def _ask_grace(interview: Interview) -> None:
    usual = str(interview.defaults.get("schedule", {}).get("grace", _DEFAULT_GRACE))
    given = interview.given.grace if interview.given.grace is not None or can_ask() else usual

    def take(text: str) -> None:
        if text != usual:
            interview.check(("schedule", "grace"), text)

    interview.dialogue.answer(Question("grace: how late it may still be sent", "--grace", usual), take, given=given)
