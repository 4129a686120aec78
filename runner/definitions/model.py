"""What definitions say, as frozen values: accounts, business events, bulletins, schedules.

Nothing here knows YAML; instants are in UTC; a bulletin's payload is what the API gets, to the byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from runner.definitions import regions
from runner.definitions.problem import Problem

DEFAULT_GRACE = timedelta(hours=1)
MAX_CONCURRENCY = 3  # the API's own limit per account: its request-limit page


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: file, line and column from 1, and its number or name in the file's list or mapping."""

    file: str
    line: int
    column: int
    entry: int | str


@dataclass(frozen=True, slots=True)
class Account:
    """A CleverTap account to raise bulletins in. Holds the names of variables, never their values.

    `region` is None where the account gives a base_url instead, and `timezone` where it gives none.
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

    @property
    def zone(self) -> str:
        """The IANA time zone in which its people read times: its own, else its region's. Schedules do not use it."""
        return self.timezone or regions.timezone(self.region)


@dataclass(frozen=True, slots=True)
class BusinessEvent:
    """What the dashboard defines. `properties` maps names to JSON Schemas; None accepts every name."""

    name: str
    place: Place
    required: tuple[str, ...] = ()
    properties: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """One time at which a bulletin is due, and how late it may still go out."""

    at: datetime
    grace: timedelta = DEFAULT_GRACE


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What to raise. `when` is "now" or UNIX seconds; without a schedule it is due as soon as it is there.

    `inherited` names the fields that come from the defaults of its file, such as `c-by` or `properties.language`.
    """

    id: str
    business_event: str
    name: str
    properties: Mapping[str, str]
    c_by: str
    accounts: tuple[str, ...]
    place: Place
    when: str | int = "now"
    schedule: Schedule | None = None
    enabled: bool = True
    tags: tuple[str, ...] = ()
    revision: int = 1
    allow_duplicate: bool = False
    inherited: frozenset[str] = frozenset()

    def payload(self) -> dict[str, Any]:
        """The body of the request, as the API's page gives it."""
        return {
            "business_event": self.business_event,
            "name": self.name,
            "properties": dict(self.properties),
            "c-by": self.c_by,
            "when": self.when,
        }


@dataclass(frozen=True, slots=True)
class Definitions:
    """One whole set: what all files together say. `problems` is empty, or nothing of it may be sent."""

    accounts: Mapping[str, Account]
    events: Mapping[str, BusinessEvent]
    bulletins: tuple[Bulletin, ...]
    files: tuple[str, ...]
    problems: tuple[Problem, ...] = field(default=())


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no white space, in UTF-8: equal values give equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
