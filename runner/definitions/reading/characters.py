"""Characters that are invisible in a review, or that a terminal obeys: as ranges for regular expressions."""

from __future__ import annotations

import re

_SURROGATES = "\ud800-\udfff"
# C0 and C1 controls (escape sequences begin with them), line separators, and controls of text direction.
OBEYED = f"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069{_SURROGATES}"
# Invisible characters, which make different texts look equal: soft hyphen, fillers, zero-width space, word joiner,
# marks of byte order and annotation, tags. Joiners and variation selectors stay: scripts and emoji need them.
UNSEEN = "\u00ad\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
TAGS = "\U000e0000-\U000e007f"
# The flags of England, Scotland and Wales are a black flag with tags behind it.
FLAG = "\U0001f3f4[\U000e0030-\U000e007a]{1,8}\U000e007f"

# Characters that no value may contain. Controls of text direction may stay: right-to-left scripts need them.
FORBIDDEN = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_SURROGATES}]")
