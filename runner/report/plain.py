"""Text from elsewhere made harmless: what definitions and servers say may hold anything, terminals obey some of it."""

from __future__ import annotations

import re

# C0 and C1 controls (escape sequences begin with them), line separators, what turns the direction of text; and of
# ##[…], which GitHub's log obeys anywhere in a line, the second character.
_HOSTILE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|(?<=#)#(?=\\[)")


def plain(text: str) -> str:
    """The text on one line, with every character that a terminal would obey written as an escape."""
    return _HOSTILE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
