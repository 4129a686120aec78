"""Write bulletins as YAML, the way a person would: fields come in, pieces of text go out.

The only module that writes definitions. `reader.read` and parsers of YAML 1.1 read exactly the same values back:
each text that either could read as something other than text is quoted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, repeat
from typing import Any

from runner.definitions.characters import OBEYED, UNSEEN
from runner.definitions.fields import FIELDS, Form

# The order of the fields in an entry. Other fields follow in the given order.
_ORDER = ("id", "for_each", *(field.name for field in FIELDS if field.name != "id"))
_RANK = {name: rank for rank, name in enumerate(_ORDER)}
_WIDTH = 100  # a longer list or schedule is written with one line for each part

# Characters that are forbidden in a file, or invisible, such as a mark that reverses the writing direction.
_ESCAPED = re.compile(f"[{OBEYED}{UNSEEN}\u00a0\u202f\ufffe\uffff]")
_FIRST = r"""[^\s\-?:,\[\]{}#&*!|>'"%@`~=<.+^]"""
_PLAIN = re.compile(_FIRST + r"(?:[^:#\x20]|:(?! |\Z)|\x20(?![#\x20]|\Z)|(?<!\x20)#)*\Z")
_PLAIN_IN_BRACKETS = re.compile(_FIRST + r"(?:[^,\[\]{}?:#\x20]|\x20(?![#\x20]|\Z))*\Z")
# Texts that a YAML 1.1 parser or a person may read as a number, a date or a time.
_NUMBER = re.compile(r"[0-9][0-9\x20_.,:*/-]*(?:[eE][-+]?[0-9]*|[TtZz][0-9:.TtZz\x20+-]*|\x20?[+-][0-9:.]*)?\Z")
_OTHER_BASE = re.compile(r"0[xXoObB][0-9a-fA-F_]*\Z")
_WORDS = frozenset({"y", "yes", "n", "no", "true", "false", "on", "off", "null", "nil", "nan", "inf"})
_LONGEST_WORD = 5
# Times are written without quotes, as people usually write them.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2})?\Z")
_TIMES = frozenset(
    {("schedule", "at"), ("schedule", "starts"), ("schedule", "ends")}
    | {(None, field.name) for field in FIELDS if field.form is Form.TIME}
)
_CRON = ("schedule", "cron")


def scalar(value: str | float | bool | None, *, in_block: bool = False) -> str:
    """Return the value as YAML on one line: a text without quotes if that is safe, else in double quotes.

    The result is safe inside brackets. With `in_block` it is safe only outside, where a comma needs no quotes.
    """
    if isinstance(value, str):
        return _text(value, _PLAIN if in_block else _PLAIN_IN_BRACKETS)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _float(value)


def entry(fields: Mapping[str, Any], *, indent: int = 2) -> str:
    """Return one item of the list under `bulletins`: the lines `- id: …` and the other fields in the usual order."""
    lines = _lines(_ordered(fields), indent + 2)
    first = next(lines, None)
    if first is None:
        return f"{' ' * indent}- {{}}\n"
    return "\n".join(chain([f"{' ' * indent}- {first[indent + 2 :]}"], lines, [""]))


def document(
    bulletins: Iterable[Mapping[str, Any]],
    defaults: Mapping[str, Any] | None = None,
    *,
    comments: Iterable[str | None] = (),
) -> Iterator[str]:
    """Yield a file in pieces: the defaults, then each bulletin with its comment on the line above."""
    if defaults:
        yield "\n".join(chain(["defaults:"], _lines(_ordered(defaults), 2), ["", ""]))
    number = 0
    for number, (fields, comment) in enumerate(zip(bulletins, chain(comments, repeat(None))), start=1):  # noqa: B905
        yield "bulletins:\n" if number == 1 else "\n"
        if comment:
            yield f"  # {_ESCAPED.sub(_escape, comment)}\n"
        yield entry(fields)
    if not number:
        yield "bulletins: []\n"


def _ordered(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in sorted(fields, key=lambda name: _RANK.get(name, len(_RANK)))}


def _lines(fields: Mapping[str, Any], indent: int, within: str | None = None) -> Iterator[str]:
    """Yield the lines of a mapping, one for each key. `within` is the field that has the mapping as its value."""
    margin = " " * indent
    for name, value in fields.items():
        key = f"{margin}{_key(name)}:"
        if isinstance(value, (str, int, float, type(None))):
            yield f"{key} {_field((within, name), value, in_block=True)}"
            continue
        short = _in_brackets(name, value)
        if short is not None and len(key) + len(short) < _WIDTH:
            yield f"{key} {short}"
        else:
            yield key
            yield from _lines(value, indent + 2, name) if isinstance(value, Mapping) else _items(value, indent + 2)


def _items(values: Iterable[Any], indent: int) -> Iterator[str]:
    """Yield the lines of a list. Each item begins on a new line."""
    margin = " " * indent
    for value in values:
        if isinstance(value, (str, int, float, type(None))):
            yield f"{margin}- {scalar(value, in_block=True)}"
            continue
        lines = _lines(value, indent + 2, "") if isinstance(value, Mapping) else _items(value, indent + 2)
        first = next(lines, None)
        if first is None:
            yield f"{margin}- {'{}' if isinstance(value, Mapping) else '[]'}"
        else:
            yield f"{margin}- {first[indent + 2 :]}"
            yield from lines


def _in_brackets(name: str, value: Mapping[str, Any] | Iterable[Any]) -> str | None:
    """Return the collection on one line; None if several lines are easier to read."""
    parts = list(value.values() if isinstance(value, Mapping) else value)
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        if name != "schedule" or not _are_flat(parts):
            return None
        return f"{{{', '.join(f'{_key(key)}: {_field((name, key), part)}' for key, part in value.items())}}}"
    return f"[{', '.join(map(scalar, parts))}]" if _are_flat(parts) else None


def _are_flat(values: Iterable[Any]) -> bool:
    return all(isinstance(value, (str, int, float, type(None))) for value in values)


def _field(place: tuple[str | None, str], value: str | float | None, *, in_block: bool = False) -> str:
    if isinstance(value, str):
        if place in _TIMES and _TIME.match(value):
            return value
        if place == _CRON:
            return _quoted(value)
    return scalar(value, in_block=in_block)


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    return scalar(name)  # thousands of entries share the same few names


def _text(text: str, plain: re.Pattern[str]) -> str:
    if (
        not plain.match(text)
        or ("0" <= text[0] <= "9" and (_NUMBER.match(text) or _OTHER_BASE.match(text)))
        or (len(text) <= _LONGEST_WORD and text.lower() in _WORDS)
        or _ESCAPED.search(text)
    ):
        return _quoted(text)
    return text


def _quoted(text: str) -> str:
    return _ESCAPED.sub(_escape, json.dumps(text, ensure_ascii=False))


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found.group()):04x}"


def _float(value: float) -> str:
    if value != value:
        return ".nan"
    if value in (float("inf"), float("-inf")):
        return ".inf" if value > 0 else "-.inf"
    digits, e, exponent = repr(value).partition("e")
    return digits + ("" if "." in digits or not e else ".0") + e + exponent
