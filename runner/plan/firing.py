"""The firing: one (bulletin, account, occurrence), the unit of the plan, the ledger and the report."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from runner.definitions.model import Bulletin, Definitions, canonical
from runner.plan.occurrence import Occurrence, occurrences


class FiringKey(NamedTuple):
    """What a firing is remembered by."""

    account: str
    bulletin: str
    occurrence: str


@dataclass(frozen=True, slots=True)
class Firing:
    """One bulletin to raise in one account for one occurrence.

    `body` is the request's body to the byte; `payload_hash` tells equal payloads, and `fingerprint` equal
    definitions of a firing: its payload and the time at which it is due.
    """

    key: FiringKey
    bulletin: Bulletin
    occurrence: Occurrence
    body: bytes
    payload_hash: str
    fingerprint: str

    @property
    def definition(self) -> dict[str, Any]:
        """What the fingerprint is made of: an edit of it after the firing was sent is a change."""
        return definition(self.bulletin.payload(), self.occurrence.due_at)


def definition(payload: dict[str, Any], due_at: datetime | None) -> dict[str, Any]:
    """The payload and the due time of a firing as one flat mapping; `properties` stays a mapping."""
    return {**payload, "schedule.at": due_at.strftime("%Y-%m-%dT%H:%M:%SZ") if due_at else None}


def fingerprint_of(payload: dict[str, Any], due_at: datetime | None) -> str:
    """What tells equal definitions of a firing: the hash of its payload and due time."""
    return digest(canonical(definition(payload, due_at)))


def firings(definitions: Definitions) -> Iterator[Firing]:
    """Every firing of a set, in file order."""
    for bulletin in definitions.bulletins:
        payload = bulletin.payload()
        body = canonical(payload)
        payload_hash = digest(body)
        for occurrence in occurrences(bulletin):
            fingerprint = fingerprint_of(payload, occurrence.due_at)
            for account in bulletin.accounts:
                key = FiringKey(account, bulletin.id, occurrence.name)
                yield Firing(key, bulletin, occurrence, body, payload_hash, fingerprint)


def digest(data: bytes) -> str:
    """`sha256:` and the hash of `data` in hexadecimal."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
