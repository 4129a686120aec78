"""The fixed part of a message: its text without the values that differ from one instance to the next. Pure.

The API and the rules quote ids, texts and numbers in their messages. Two messages are about the same thing if they are
equal without these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_VARIABLE = "…"
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|“[^”]*”|‘[^’]*’|«[^»]*»")
# Numbers, times, identifiers and addresses: every word with a digit or an @.
_WITH_DIGIT = re.compile(r"[^\s,;()\[\]{}<>=]*[\d@][^\s,;()\[\]{}<>=]*")
_REPEATED = re.compile(rf"{_VARIABLE}(?:[\s,;]*{_VARIABLE})+")
_STATUS = re.compile(r"\bHTTP (\d{3})\b")


def fixed_text(text: str, values: Iterable[str] = ()) -> str:
    """Return the text with `…` in the place of what varies: quoted texts, `values`, and words with a digit.

    An HTTP status stays, because another status is another message.
    """
    text = _STATUS.sub(lambda found: f"HTTP {_letters(found[1])}", text)
    for value in sorted({each for each in values if each}, key=len, reverse=True):
        if value in text:
            text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", _VARIABLE, text)
    text = _WITH_DIGIT.sub(_VARIABLE, _QUOTED.sub(_VARIABLE, text))
    return " ".join(_REPEATED.sub(_VARIABLE, text).split())


def _letters(digits: str) -> str:
    return "".join(chr(ord("A") + int(digit)) for digit in digits)
