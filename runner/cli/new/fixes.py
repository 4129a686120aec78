"""Find the answer that a message proposes, so that Enter alone can take it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What a message proposes to write. An example ("like …", "such as …") is no proposal.
_PROPOSED = (
    re.compile(r"\bWrite (?!it |five)(.+?)(?=, which|, or |:? [a-z]+ only|: |\. |\.$)"),
    re.compile(r"\bWrite five fields: (.+?)\.$"),
    re.compile(r"\bDid you mean (.+)\?"),
)


def proposed(help_: str) -> Iterator[str]:
    """Yield the texts that a help says to write, which the rules have to confirm."""
    for pattern in _PROPOSED:
        for found in pattern.finditer(help_):
            yield found[1].strip("\"'")
