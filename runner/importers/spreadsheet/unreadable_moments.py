"""Advise what to write for a cell that contains no date and time that can be read: one entry for each usual mistake.

In: the text of the cell with plain digits and spaces. Out: a message that continues "'20.3' …", and advice. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

Advice = tuple[str, str]

FORMAT_WITH_YEAR = "Format the column in the spreadsheet with the year first, like 2026-12-01, and save it again."
_ZERO = datetime(1899, 12, 30)  # day 0 of the numbers by which spreadsheets store days since March 1900
_CLOCK = r"[0-9]{1,2}(?:[:.][0-9]{2})?\s?(?:[ap]\.?m\.?)?"
_MONTH = r"[0-9]{1,2}(?:st|nd|rd|th)?[\s.-]*[a-z]{3,9}|[a-z]{3,9}[\s.-]*[0-9]{1,2}|[0-9]{1,2}[/.-][0-9]{1,2}\.?"
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY_AND_MONTH = (
    rf"[0-9]{{1,2}}(?:st|nd|rd|th)?[\s.-]*{_MONTH}|{_MONTH}[\s.-]*[0-9]{{1,2}}|[0-9]{{1,2}}[/.-][0-9]{{1,2}}\.?"
)
_MIDNIGHT = "Write 00:00 with the date of the day that begins, or 23:59 with the date of the day that ends."


def advice(plain: str) -> Advice | None:
    """Return what is wrong with a text and what to write, if it is a usual mistake; else None."""
    for pattern, explain in _MISTAKES:
        if (found := pattern.search(plain)) and (said := explain(found)) is not None:
            return said
    return None


def _stored_day(found: re.Match[str]) -> Advice:
    moment = _ZERO + timedelta(seconds=round(float(found[0].replace(",", ".")) * 86_400))
    shown = f"{moment:%Y-%m-%d %H:%M}" if found["part"] else f"{moment:%Y-%m-%d}"
    return f"is the number by which a spreadsheet stores {shown}", FORMAT_WITH_YEAR


def _stored_time(found: re.Match[str]) -> Advice:
    moment = _ZERO + timedelta(seconds=round(float(found[0].replace(",", ".")) * 86_400))
    message = f"may be the number by which a spreadsheet stores the time {moment:%H:%M}"
    return message, "Format the column in the spreadsheet as a time, like 18:30, and save it again."


def _lost_zero(found: re.Match[str]) -> Advice | None:
    hour, minute = int(found[1]), int(found[2]) * 10
    if hour > 23 or minute > 59:
        return None
    return "has one digit for the minutes; a spreadsheet removes a zero at the end", f"Write {hour:02}:{minute:02}."


def _other_sign(found: re.Match[str]) -> Advice:
    return "is not a time of day", f"Write a colon between hours and minutes: {found[1]}:{found[2]}{found[3] or ''}."


def _only_hour(found: re.Match[str]) -> Advice | None:
    hour = int(found[0])
    return ("is only a number", f"Write {hour:02}:00 if it is the hour.") if hour < 24 else None


def _no_colon(found: re.Match[str]) -> Advice | None:
    hour, minute = int(found[1]), int(found[2])
    if hour > 23 or minute > 59:
        return None
    return "is only a number", f"Write {hour:02}:{minute:02} if it is a time of day."


_UNIX = "is a count of seconds since 1970, which nobody can check by eye"
_TWO_TIMES = "has two times, or one with an unclear offset", "Write only the time of sending, like 18:30."
_WORD = "has a month, or the word of a day, that can't be read"
_IN_ENGLISH = "Write the month as a number or with its English name, like 2 Dec 2026."


def _zone(found: re.Match[str]) -> Advice:
    help_text = f"Write {found[0]} in a column timezone, or give --timezone {found[0]}. Leave only date and time here."
    return "ends with a time zone", help_text


_MISTAKES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Advice | None]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), explain)
    for pattern, explain in (
        (r"\A[3-6][0-9]{4}(?P<part>[.,][0-9]+)?\Z", _stored_day),
        (r"\A0?[.,][0-9]+\Z", _stored_time),
        (r"\A(?:[0-9]{10}|[0-9]{13})\Z", lambda _: (_UNIX, FORMAT_WITH_YEAR)),
        (r"midnight|\b24[:.]00", lambda _: ("is ambiguous: a day begins at midnight, and ends at midnight", _MIDNIGHT)),
        (rf"(?=.*[:.apm]){_CLOCK}\s*(?:-|–|—|to|till|until)\s*{_CLOCK}\Z", lambda _: _TWO_TIMES),
        (r"\A([0-9]{1,2})[.,]([0-9])\Z", _lost_zero),
        (r"\A([0-9]{1,2})[,;]([0-9]{2})(\s?[ap]m)?\Z", _other_sign),
        (r"\A[0-9]{1,2}\Z", _only_hour),
        (r"\A([0-9]{1,2})([0-9]{2})\Z", _no_colon),
        (r"[A-Z][a-z]+/[A-Z][A-Za-z_]+", _zone),
        (rf"\A(?:[a-z]{{3,9}},?\s)?(?:{_DAY_AND_MONTH})(?:\s[^0-9].*)?\Z", lambda _: ("has no year", FORMAT_WITH_YEAR)),
        (
            r"\A(?:[^\W\d]+\.?,?\s)?[0-9]{1,2}[\s./-]*[^\W\d][^\d/]*[\s./-]'?[0-9]{2,4}\b",
            lambda _: (_WORD, _IN_ENGLISH),
        ),
    )
)


def described(text: str, plain: str, otherwise: str, example: str) -> Advice:
    """Return the whole message about a text that can't be read, and advice; `otherwise` if its mistake is unknown."""
    found = advice(plain)
    return (f"{text} {found[0]}", found[1]) if found else (f"{text} {otherwise}", example)
