"""Say what is missing in a time, duration or time zone that can't be used, and how to write it. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from runner.definitions.suggest import did_you_mean, listed

EXAMPLE = "2026-12-01T18:30:00+05:30"
_LOOSE = re.compile(
    r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
    r"(?:(?P<between>[Tt]| *[, ] *)(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
    r" *(?P<half>[ap]\.?m\.?)?"
    r" *(?P<offset>[A-Za-z]{1,5}|[+-]\d{1,2}(?::?\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
_YEAR_LAST = re.compile(
    r"(?:(?P<one>\d{1,2})(?:st|nd|rd|th)?[-/. ](?P<two>\d{1,2}|[A-Za-z]{3,9})"
    r"|(?P<month>[A-Za-z]{3,9})[. ]+(?P<day>\d{1,2})(?:st|nd|rd|th)?)"
    r"[-/., ]+(?P<year>\d{4}|\d{2})(?:\b|(?=[Tt]))[ ,]*(?:at +)?",
    re.ASCII,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME_ONLY = re.compile(r"\d{1,2}[:.]\d{2}(:\d{2})?( *[ap]m)?", re.ASCII | re.IGNORECASE)
_PART_OF_DURATION = re.compile(r"(\d+(?:[.,]\d+)?) *([A-Za-z]*)[ ,]*(?:and +)?", re.ASCII)
_UNITS = {
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3_600),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
}
_MOST_SECONDS = 3650 * 86_400
# Abbreviations and older names that people use for the zones of CleverTap's regions and of their neighbours.
_COMMON_ZONES = {
    "IST": "Asia/Kolkata",
    "INDIA": "Asia/Kolkata",
    "SGT": "Asia/Singapore",
    "WIB": "Asia/Jakarta",
    "GST": "Asia/Dubai",
    "CET": "Europe/Berlin",
    "CEST": "Europe/Berlin",
    "BST": "Europe/London",
    "EDT": "America/New_York",
    "ET": "America/New_York",
    "PST": "America/Los_Angeles",
    "PDT": "America/Los_Angeles",
    "PT": "America/Los_Angeles",
    "BOMBAY": "Asia/Kolkata",
    "MUMBAI": "Asia/Kolkata",
    "DELHI": "Asia/Kolkata",
}


def time_fault(text: str, timezone: str | None) -> tuple[str, str]:
    """Return what is wrong with a text that is not a complete time, and what to write. `timezone`: of the schedule."""
    match = _LOOSE.fullmatch(text.strip())
    if match is None or not 1 <= int(match["month"]) <= 12 or not 1 <= int(match["day"]) <= 31:
        if _TIME_ONLY.fullmatch(text.strip()):
            return f"{text!r} is a time without a date", f"Write it like {EXAMPLE}."
        if (year_last := _YEAR_LAST.match(text.strip())) is not None:
            return f"{text!r} does not begin with the year", _with_year_first(year_last, timezone)
        return f"{text!r} is not a date with a time", f"Write it like {EXAMPLE}."
    day = f"{match['year']}-{int(match['month']):02}-{int(match['day']):02}"
    if match["hour"] is None:
        return (
            f"{text!r} is a date without a time",
            f"Write the time too, like {day}T18:30:00{'' if timezone else '+05:30'}.",
        )
    local, offset = _local(match), _offset(match["offset"] or "")
    if match["offset"] and not offset:
        message = f"{text!r} ends with {match['offset']}, where the offset from UTC is needed"
    else:
        message = f"{text!r} {_said([*_faults(match), *([] if offset or timezone else ['the offset from UTC'])])}"
    if offset:
        return message, f"Write {local}{offset}."
    if timezone:
        return message, f"Write {local}, which is then a time in {timezone}."
    india = f"For a time in India, write {local}+05:30."
    return message, f"{india} For another place, write its offset from UTC in place of +05:30."


def _local(match: re.Match[str]) -> str:
    """Return date and time as they have to be written, without the offset."""
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower().startswith("p") else 0)
    day = f"{match['year']}-{int(match['month']):02}-{int(match['day']):02}"
    return f"{day}T{hour:02}:{match['minute'] or '00'}:{match['second'] or '00'}"


def _with_year_first(found: re.Match[str], timezone: str | None) -> str:
    """Return what to write in place of a time whose date ends with the year: both readings if the date has two."""
    rest = found.string[found.end() :]
    read = []
    for day, month in dict.fromkeys(_days_and_months(found)):
        written = _LOOSE.fullmatch(f"{found['year']}-{month}-{day} {rest}".strip().replace(" T", "T"))
        if 1 <= month <= 12 and 1 <= day <= 31 and written is not None:
            read.append((day, written))
    if len(read) == 1:
        return time_fault(read[0][1][0], timezone)[1]
    if not read or any(written["hour"] is None for _, written in read):
        return f"Write year, month and day in this order, like {EXAMPLE}."
    (one, first), (two, second) = read
    end = _offset(first["offset"] or "") or ("" if timezone else "+05:30")
    where = " With +05:30 at the end, it is a time in India." if not timezone and not first["offset"] else ""
    return f"If the day is {one}, write {_local(first)}{end}. If the day is {two}, write {_local(second)}{end}.{where}"


def _days_and_months(found: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Yield what the day and the month can be; a name of a month leaves one reading."""
    one, two = (found["day"], found["month"]) if found["month"] else (found["one"], found["two"])
    if two.isdecimal():
        yield int(one), int(two)
        yield int(two), int(one)
    elif two[:3].lower() in _MONTHS:
        yield int(one), _MONTHS.index(two[:3].lower()) + 1


def _faults(match: re.Match[str]) -> list[str]:
    """Return which parts of the time are missing."""
    found = []
    if match["between"].upper() != "T":
        found.append("the T between date and time")
    if match["second"] is None:
        found.append("the seconds" if match["minute"] else "the minutes and seconds")
    return found


def _said(missing: list[str]) -> str:
    return f"lacks {listed(missing)}" if missing else "is not written as a date and a time"


def _offset(text: str) -> str:
    """Return an offset as it has to be written; empty if the text is none."""
    if text.upper() in ("Z", "UTC", "GMT"):
        return "Z"
    if not text or text[0] not in "+-":
        return ""
    digits = text[1:].replace(":", "")
    hours, minutes = (digits, "00") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    return f"{text[0]}{int(hours):02}:{minutes}"


def written_duration(length: timedelta) -> str:
    """Write a length of time, in whole seconds, the way definitions do: `1d12h`."""
    text, seconds = "", int(length.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        text += f"{count}{unit}" if count else ""
    return text


def duration_hint(text: str) -> str:
    """Return how to write a duration that can't be read, from the numbers and units in it if there are any."""
    example = "Write it like 30m, 2h or 1d12h."
    parts = list(_PART_OF_DURATION.finditer(text.strip()))
    if not parts or "".join(each[0] for each in parts) != text.strip() or len(text) > 40:
        return example
    if len(parts) == 1 and not parts[0][2]:
        return f"Write the unit too: {parts[0][1]}m for minutes, {parts[0][1]}h for hours."
    seconds = 0.0
    for number, unit in (each.groups() for each in parts):
        if unit.lower() not in _UNITS:
            return example
        seconds += float(number.replace(",", ".")) * _UNITS[unit.lower()]
    written = written_duration(timedelta(seconds=round(min(seconds, _MOST_SECONDS))))
    return f"Write {written}." if written else example


def zone_hint(name: str, known: frozenset[str]) -> str:
    """Return which time zone is meant by an unknown name, or an example."""
    example = "Write it like Asia/Kolkata or Europe/Berlin."
    if re.fullmatch(r"(UTC|GMT)?[+-]?\d{1,2}(:?\d{2})?", name, re.ASCII):
        return f"An offset is written behind the time, like {EXAMPLE}; a time zone is a name, like Asia/Kolkata."
    folded = name.upper().replace(" ", "_").rpartition("/")[2]
    if (meant := _COMMON_ZONES.get(folded)) is not None:
        return f"Write {meant}{' for India' if meant == 'Asia/Kolkata' else ''}."
    of_city = sorted(zone for zone in known if zone.upper().rpartition("/")[2] == folded)
    if of_city:
        return f"Write {of_city[0]}."
    return did_you_mean(name, sorted(known)) or example
