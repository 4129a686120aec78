"""Read unquoted scalars by the YAML 1.2 core schema: text comes in, a plain value goes out.

Source: https://yaml.org/spec/1.2.2/#103-core-schema. As in editors, `no`, `12:30` and dates stay text.
"""

from __future__ import annotations

import re

_NULL = frozenset({"", "null", "Null", "NULL", "~"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
WORDS = _NULL | _BOOL.keys()  # all values other than text and numbers
NUMBER_START = frozenset("0123456789+-.")  # the first characters of all numbers
_INT = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_SPECIAL_FLOAT = re.compile(r"[-+]?\.(?:inf|Inf|INF)\Z|\.(?:nan|NaN|NAN)\Z")


def resolve_plain(text: str) -> bool | int | float | str | None:
    """Return the value of an unquoted scalar."""
    if text in WORDS:
        return _BOOL.get(text)
    if text[0] not in NUMBER_START:
        return text
    if _INT.match(text):
        return _integer(text)
    if _FLOAT.match(text):
        return float(text)
    if _SPECIAL_FLOAT.match(text):
        return float(text.replace(".", ""))
    return text


def _integer(text: str) -> int | float:
    # Python refuses to convert very long digit strings. No field takes such a number, so infinity is enough.
    if len(text) > 300:
        return float("inf")
    return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
