"""Advise what to write for a field of a cron expression that can't be read: one function for each usual mistake. Pure.

In: the field and all five fields. Out: advice, or an empty text if the mistake is not a usual one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from runner.definitions.schedules.cron_fields import DAY, HOUR, MINUTE, MONTH, WEEKDAY, CronField, items_of
from runner.definitions.suggest import did_you_mean

_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})\Z")
_HALF = re.compile(r"([0-9]{1,2})([AP])M\Z")
_OTHER_COMMA = re.compile(r"[;|+&]")
_DAYS = {"WEEKDAY": "MON-FRI", "WEEKDAYS": "MON-FRI", "WEEKEND": "SAT,SUN", "WEEKENDS": "SAT,SUN", "DAILY": "*"}
_WORD = re.compile(r"[A-Z]{2,}")
_LAST = re.compile(r"L?(SUN|MON|TUE|WED|THU|FRI|SAT)L?\Z|L-?([0-7])\Z")


def advice(text: str, field: CronField, fields: Sequence[str]) -> str:
    """Return what to write instead of a field; empty if only the list of what it takes helps."""
    whole = text.upper()
    return next(filter(None, (each(whole, field, fields) for each in _MISTAKES)), "")


def _clock(text: str, _: CronField, fields: Sequence[str]) -> str:
    found = _CLOCK.match(text)
    return f"Minute and hour are two fields: write {int(found[2])} {int(found[1])} * * *." if found else ""


def _with_half(text: str, field: CronField, _: Sequence[str]) -> str:
    """The hour is written with am or pm."""
    found = _HALF.match(text) if field is HOUR else None
    if found is None or not 1 <= int(found[1]) <= 12:
        return ""
    return f"Write {int(found[1]) % 12 + (12 if found[2] == 'P' else 0)}: hours are counted from 0 to 23."


def _other_list(text: str, field: CronField, _: Sequence[str]) -> str:
    """Values are separated by another sign than a comma: FRI;SAT, FRI|SAT."""
    written = _OTHER_COMMA.sub(",", text)
    return f"Separate the values with commas: write {written}." if _is_list(written, text, field) else ""


def _is_list(written: str, text: str, field: CronField) -> bool:
    return written != text and all(next(items_of(each, field), None) is not None for each in written.split(","))


def _days_in_words(text: str, field: CronField, _: Sequence[str]) -> str:
    return f"Write {_DAYS[text]}." if field is WEEKDAY and text in _DAYS else ""


def _exchanged(text: str, field: CronField, fields: Sequence[str]) -> str:
    """The hour is written before the minute: 18 30 for half past six."""
    if field is not HOUR or not (text.isdecimal() and fields[0].isdecimal()):
        return ""
    if int(text) > MINUTE.high or int(fields[0]) > HOUR.high:
        return ""
    return f"The minute comes first: write {text} {fields[0]} {' '.join(fields[2:])}."


def _midnight(text: str, field: CronField, _: Sequence[str]) -> str:
    return "Write 0 for midnight." if field is HOUR and text == "24" else ""


def _over_the_end(text: str, field: CronField, _: Sequence[str]) -> str:
    """A range goes over the end of its field: FRI-MON, 22-2."""
    written = []
    for each in text.split(","):
        item = next(items_of(each, field), None)
        if item is None:
            return ""
        is_over = item.is_range and item.last < item.first
        written.append(_without_range(item.values, field, by_name=item.is_named) if is_over else each)
    return "" if written == text.split(",") else f"A range can't go over its end: write {','.join(written)}."


def _without_range(values: Sequence[int], field: CronField, *, by_name: bool) -> str:
    """Return values over the end of a field as two ranges, or as a list."""
    if len(values) == field.size:
        return "*"
    parts = [[value for value in values if value >= values[0]], [value for value in values if value < values[0]]]
    is_plain = all(part[-1] - part[0] + 1 == len(part) for part in parts if part)
    if by_name or not is_plain:
        return ",".join(field.written(value, by_name=by_name) for value in values)
    return ",".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts if part)


def _name(text: str, field: CronField, _: Sequence[str]) -> str:
    """A name of a day or a month is written out, misspelt, or in another field."""
    fixed, wrong = text, False
    for word in _WORD.findall(text):
        if word in field.names:
            continue
        if word[:3] in field.names:
            fixed, wrong = fixed.replace(word, word[:3]), True
        elif word in (other := WEEKDAY if field is not WEEKDAY else MONTH).names:
            return f"{word} is a {other.name}: write it in the {'fifth' if other is WEEKDAY else 'fourth'} field."
    if wrong:
        return f"Write {fixed}." if next(items_of(fixed, field), None) else ""
    return ""


def _last(text: str, field: CronField, _: Sequence[str]) -> str:
    found = _LAST.match(text)
    if field is not WEEKDAY or found is None:
        return "Write 6 or SAT for Saturday, or L as the day of month." if field is WEEKDAY and text == "L" else ""
    number = WEEKDAY.names.index(found[1]) if found[1] else int(found[2])
    return f"Write {number}L for the last {WEEKDAY.names[number % 7]} of the month."


def _of_other_programs(text: str, field: CronField, _: Sequence[str]) -> str:
    if text == "?":
        return "Write * instead of ?."
    if field is DAY and "W" in text:
        return "Write LW for the last weekday of the month. The weekday next to a date can't be written in a cron."
    if field is DAY and text.startswith("L-"):
        return "Write L for the last day. Days before the last can't be written in a cron."
    if text.startswith("H") or "~" in text:
        return "A random value is not supported: write the value itself."
    return ""


def _similar_name(text: str, field: CronField, _: Sequence[str]) -> str:
    return did_you_mean(text, field.names) if text.isalpha() else ""


_MISTAKES: tuple[Callable[[str, CronField, Sequence[str]], str], ...] = (
    _clock,
    _with_half,
    _other_list,
    _days_in_words,
    _midnight,
    _exchanged,
    _over_the_end,
    _of_other_programs,
    _last,
    _name,
    _similar_name,
)
