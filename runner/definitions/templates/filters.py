"""The filters of templates, such as `{{ row.show | slug }}`: text in, text or number out, both of bounded length.

A filter that can't use a cell raises TemplateRefusal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

from jinja2.filters import do_title
from jinja2.runtime import Undefined

from runner.definitions.suggest import quoted
from runner.definitions.templates import TemplateRefusal

MAX_CHARACTERS = 65_536  # of a cell, and of a finished text
MAX_FILTERED = 1_024  # of the input and output of a filter: values of the API have 512 bytes

_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}\Z")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


class ValueKind(Flag):
    """The kinds of value that an expression may have."""

    TEXT = auto()
    NUMBER = auto()
    TRUTH = auto()


@dataclass(frozen=True, slots=True)
class FilterRule:
    """A filter: its function, its arguments (texts, or one number in a range), its result, its cost in pieces."""

    apply: Callable[..., Any]
    texts: int = 0
    numbers: range | None = None
    result: ValueKind = ValueKind.TEXT
    cost: int = 1
    example: str = ""  # how its arguments are written

    @property
    def takes(self) -> str:
        """Its arguments, in words."""
        if self.numbers:
            return f"a whole number from {self.numbers[0]} to {self.numbers[-1]}"
        return ("nothing", "a text", "two texts")[self.texts]


def join(parts: Iterable[object]) -> str:
    """The texts in one, as `~` joins them and as a finished text is joined. Raises TemplateRefusal."""
    texts = []
    size = 0
    for part in parts:
        text = str(part)
        size += len(text)
        if size > MAX_CHARACTERS:
            raise _too_long(MAX_CHARACTERS)
        texts.append(text)
    return "".join(texts)


def _too_long(limit: int) -> TemplateRefusal:
    return TemplateRefusal(f"the text has more than {limit:,} characters", "Shorten the cell, or use it less often.")


def _text(value: object) -> str:
    text = str(value)  # raises UndefinedError where the row has no such cell
    if len(text) > MAX_FILTERED:
        raise _too_long(MAX_FILTERED)
    return text


def _of_text(function: Callable[[str], str], cost: int = 1) -> FilterRule:
    return FilterRule(lambda value: _text(function(_text(value))), cost=cost)


def _replace(value: object, old: object, new: object) -> str:
    text, old_text, new_text = _text(value), _text(old), _text(new)
    if not old_text:
        message = "replace has nothing to look for: its first text is empty"
        raise TemplateRefusal(message, "Write the text that is to be replaced.")
    if len(text) + text.count(old_text) * (len(new_text) - len(old_text)) > MAX_FILTERED:
        raise _too_long(MAX_FILTERED)
    return text.replace(old_text, new_text)


def _default(value: object, otherwise: object) -> str:
    return _text(otherwise) if isinstance(value, Undefined) or value == "" else _text(value)


def _truncate(value: object, length: int) -> str:
    text = _text(value)
    return text if len(text) <= length else text[: length - 3].rsplit(" ", 1)[0] + "..."


def _int(value: object) -> int:
    text = _text(value)
    if not _WHOLE_NUMBER.match(text):
        found = quoted(text) if text else "an empty cell"
        raise TemplateRefusal(f"{found} is not a whole number", "Write only digits, at most 18, like 12.")
    return int(text)


def _slug(value: object) -> str:
    text = _text(value)  # bounded: sorting a long run of accents takes the square of its length
    slug = _NOT_SLUG.sub("-", text.lower() if text.isascii() else _without_accents(text)).strip("-")
    if not slug:
        found = quoted(text) if text else "an empty cell"
        message = f"{found} has no letter or digit that a slug can keep"
        raise TemplateRefusal(message, "A slug consists of the letters a to z and digits: use a column that has some.")
    return slug


def _without_accents(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


FILTERS: dict[str, FilterRule] = {
    "lower": _of_text(str.lower),
    "upper": _of_text(str.upper),
    "title": _of_text(do_title, cost=10),
    "capitalize": _of_text(str.capitalize),
    "trim": _of_text(str.strip),
    "replace": FilterRule(_replace, texts=2, example="(' ', '-')"),
    "default": FilterRule(_default, texts=1, example="('none'), which replaces an empty cell"),
    "truncate": FilterRule(_truncate, numbers=range(4, MAX_FILTERED + 1), example="(80)"),
    "int": FilterRule(_int, result=ValueKind.NUMBER),
    "string": _of_text(str),
    "length": FilterRule(lambda value: len(_text(value)), result=ValueKind.NUMBER),
    "first": _of_text(lambda text: text[:1]),
    "last": _of_text(lambda text: text[-1:]),
    "slug": FilterRule(_slug, cost=10),
    "zfill": FilterRule(lambda value, width: _text(value).zfill(width), numbers=range(1, 101), example="(3)"),
}

TESTS: dict[str, tuple[Callable[..., bool], ValueKind]] = {
    "defined": (lambda value: not isinstance(value, Undefined), ValueKind.TEXT),
    "even": (lambda value: value % 2 == 0, ValueKind.NUMBER),
    "odd": (lambda value: value % 2 == 1, ValueKind.NUMBER),
}
