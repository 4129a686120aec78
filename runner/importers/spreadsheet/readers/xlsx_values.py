"""Write the value of a workbook's cell as the text that the spreadsheet shows; dates and times with the year first.

A value with its number format comes in. A text goes out, or UnreadableCell is raised: no format is guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from runner.definitions.suggest import quoted

_TOO_PRECISE = 10**15  # spreadsheets keep 15 digits of a number
_BRACKETS = re.compile(r"\[(?!h|m|s)[^\]]*\]", re.IGNORECASE)  # colours, conditions and languages; not [h]
_TOKEN = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|(?P<plain>[ ()+\-:/])|(?P<code>.)', re.DOTALL)
_DIGITS = re.compile(r"(?P<whole>#*0*)(?:\.(?P<decimals>0*)(?P<optional>#*))?\Z")
_GROUPED = re.compile(r"#,##(?P<whole>0)(?:\.(?P<decimals>0*)(?P<optional>))?\Z")


class UnreadableCell(ValueError):
    """A value that no text can be made of. `message` says what the cell contains."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class CellText:
    """The text of a cell; `remark` says where it differs from what the spreadsheet shows."""

    text: str
    remark: str = ""


def text_of_value(value: object, number_format: str) -> CellText:
    """Return the text of a value that openpyxl read. Raises UnreadableCell."""
    match value:
        case None:
            return CellText("")
        case bool():
            return CellText("TRUE" if value else "FALSE")
        case int() | float():
            return _number(value, number_format)
        case datetime() | date() | time() | timedelta():
            return _moment(value, number_format)
        case _:
            return CellText(str(value))


def _number(value: float, number_format: str) -> CellText:
    exact = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not exact.is_finite() or abs(exact) >= _TOO_PRECISE:
        message = f"the cell contains a number with more than 15 digits, {value:.15g}, of which a spreadsheet keeps 15"
        raise UnreadableCell(message, "Format the column as text, and type the number again.")
    first = number_format.split(";")[0]
    if first.casefold() in ("general", "@", "", "standard"):
        return CellText(_plain(exact.normalize() if exact else Decimal(0)))
    if first.endswith("%") and exact >= 0 and (percent := _pieces(first[:-1])) is not None:
        exact, (before, digits, behind) = exact * 100, percent
        if found := _DIGITS.match(digits):
            return CellText(f"{before}{_padded(exact, found)}{behind}%")
    pieces = _pieces(first)
    if pieces is not None and exact >= 0:
        before, digits, behind = pieces
        if found := _DIGITS.match(digits):
            return CellText(f"{before}{_padded(exact, found)}{behind}")
        if not before + behind and (found := _GROUPED.match(digits)):
            return CellText(_padded(exact, found), "numbers are written without the separators of thousands")
    elif pieces is not None and exact < 0 and ";" not in number_format and (found := _DIGITS.match(pieces[1])):
        return CellText(f"-{pieces[0]}{_padded(-exact, found)}{pieces[2]}")
    message = f"the cell contains the number {_plain(exact)} in the number format {quoted(number_format)}"
    hint = "Format the column as a plain number in the spreadsheet, or as text with all that is meant, like ₹500."
    raise UnreadableCell(message, hint)


def _plain(number: Decimal) -> str:
    """Write a number without an exponent, with at most 15 digits."""
    rounded = Decimal(f"{number:.15g}")
    return f"{rounded.normalize():f}" if rounded else "0"


def _pieces(section: str) -> tuple[str, str, str] | None:
    """Return the texts before and behind the digits of a number format, and its digits; None if it has others."""
    before, digits, behind = "", "", ""
    for token in _TOKEN.finditer(_BRACKETS.sub("", section)):
        code = token["code"]
        if code is not None:
            if code not in "0#.," or behind:
                return None
            digits += code
        else:
            text = token["quoted"] or token["escaped"] or token["plain"] or ""
            before, behind = (before, behind + text) if digits else (before + text, behind)
    return before, digits, behind.rstrip(" ")


def _padded(number: Decimal, found: re.Match[str]) -> str:
    decimals, optional = len(found["decimals"] or ""), len(found["optional"] or "")
    text = f"{number.quantize(Decimal(1).scaleb(-decimals - optional), ROUND_HALF_UP):f}"
    whole, _, fraction = text.partition(".")
    fraction = fraction[:decimals] + fraction[decimals:].rstrip("0")
    width = found["whole"].count("0")
    whole = "" if whole == "0" and not width else whole.zfill(width)
    return f"{whole}.{fraction}" if fraction else whole


def _moment(value: date | time | timedelta, number_format: str) -> CellText:
    """Return a date, a time or both, as the format shows them."""
    codes = _codes(number_format)
    has_time = bool(re.search("[hs]", codes))
    has_day = bool(re.search("[dy]", codes)) or ("m" in codes and not has_time)
    if isinstance(value, timedelta):
        return CellText(_clock(value, codes))
    if not (has_day or has_time):  # the format is not that of a date: the value shows what it is
        has_day = not isinstance(value, time)
        has_time = isinstance(value, time) or (isinstance(value, datetime) and value.time() != time())
    if isinstance(value, time):
        if has_day:
            message = "the cell contains a time without a date, in the format of a date"
            raise UnreadableCell(message, "Type the date again, with its year.")
        return CellText(_clock(timedelta(hours=value.hour, minutes=value.minute, seconds=value.second,
                                         microseconds=value.microsecond), codes))  # fmt: skip
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    moment = value + timedelta(microseconds=500_000)
    clock = _clock(timedelta(hours=moment.hour, minutes=moment.minute, seconds=moment.second), codes)
    if not has_day and has_time:
        return CellText(clock)
    return CellText(f"{moment:%Y-%m-%d} {clock}" if has_time else f"{moment:%Y-%m-%d}", _AS_DATE)


_AS_DATE = "dates are written with the year first, like 2026-12-01"


def _codes(number_format: str) -> str:
    section = _BRACKETS.sub("", number_format.split(";")[0])
    return "".join(token["code"] or "" for token in _TOKEN.finditer(section)).casefold().replace("am/pm", "h")


def _clock(length: timedelta, codes: str) -> str:
    seconds = round(length.total_seconds())
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return f"{text}:{seconds % 60:02}" if seconds % 60 or "s" in codes else text
