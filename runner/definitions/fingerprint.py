"""Hashes of what a firing sends. These bytes must never change between releases: the ledger recognises firings by them.

In: a payload and a due time. Out: the fingerprint, equal for equal payloads with an equal due time. Pure.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from runner.definitions.model import canonical

PREFIX = "sha256:"
_AFTER_DUE_TIME = b'"when":'  # the only field of a payload that sorts after the due time


def definition(payload: dict[str, Any], due_at: datetime | None) -> dict[str, Any]:
    """Return the payload and the due time as one mapping. `properties` stays a mapping inside it."""
    at = f"{due_at.replace(tzinfo=None).isoformat(timespec='seconds')}Z" if due_at else None  # faster than strftime
    return {**payload, "schedule.at": at}


def fingerprint_of(payload: dict[str, Any], due_at: datetime | None) -> str:
    """Return the hash of a firing's payload and due time."""
    return digest(canonical(definition(payload, due_at)))


def fingerprint_of_body(body: bytes, due_at: datetime | None) -> str:
    """Return the same as `fingerprint_of` for the canonical bytes of a payload, without making them again."""
    at = b'"%sZ"' % due_at.replace(tzinfo=None).isoformat(timespec="seconds").encode() if due_at else b"null"
    place = body.rindex(_AFTER_DUE_TIME)  # it is the last field, and its value is a time
    return digest(b'%s"schedule.at":%s,%s' % (body[:place], at, body[place:]))


def digest(data: bytes) -> str:
    """Return `sha256:` and the hash of `data` in hexadecimal."""
    return PREFIX + hashlib.sha256(data).hexdigest()
