"""Characters that are invisible in a review, or that a terminal obeys: as ranges for regular expressions.

One list for all: which texts are refused or warned about, and what is escaped where a text is written or shown.
"""

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

_NO_TEXT = f"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff{_SURROGATES}"
# Characters that no text of a definition may contain, in YAML, as escapes, in cells and in templates: controls, half
# characters, and code points that are no characters.
FORBIDDEN = re.compile(f"[{_NO_TEXT}]")
# In the text of a YAML file, in addition: LS and PS, which end a line in YAML 1.1, but not in YAML 1.2 or in editors,
# and a byte order mark after the beginning. Written as escapes, they are invisible characters like others.
FORBIDDEN_IN_YAML = re.compile(f"[{_NO_TEXT}\u2028\u2029\ufeff]")
# Characters that a text may contain on purpose although nobody sees them, each a warning: the unseen ones, tags other
# than those of flags, line separators, and controls of text direction, which right-to-left scripts need. A joiner or a
# variation selector joins letters and emoji; between ASCII characters it joins nothing.
INVISIBLE = re.compile(
    f"[{UNSEEN}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|(?<![\U0001f3f4{TAGS}])[{TAGS}]"
    "|(?<![^\x00-\x7f])[\u200c\u200d\ufe00-\ufe0f](?![^\x00-\x7f])"
)
