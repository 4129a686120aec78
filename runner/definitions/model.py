"""Accounts, business events, bulletins and schedules as frozen values, after reading and checking.

All instants are in UTC. `Bulletin.payload()` is the body of the request. Nothing here depends on YAML.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Any

from runner.definitions import regions
from runner.definitions.fields import PAYLOAD, payload_of
from runner.definitions.problem import Problem, in_file_order
from runner.definitions.row_reference import RowReference

_PAYLOAD_NAMES = tuple(field.name for field in PAYLOAD)
_payload_values = attrgetter(*(field.attribute for field in PAYLOAD))
DEFAULT_GRACE = timedelta(hours=1)
MAX_CONCURRENCY = 3  # the API's own limit per account: its request-limit page


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an entry: file, line and column from 1, and its number or name in the list or mapping of the file.

    `row` is the row of `for_each` that the bulletin was made from.
    """

    file: str
    line: int
    column: int
    entry: int | str
    row: RowReference | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f", {self.row}" if self.row else "")


@dataclass(frozen=True, slots=True)
class Budget:
    """How many bulletins may be sent in any 60 minutes and in any 24 hours. None means no limit."""

    per_hour: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A CleverTap account. It holds the names of environment variables, never their values.

    `region` is None if the account has a base_url instead. `timezone` is None if the account sets none.
    """

    name: str
    base_url: str
    account_id_env: str
    place: Place
    passcode_env: str | None = None
    passcode_file: str | None = None
    concurrency: int = MAX_CONCURRENCY
    ledger: str | None = None
    region: str | None = None
    timezone: str | None = None
    budget: Budget = Budget()
    event_budgets: Mapping[str, Budget] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        """Return the IANA zone for showing times: the account's own, or that of its region. Schedules ignore it."""
        return self.timezone or regions.timezone(self.region)


@dataclass(frozen=True, slots=True)
class BusinessEvent:
    """A business event of the catalog. `properties` maps names to JSON Schemas; None allows every property."""

    name: str
    place: Place
    required: tuple[str, ...] = ()
    properties: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """One time at which a bulletin is due, and the grace period in which it may still be sent."""

    at: datetime
    grace: timedelta = DEFAULT_GRACE


class CatchUp(StrEnum):
    """Which missed occurrences are still sent while their grace period lasts.

    An occurrence is missed if no run happened at its due time.
    """

    LATEST = "latest"  # only the most recent missed occurrence
    NONE = "none"  # no missed occurrence; a run within 15 minutes of the due time is in time
    ALL = "all"  # every missed occurrence


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A cron expression in a time zone. `starts` and `ends` are included: a bulletin may be due at both instants."""

    cron: str
    timezone: str
    grace: timedelta = DEFAULT_GRACE
    starts: datetime | None = None
    ends: datetime | None = None
    catch_up: CatchUp = CatchUp.LATEST


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A bulletin. `when` is "now" or UNIX seconds. Without a schedule, the bulletin is due at once.

    Name and properties of a recurring bulletin may hold `{{ occurrence.date }}` and the like, filled in when each
    occurrence is due. `inherited` names the fields from the defaults of the file, such as `properties.language`.
    `as_before`: what earlier releases made of it, with other line ends in the cells of its row. If one of these was
    sent, the bulletin was.
    """

    id: str
    business_event: str
    name: str
    properties: Mapping[str, str]
    c_by: str
    accounts: tuple[str, ...]
    place: Place
    when: str | int = "now"
    schedule: Schedule | Recurrence | None = None
    enabled: bool = True
    tags: tuple[str, ...] = ()
    revision: int = 1
    allow_duplicate: bool = False
    literal_braces: bool = False  # placeholders in the texts are meant
    inherited: frozenset[str] = frozenset()
    as_before: tuple[Bulletin, ...] = ()

    def payload(self) -> dict[str, Any]:
        """Return the body of the request. The table of fields decides what belongs to it."""
        return payload_of(dict(zip(_PAYLOAD_NAMES, _payload_values(self), strict=True)))

    def payload_key(self) -> Hashable:
        """Return a key that two bulletins share if their payloads are equal. Faster than comparing `canonical`."""
        return tuple((name, _hashable(value)) for name, value in self.payload().items())

    @classmethod
    def of_payload(cls, payload: Mapping[str, Any], id: str, account: str, place: Place) -> Bulletin:  # noqa: A002
        """Return a bulletin that sends this payload in one account."""
        values = {field.attribute: payload.get(field.name, field.default) for field in PAYLOAD}
        return cls(id=id, accounts=(account,), place=place, **values)


def _hashable(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        return frozenset(value.items())
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Definitions:
    """One whole set: the content of all files together. If there are `problems`, nothing of the set may be sent.

    `warnings` are problems that don't keep it from being sent. `files` lists the definition files in order, followed by
    the tables that they use.
    """

    accounts: Mapping[str, Account]
    events: Mapping[str, BusinessEvent]
    bulletins: tuple[Bulletin, ...]
    files: tuple[str, ...]
    problems: tuple[Problem, ...] = field(default=())
    warnings: tuple[Problem, ...] = field(default=())

    @property
    def found(self) -> tuple[Problem, ...]:
        """Errors and warnings together, in the order of files and lines."""
        return tuple(sorted((*self.problems, *self.warnings), key=in_file_order)) if self.warnings else self.problems

    def strict(self) -> Definitions:
        """Return the same set with each warning as an error."""
        if not self.warnings:
            return self
        errors = (replace(each, is_strict=True) for each in self.warnings)
        return replace(self, problems=tuple(sorted((*self.problems, *errors), key=in_file_order)), warnings=())


# Made once: json.dumps would make an encoder for each call.
_to_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: object) -> bytes:
    """Return JSON in UTF-8 with sorted keys and no white space, so that equal values give equal bytes."""
    return _to_json(value).encode()
