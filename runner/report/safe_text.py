"""Make text from definitions and servers safe to print: terminals obey some characters, and others are invisible."""

from __future__ import annotations

import re

# C0 and C1 controls (escape sequences begin with them), line separators, and controls of text direction.
OBEYED = "\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
# Invisible characters, which make different texts look equal: soft hyphen, fillers, zero-width space, word joiner,
# marks of byte order and annotation, tags. Joiners and variation selectors stay: scripts and emoji need them.
UNSEEN = "\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
TAGS = "\U000e0000-\U000e007f"
# The flags of England, Scotland and Wales are a black flag with tags behind it.
_FLAG = "(?P<flag>\U0001f3f4[\U000e0030-\U000e007a]{1,8}\U000e007f)"
COMMAND = "(?<=#)#(?=\\[)"  # the second # of ##[…], a command that GitHub's log obeys anywhere in a line
_HOSTILE = re.compile(f"[{OBEYED}{UNSEEN}{TAGS}]|{_FLAG}|{COMMAND}")


def printable(text: str) -> str:
    """Return the text on one line, with an escape for every character that is invisible or that a terminal obeys."""
    return _HOSTILE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    if match["flag"]:
        return match["flag"]
    code = ord(match.group())
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code) or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
