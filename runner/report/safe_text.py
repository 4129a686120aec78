"""Make text from definitions and servers safe to print: terminals obey some characters, and others are invisible."""

from __future__ import annotations

import re

from runner.definitions.characters import FLAG, OBEYED, TAGS, UNSEEN

COMMAND = "(?<=#)#(?=\\[)"  # the second # of ##[…], a command that GitHub's log obeys anywhere in a line
# The syntax is that of Python and of JavaScript: the script of the pages uses the same.
HOSTILE = f"[{OBEYED}{UNSEEN}{TAGS}]|({FLAG})|{COMMAND}"
_HOSTILE = re.compile(HOSTILE)


def printable(text: str) -> str:
    """Return the text on one line, with an escape for every character that is invisible or that a terminal obeys."""
    return _HOSTILE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    if match[1]:  # a flag
        return match[1]
    code = ord(match.group())
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
