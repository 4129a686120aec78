"""What definitions say, as frozen values: accounts, business events, bulletins, schedules.

Nothing here knows YAML; instants are in UTC; a bulletin's payload is what the API gets, to the byte.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from runner.definitions import regions
from runner.definitions.problem import Problem

DEFAULT_GRACE = timedelta(hours=1)
MERGED = ("properties", "schedule")  # defaults and a bulletin's own are merged key by key
MAX_CONCURRENCY = 3  # the API's own limit per account: its request-limit page


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: file, line and column from 1, and its number or name in the file's list or mapping.

    `row` says which row of its `for_each` it was made of, such as `bulletins.d/shows.csv:17`.
    """

    file: str
    line: int
    column: int
    entry: int | str
    row: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f", {self.row}" if self.row else "")


@dataclass(frozen=True, slots=True)
class Budget:
    """How many bulletins may go out in any 60 minutes and in any 24 hours; None: any number."""

    per_hour: int | None = None
    per_day: int | None = None


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
    budget: Budget = Budget()
    event_budgets: Mapping[str, Budget] = field(default_factory=dict)

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


class CatchUp(StrEnum):
    """What becomes of occurrences that no run came for, as long as their grace lasts."""

    LATEST = "latest"  # only the last of them is sent
    NONE = "none"  # nothing is sent that no run came for in time
    ALL = "all"  # each is sent


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Times at which a bulletin is due again and again, by the clocks of a time zone; `ends` is still one of them."""

    cron: str
    timezone: str
    grace: timedelta = DEFAULT_GRACE
    starts: datetime | None = None
    ends: datetime | None = None
    catch_up: CatchUp = CatchUp.LATEST


@dataclass(frozen=True, slots=True)
class Bulletin:
    """What to raise. `when` is "now" or UNIX seconds; without a schedule it is due as soon as it is there.

    Where it recurs, its name and properties may hold `{{ occurrence.date }}` and the like, filled in for each time.
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
    schedule: Schedule | Recurrence | None = None
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
    """One whole set: what all files together say. `problems` is empty, or nothing of it may be sent.

    `files` are those of the definitions in their order, and then the tables that they are made of.
    """

    accounts: Mapping[str, Account]
    events: Mapping[str, BusinessEvent]
    bulletins: tuple[Bulletin, ...]
    files: tuple[str, ...]
    problems: tuple[Problem, ...] = field(default=())


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no white space, in UTF-8: equal values give equal bytes."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
