"""Find cells that a spreadsheet program damaged, and white space that nobody sees. Pure.

A text that is certainly not what was meant is an error, such as `#REF!`. A text that may be meant is a warning. Tables
of `for_each` and imported spreadsheets follow these rules. A cell stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from runner.definitions.characters import INVISIBLE
from runner.definitions.problem_codes import Code

# What Excel, LibreOffice and Google Sheets show in place of a result, in the languages in which they differ.
_ERROR_TEXTS = """
    #REF! #N/A #NAME? #VALUE! #DIV/0! #NUM! #NULL! #SPILL! #CALC! #FIELD! #BLOCKED! #UNKNOWN! #CONNECT! #BUSY!
    #EXTERNAL! #PYTHON! #TIMEOUT! #ERROR! #GETTING_DATA
    #BEZUG! #NV #WERT! #ZAHL! #ÜBERLAUF!
    #NOM? #VALEUR! #NOMBRE! #NUL! #PROPAGATION!
    #¡REF! #¿NOMBRE? #¡VALOR! #¡DIV/0! #¡NUM! #¡NULO! #N/D #¡DESBORDAMIENTO!
    #VALOR! #NOME? #NÚM! #NULO! #DESPEJAR!
    #RIF! #VALORE! #NULLO!
    #VERW! #N/B #NAAM? #WAARDE! #GETAL! #LEEG! #OVERLOOP!
    #ADR! #ARG! #LICZBA!
    #ДЕЛ/0! #ССЫЛКА! #ИМЯ? #ЗНАЧ! #ЧИСЛО! #Н/Д #ПУСТО!
"""
_ERRORS = frozenset(_ERROR_TEXTS.split())
_LIBRE_OFFICE_ERROR = re.compile(r"Err:5[0-9]{2}\Z")
_TOO_NARROW = re.compile(r"#{3,}\Z")
_FORMULA = re.compile(
    r"\{?=\s*[+-]?@?(?:\"|'.*'!|\$?[A-Z]{1,3}\$?[0-9]|[^\W\d][\w.]*[(\[]|\$?[^\W\d]\w*[!.]\$?[A-Z]|\[|[0-9.]+[-+*/][0-9(]|#REF!)"
    r"|(?-i:[+@][A-Z]{2,}[A-Z.]*\()",
    re.IGNORECASE,
)
_TEXT_FORMULA = re.compile(r"=\s*\"(.*)\"\Z", re.DOTALL)
_MARKED_AS_TEXT = re.compile(r"['\u2019]([+-]?[0-9][0-9.,/:+-]*)\Z")
_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE][+-][0-9]{2,3}\Z")  # programs write two digits or three
_MAYBE_SCIENTIFIC = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?[eE][+-]?[0-9]{1,3}\Z")
_WITH_DECIMAL = re.compile(r"[0-9]+\.0\Z")
_MISSING = frozenset(("nan", "NaN", "NaT", "<NA>", "undefined", "[object Object]"))
_LOST_LETTERS = re.compile(r"(?=.*\?\s*\?\s*\?)[?\s.,!-]+\Z", re.DOTALL)
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)"
_SHORT_DATE = re.compile(rf"(?:[0-3]?[0-9]-{_MONTH}(?:-[0-9]{{2}})?|{_MONTH}-[0-9]{{2}})\Z", re.IGNORECASE)
_SERIAL = re.compile(r"([3-6][0-9]{4})(?:[.,][0-9]+)?\Z")
_TIME_COLUMN = re.compile(r"(?:^|[^a-z])(?:at|date|day|time|when|starts|ends)\Z", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*\Z")
_TOTALS = frozenset(
    (
        "total",
        "totals",
        "grand total",
        "subtotal",
        "sub total",
        "sum",
        "count",
        "average",
        "summe",
        "gesamt",
        "कुल",
        "योग",
        "மொத்தம்",
    )
)
_FIRST_DAY = date(1899, 12, 30)  # day 0 of the serial numbers of spreadsheets, as they count since March 1900

TOTAL_ROW = (
    "the row seems to be a total below the table, and would be a bulletin like any other",
    "Remove the row, unless it is meant.",
)

# One search in all cells of a row, which most rows pass. What a rule below can find begins like this, or ends with
# white space; other characters are searched only in rows that are not ASCII. The literal at its beginning is fast.
_SEPARATOR = "\x1f"  # no cell can contain it
_SUSPICIOUS = re.compile(
    rf"{_SEPARATOR}(?:(?<=\s{_SEPARATOR})|\s|[#='\u2019]|\{{=|[+@][A-Z]{{2}}|<NA>|[.,!-]*\?"
    rf"|[+-]?[0-9](?:[.,][0-9]+)?[eE]|[0-9]+\.0{_SEPARATOR}"
    rf"|[nN]aN|nan|NaT|undefined|\[object|Err:5|[0-3]?[0-9]-[a-zA-Z]|(?i:{_MONTH})-[0-9]"
    rf"|[3-6][0-9]{{4}}[.,{_SEPARATOR}])"
)


@dataclass(frozen=True, slots=True)
class CellFault:
    """What is wrong with a cell: `message` continues "the cell 'show' …". Faults of one `kind` are alike."""

    code: Code
    message: str
    help: str
    kind: str


def suspicious_cells(columns: Iterable[str], cells: Iterable[str]) -> Iterator[tuple[int, CellFault]]:
    """Yield the number of each cell of a row that has a fault, and its fault. Fast for rows without any."""
    cells = tuple(cells)
    joined = f"{_SEPARATOR}{_SEPARATOR.join(cells)}{_SEPARATOR}"
    if _SUSPICIOUS.search(joined) is None and (
        joined.isascii() or ("\ufffd" not in joined and INVISIBLE.search(joined) is None)
    ):
        return
    for number, (column, cell) in enumerate(zip(columns, cells, strict=False)):
        if cell and (fault := cell_fault(column, cell)) is not None:
            yield number, fault


def cell_fault(column: str, cell: str) -> CellFault | None:
    """Return what is wrong with the text of a cell, the worst first; None if nothing is."""
    text = cell.strip()
    if not text:
        return None  # blank cells are empty for people
    return _damage(text) or _edges(cell, text) or _invisible(cell) or _rewritten(column, text)


def repeats_header(columns: Iterable[str], cells: Iterable[str]) -> bool:
    """Whether the cells hold the names of their columns, as in files joined one below the other.

    In a row of several cells, most of them have to: the other file may have one column with another name, and names
    may differ in case.
    """
    filled = same = 0
    is_exact = True
    for column, cell in zip(columns, cells, strict=False):
        if text := cell.strip():
            filled += 1
            is_exact = is_exact and text == column
            same += text == column or _folded(text) == _folded(column)
            if filled == 2 and not same:
                return False  # true for nearly all rows at once
    return (same > 1 and 2 * same > filled) or (filled == 1 and is_exact)


def _folded(name: str) -> str:
    return " ".join(name.casefold().replace("_", " ").split())


def is_total(cells: Iterable[str]) -> bool:
    """Whether a row begins with a word such as Total, and holds besides only numbers: a sum below the table."""
    filled = [text for text in map(str.strip, cells) if text]
    return bool(filled) and filled[0].rstrip(":").casefold() in _TOTALS and all(map(_NUMBER.match, filled[1:]))


def _damage(text: str) -> CellFault | None:
    """Return the fault of a text that nobody can have meant."""
    if text in _ERRORS or _LIBRE_OFFICE_ERROR.match(text):
        return _damaged(text, "is an error of the spreadsheet, and no value", "Correct the formula in the spreadsheet.")
    if _TOO_NARROW.match(text):
        help_text = "Make the column wider in the spreadsheet, and save the table again."
        return _damaged(text, "is what a spreadsheet shows in a column that is too narrow", help_text)
    if found := _TEXT_FORMULA.match(text):
        return _damaged(text, "is a formula, and no value", f"Write only the value, like {found[1]}.")
    if _FORMULA.match(text):
        return _damaged(text, "is a formula, and no value", "Save the results of the formulas, not the formulas.")
    if found := _MARKED_AS_TEXT.match(text):
        message = "begins with the apostrophe by which a spreadsheet marks a text"
        return _damaged(text, message, f"Write the value without it, like {found[1]}.")
    if _SCIENTIFIC.match(text):
        help_text = "Format the column as text in the spreadsheet, and enter the numbers again: digits were lost."
        return _damaged(text, "is a long number that the spreadsheet has shortened", help_text)
    if "\ufffd" in text:
        message = "contains U+FFFD, which a program wrote in place of a letter that it could not read"
        return _damaged(text, message, "Save the table as CSV UTF-8 from the original.")
    return None


def _damaged(text: str, message: str, help_text: str) -> CellFault:
    return CellFault(Code.CELL_DAMAGED, f"contains {_shown(text)}, which {message}", help_text, message)


def _edges(cell: str, text: str) -> CellFault | None:
    if cell == text:
        return None
    edges = cell[: len(cell) - len(cell.lstrip())] + cell[len(cell.rstrip()) :]
    what = _edge_name(edges)
    if what != "a space" and _NUMBER.match(text):
        # No program and no person writes it on purpose, and CleverTap would look for a number with that character.
        message = f"contains {_shown(cell)}, a number with {what} at its edge"
        return CellFault(Code.CELL_DAMAGED, message, f"Write only the number, like {text}.", what)
    message = f"begins or ends with {what}: {_shown(cell)}"
    return CellFault(Code.CELL_WHITE_SPACE, message, "Remove it, unless it is meant: the value is sent as it is.", what)


def _edge_name(edges: str) -> str:
    if "\n" in edges or "\r" in edges:
        return "a line break"
    if "\u00a0" in edges or "\u202f" in edges:
        return "a no-break space"
    if "\t" in edges:
        return "a tab"
    return "a space" if edges.strip(" ") == "" else "white space that is no ordinary space"


def _invisible(cell: str) -> CellFault | None:
    if cell.isascii() or (found := INVISIBLE.search(cell)) is None:
        return None
    message = f"contains an invisible character, U+{ord(found[0][0]):04X}: {_shown(cell)}"
    help_text = "Remove it, unless it is meant: the value is sent as it is."
    return CellFault(Code.INVISIBLE_CHARACTER, message, help_text, "invisible")


def _rewritten(column: str, text: str) -> CellFault | None:
    """Return the fault of a text that a program may have written in place of what was meant."""
    if _SHORT_DATE.match(text):
        message = "may be a date that the spreadsheet made of something else"
        return _suspected(text, message, "Format the column as text in the spreadsheet, and enter the value again.")
    if (found := _SERIAL.match(text)) and _TIME_COLUMN.search(column):
        day = _FIRST_DAY + timedelta(days=int(found[1]))
        message = f"may be the number by which a spreadsheet stores the day {day}"
        return _suspected(text, message, "Format the column as a date with the year first, like 2026-12-01.")
    if _MAYBE_SCIENTIFIC.match(text):
        message = "may be a long number that the spreadsheet has shortened"
        return _suspected(text, message, "Format the column as text in the spreadsheet, and enter the number again.")
    if _WITH_DECIMAL.match(text):
        message = "may be a whole number to which a program has added .0"
        return _suspected(text, message, f"If it is, write the number without it, like {text[:-2]}.")
    if text in _MISSING:
        return _suspected(text, "is what programs write for a missing value", "If nothing is meant, empty the cell.")
    if _LOST_LETTERS.match(text):
        message = "may be a text whose letters were lost when the table was not saved as UTF-8"
        return _suspected(text, message, "Save the table as CSV UTF-8 from the original.")
    return None


def _suspected(text: str, message: str, help_text: str) -> CellFault:
    return CellFault(Code.CELL_REWRITTEN, f"contains {_shown(text)}, which {message}", help_text, message)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "…")
