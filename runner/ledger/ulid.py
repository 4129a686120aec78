"""ULIDs: ids that sort by their time of creation. Source: https://github.com/ulid/spec."""

from __future__ import annotations

import os
import time
from functools import lru_cache

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_OF_BYTE = (_ALPHABET * 8).encode()  # a character for each value of a random byte, all equally often


def new_ulid() -> str:
    """Return a new id of 26 characters: 48 bits of milliseconds and 80 random bits."""
    return _of_time(time.time_ns() // 1_000_000) + os.urandom(16).translate(_OF_BYTE).decode()


@lru_cache(maxsize=1)
def _of_time(milliseconds: int) -> str:
    return "".join(_ALPHABET[milliseconds >> shift & 31] for shift in range(45, -1, -5))
