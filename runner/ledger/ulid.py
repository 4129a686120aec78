"""ULIDs: ids that sort by their time of creation. Source: https://github.com/ulid/spec."""

from __future__ import annotations

import os
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


def new_ulid() -> str:
    """Return a new id of 26 characters: 48 bits of milliseconds and 80 random bits."""
    number = time.time_ns() // 1_000_000 << 80 | int.from_bytes(os.urandom(10))
    text = ""
    for _ in range(13):
        text = _PAIRS[number & 1023] + text
        number >>= 10
    return text
