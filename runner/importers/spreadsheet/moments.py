"""Read dates and times as people write them in spreadsheets: `02/12/2026`, `2 Dec 2026`, `9pm`, `20.30`.

Text comes in; a `Moment` goes out, or TimeProblem is raised. Nothing is guessed: a date that begins with a day or a
month needs an order, and a year has four digits.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from runner.definitions.schedules.times import TimeProblem
from runner.definitions.suggest import quoted
from runner.importers.spreadsheet.unreadable_moments import described


class DateOrder(StrEnum):
    """What comes first in a date such as 02/12/2026. The values are the options that choose it."""

    DAY_FIRST = "--day-first"
    MONTH_FIRST = "--month-first"


@dataclass(frozen=True, slots=True)
class Moment:
    """The parts of a date and time that a cell contains. The offset is `Z`, `+05:30` or empty."""

    day: date | None = None
    time: time | None = None
    offset: str = ""


_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAY = r"(?:(?P<weekday>mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|[a-z]+day)\.?,?\s+)?"
_END = r"(?![0-9])"
_YEAR_FIRST = re.compile(
    _WEEKDAY + r"(?P<year>[0-9]{4})([-/.])(?P<month>[0-9]{1,2})\3(?P<day>[0-9]{1,2})" + _END, re.IGNORECASE
)
_YEAR_LAST = re.compile(
    _WEEKDAY + r"(?P<first>[0-9]{1,2})\s?([-/.])\s?(?P<second>[0-9]{1,2})\s?\3\s?(?P<year>[0-9]{4})" + _END,
    re.IGNORECASE,
)
_SHORT_YEAR = re.compile(
    _WEEKDAY + r"[0-9]{1,2}([-/. ]\s?)(?:[0-9]{1,2}|[a-z]{3,9})\.?\2'?[0-9]{2}" + _END, re.IGNORECASE
)
_MONTH_SECOND = re.compile(
    _WEEKDAY
    + r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?[\s./-]*(?:of\s+)?(?P<name>[a-z]{3,9})[\s.,/-]*(?P<year>[0-9]{4})"
    + _END,
    re.IGNORECASE,
)
_MONTH_NAMED_FIRST = re.compile(
    _WEEKDAY + r"(?P<name>[a-z]{3,9})[\s.-]*(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?[\s.,-]+(?P<year>[0-9]{4})" + _END,
    re.IGNORECASE,
)
_NAMED = (_MONTH_SECOND, _MONTH_NAMED_FIRST)
_BETWEEN = re.compile(r"(?:t(?=[0-9])|\s*[-–@|]\s+|[,;]?\s+(?:at\s+)?)", re.IGNORECASE)
_TIME = re.compile(
    r"(?P<hour>[0-9]{1,2})(?:[:.h](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})(?:[.,]0+)?)?)?"
    r"\s*(?P<half>[ap]\.?\s?m\.?(?![a-z]))?(?P<hours>\s*(?:hrs?|hours|h|uhr)\b\.?)?",
    re.IGNORECASE,
)
_OFFSET = re.compile(
    r"\s*(?:(?P<utc>Z|UTC|GMT)|(?:UTC|GMT)?\s?(?P<sign>[+-])(?P<hour>[0-9]{1,2})(?::?(?P<minute>[0-9]{2}))?)?\Z",
    re.IGNORECASE,
)
_ZONE_NAME = re.compile(r"\s*\(?[A-Z]{2,5}(?:/[A-Z]{2,5})*\)?\Z")
# Other ways of writing the same, which are rewritten before a cell is read.
_NOON = re.compile(r"\b(?:12\s?)?noon\b", re.IGNORECASE)
_HOURS_WITHOUT_COLON = re.compile(r"(?<![0-9])([0-9]{2})([0-9]{2})(?=\s?(?:hrs?|hours|h)\b)", re.IGNORECASE)
_COMPACT_DAY = re.compile(r"(20[0-9]{2})([01][0-9])([0-3][0-9])(?:(?=\Z|\s)|T(?=[0-9]{4}))")
_COMPACT_TIME = re.compile(r"(?<=-[0-9]{2}T)([0-9]{2})([0-9]{2})([0-9]{2})?(?![0-9:])")
_WEEKDAY_BEHIND = re.compile(
    r"(?P<day>[^(]*[0-9])[\s,]\s?\(?(?P<weekday>(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*)\)?(?P<behind>(?:[\s,].*)?)\Z",
    re.IGNORECASE,
)
_TIME_BEFORE = re.compile(
    r"(?P<time>[0-9]{1,2}(?:[:.][0-9]{2}){0,2}\s?(?:[ap]\.?\s?m\.?)?)(?:,|\s-)?\s(?:on\s)?(?P<day>\D*[0-9].*[0-9]{4}|[0-9]{4}\D.*)\Z",
    re.IGNORECASE,
)
_EXAMPLE = "Write the day like 2026-12-01, and the time like 18:30."


def read_moment(text: str, order: DateOrder | None = None) -> Moment:
    """Return the date, the time, or both that a cell contains. Raises TimeProblem."""
    plain = _plain(text)
    day, end = _read_day(plain, text, order)
    if day is None:
        return _read_time(plain, text, None)
    if end == len(plain):
        return Moment(day)
    between = _BETWEEN.match(plain, end)
    return _read_time(plain[between.end() :] if between else plain[end:] + "?", text, day)


def numbers_of_day_and_month(text: str) -> tuple[int, int] | None:
    """Return the first two numbers of a date such as 02/12/2026, whose order is unknown; None for any other text."""
    found = _YEAR_LAST.match(_plain(text))
    return None if found is None else (int(found["first"]), int(found["second"]))


def month_name(number: int) -> str:
    """Return the English name of a month, counted from 1."""
    return _MONTHS[number - 1].capitalize()


def _plain(text: str) -> str:
    """Write a cell in the usual way: digits 0 to 9, single spaces, the date before the time, the weekday first."""
    digits = "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in text)
    plain = " ".join(unicodedata.normalize("NFKC", digits).split())
    plain = _HOURS_WITHOUT_COLON.sub(r"\1:\2", _NOON.sub("12:00", plain))
    if found := _COMPACT_DAY.match(plain):
        plain = f"{found[1]}-{found[2]}-{found[3]}{plain[8:]}"
        plain = _COMPACT_TIME.sub(lambda time_: ":".join(filter(None, time_.groups())), plain)
    if (found := _TIME_BEFORE.match(plain)) and (":" in found["time"] or found["time"][-1] in "mM."):
        plain = f"{found['day']} {found['time']}"
    if found := _WEEKDAY_BEHIND.match(plain):
        plain = f"{found['weekday']} {found['day']}{found['behind']}"
    return plain


def _read_day(plain: str, text: str, order: DateOrder | None) -> tuple[date | None, int]:
    """Return the date at the beginning of the text, and where it ends."""
    if found := _YEAR_FIRST.match(plain):
        day = _day(int(found["year"]), int(found["month"]), int(found["day"]), text)
        return _checked_weekday(day, found["weekday"], text), found.end()
    if found := _YEAR_LAST.match(plain):
        first, second = int(found["first"]), int(found["second"])
        if order is None and first != second:
            message = f"{quoted(text)} begins with a day or a month, and it is unclear which"
            raise TimeProblem(message, "Give --day-first or --month-first.")
        month, number = (first, second) if order is DateOrder.MONTH_FIRST else (second, first)
        day = _day(int(found["year"]), month, number, text, order)
        return _checked_weekday(day, found["weekday"], text), found.end()
    for pattern in _NAMED:
        if (found := pattern.match(plain)) and (named := _month(found["name"])):
            day = _day(int(found["year"]), named, int(found["day"]), text)
            return _checked_weekday(day, found["weekday"], text), found.end()
    if _SHORT_YEAR.match(plain):
        message = f"{quoted(text)} has a year of two digits, which could also be a day"
        raise TimeProblem(message, "Format the column with four digits for the year, like 2026-12-01.")
    return None, 0


def _month(name: str) -> int | None:
    folded = name.casefold()
    fitting = [number for number, month in enumerate(_MONTHS, start=1) if folded in (month, month[:3])]
    return fitting[0] if fitting else 9 if folded == "sept" else None


def _day(year: int, month: int, number: int, text: str, order: DateOrder | None = None) -> date:
    said = f" with {order}" if order else ""
    if not 2000 <= year < 2200:
        raise TimeProblem(f"{quoted(text)} is not between the years 2000 and 2199", _EXAMPLE)
    if not 1 <= month <= 12:
        raise TimeProblem(f"{quoted(text)} does not exist{said}: the month would be {month}", _EXAMPLE)
    try:
        return date(year, month, number)
    except ValueError:
        message = f"{quoted(text)} does not exist{said}: {month_name(month)} {year} has no day {number}"
        raise TimeProblem(message, _EXAMPLE) from None


def _checked_weekday(day: date, weekday: str | None, text: str) -> date:
    """Return the day. Raises TimeProblem if the text names another day of the week."""
    if weekday:
        actual = _WEEKDAYS[day.weekday()]
        if actual[:3] != weekday[:3].casefold():
            raise TimeProblem(f"{quoted(text)} is a {actual.capitalize()}", "Correct the day of the week or the date.")
    return day


def _read_time(plain: str, text: str, day: date | None) -> Moment:
    found = _TIME.match(plain)
    if found is None or not (found["minute"] or found["half"] or found["hours"]):
        what = "time of day" if day else "date or time"
        raise TimeProblem(*described(quoted(text), plain, f"contains no {what} that can be read", _EXAMPLE))
    offset = _OFFSET.match(plain, found.end())
    if offset is None:
        if _ZONE_NAME.match(plain, found.end()):
            message = f"{quoted(text)} ends with the short name of a time zone, which can mean several zones"
            raise TimeProblem(message, "Remove it, and give --timezone with a name like Asia/Kolkata.")
        raise TimeProblem(*described(quoted(text), plain, "contains more than a date and a time", _EXAMPLE))
    if _may_be_two_times(found, offset, text) or re.fullmatch(r"0?\.[0-9]+", plain):
        raise TimeProblem(*described(quoted(text), plain, "contains more than a date and a time", _EXAMPLE))
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if found["half"]:
        if not 1 <= hour <= 12:
            raise TimeProblem(f"{quoted(text)} does not exist: an hour with am or pm is between 1 and 12", _EXAMPLE)
        hour = hour % 12 + (12 if found["half"][0] in "pP" else 0)
    if hour > 23 or minute > 59 or second > 59:
        message = f"does not exist: a day has no time {found[0].strip()}"
        raise TimeProblem(*described(quoted(text), found[0].strip(), message, _EXAMPLE))
    return Moment(day, time(hour, minute, second), _offset(offset))


def _may_be_two_times(found: re.Match[str], offset: re.Match[str], text: str) -> bool:
    """Whether `20:00-09:00` may be a slot of a programme. With T, UTC, GMT or seconds, it has an offset."""
    is_offset = found["second"] or re.search("[0-9]T[0-9]|UTC|GMT", text, re.IGNORECASE)
    return offset["sign"] == "-" and not is_offset


def _offset(found: re.Match[str]) -> str:
    if found["utc"]:
        return "Z"
    return f"{found['sign']}{int(found['hour']):02}:{found['minute'] or '00'}" if found["sign"] else ""
