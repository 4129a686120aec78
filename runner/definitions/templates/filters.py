"""The filters of templates: `{{ row.show | slug }}`. Text in, text out; each takes and gives a bounded text.

A cell that a filter cannot take raises `CellRefused`, which says why and what to write.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, Flag, auto
from typing import Any

from jinja2.filters import do_title
from jinja2.runtime import Undefined

from runner.definitions.suggest import quoted

MAX_CHARACTERS = 65_536  # of a cell, and of a text that is filled in
MAX_FILTERED = 1_024  # what a filter takes and gives: values of the API have 512 bytes

_WHOLE = re.compile(r"-?[0-9]{1,18}\Z")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


class Kind(Flag):
    """What an expression may give."""

    TEXT = auto()
    NUMBER = auto()
    TRUTH = auto()


class Argument(Enum):
    """What a filter takes in its brackets."""

    TEXT = "a text"
    LENGTH = f"a whole number from 4 to {MAX_FILTERED}"
    WIDTH = "a whole number from 1 to 100"

    @property
    def bounds(self) -> tuple[int, int]:
        """The smallest and the largest number."""
        return (4, MAX_FILTERED) if self is Argument.LENGTH else (1, 100)


@dataclass(frozen=True, slots=True)
class Rule:
    """A filter: what does it, what it takes in brackets, what it gives, and how many pieces it counts for."""

    apply: Callable[..., Any]
    arguments: tuple[Argument, ...] = ()
    gives: Kind = Kind.TEXT
    weight: int = 1


class CellRefused(Exception):
    """A value of a row that cannot be used; `message` says why, `help` what to write."""

    def __init__(self, message: str, help: str) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help


def joined(*parts: object) -> str:
    """The texts one behind the other: what `~` does."""
    texts = [str(part) for part in parts]
    if sum(map(len, texts)) > MAX_CHARACTERS:
        raise too_long(MAX_CHARACTERS)
    return "".join(texts)


def too_long(limit: int) -> CellRefused:
    return CellRefused(f"the text has more than {limit:,} characters", "Shorten the cell, or use it less often.")


def _text(value: object) -> str:
    text = str(value)  # raises UndefinedError where the row has no such cell
    if len(text) > MAX_FILTERED:
        raise too_long(MAX_FILTERED)
    return text


def _simple(method: Callable[[str], str]) -> Rule:
    return Rule(lambda value: _text(method(_text(value))))


def _replace(value: object, old: object, new: object) -> str:
    text, old_text, new_text = _text(value), _text(old), _text(new)
    if not old_text:
        raise CellRefused("replace has nothing to look for: its first text is empty", "Write what is to be replaced.")
    if len(text) + text.count(old_text) * (len(new_text) - len(old_text)) > MAX_FILTERED:
        raise too_long(MAX_FILTERED)
    return text.replace(old_text, new_text)


def _default(value: object, otherwise: object) -> str:
    return _text(otherwise) if isinstance(value, Undefined) or value == "" else _text(value)


def _truncate(value: object, length: int) -> str:
    text = _text(value)
    return text if len(text) <= length else text[: length - 3].rsplit(" ", 1)[0] + "..."


def _int(value: object) -> int:
    text = _text(value)
    if not _WHOLE.match(text):
        what = quoted(text) if text else "an empty cell"
        raise CellRefused(f"{what} is not a whole number", "Write digits alone, at most 18, like 12.")
    return int(text)


def _slug(value: object) -> str:
    text = _text(value)  # not long: sorting long runs of accents takes the square of their length
    slug = _NOT_SLUG.sub("-", text.lower() if text.isascii() else _without_accents(text)).strip("-")
    if not slug:
        message = f"nothing of {quoted(text)} remains in a slug" if text else "an empty cell makes no slug"
        raise CellRefused(message, "A slug has the letters a to z and digits; make it of a column that has some.")
    return slug


def _without_accents(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


RULES: dict[str, Rule] = {
    "lower": _simple(str.lower),
    "upper": _simple(str.upper),
    "title": Rule(lambda value: _text(do_title(_text(value))), weight=10),
    "capitalize": _simple(str.capitalize),
    "trim": _simple(str.strip),
    "replace": Rule(_replace, (Argument.TEXT, Argument.TEXT)),
    "default": Rule(_default, (Argument.TEXT,)),
    "truncate": Rule(_truncate, (Argument.LENGTH,)),
    "int": Rule(_int, gives=Kind.NUMBER),
    "string": _simple(str),
    "length": Rule(lambda value: len(_text(value)), gives=Kind.NUMBER),
    "first": _simple(lambda text: text[:1]),
    "last": _simple(lambda text: text[-1:]),
    "slug": Rule(_slug, weight=10),
    "zfill": Rule(lambda value, width: _text(value).zfill(width), (Argument.WIDTH,)),
}

TESTS: dict[str, tuple[Callable[..., bool], Kind]] = {
    "defined": (lambda value: not isinstance(value, Undefined), Kind.TEXT),
    "even": (lambda value: value % 2 == 0, Kind.NUMBER),
    "odd": (lambda value: value % 2 == 1, Kind.NUMBER),
}
