"""The values that go into and come out of the ledger: runs, claims, attempts, settlements, rows, resolutions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runner.plan.budget import Limit
from runner.plan.firing import Firing, FiringKey
from runner.plan.history import State

SWEPT = "the run that held it ended without recording an outcome"  # the reason of a claim of a run that is over


@dataclass(frozen=True, slots=True)
class Identity:
    """The person and machine that act. `process` differs from that of a later process with the same `pid`."""

    who: str
    host: str
    pid: int
    process: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """How a run was started: the command, the program's version, the commit and state of the checkout."""

    command: str
    version: str
    git_commit: str | None = None
    git_dirty: bool | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A run's exclusive right to send a firing: a committed row of the ledger."""

    id: str
    key: FiringKey


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request. `verdict`: whether it was sent (yes, no or unknown). `answer`: the start of the response body."""

    number: int
    started_at: datetime
    latency_ms: float
    verdict: str
    http_status: int | None = None
    answer: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a claimed firing ended."""

    state: State
    reason: str | None = None
    http_status: int | None = None
    error: str | None = None
    bulletins_sent: int | None = None
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """A firing that a run asks for: the id of the claim, its time, and the budget limits to which it is charged.

    A request that is repeated with the same id and time changes nothing and gets the same answer.
    """

    id: str
    firing: Firing
    now: datetime
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """How a claimed firing ended, and when. `expired` is the firing, if it expired before it was sent.

    A record that is repeated with the same time changes nothing and gets the same answer.
    """

    claim: Claim
    settlement: Settlement
    now: datetime
    expired: Firing | None = None


@dataclass(frozen=True, slots=True)
class SlotRequest:
    """Slots that a run wants in an account: up to `wanted` of the numbers from 1 to `limit`, besides those `held`."""

    account: str
    limit: int
    wanted: int
    held: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LiveRun:
    """A run in progress, with the number of claims and slots that it holds. `now` is the ledger's time."""

    id: str
    command: str
    started_at: datetime
    lease_until: datetime
    who: str
    host: str
    pid: int
    now: datetime
    claims: int
    slots: int


@dataclass(frozen=True, slots=True)
class RecordedReport:
    """The report of a run as the ledger keeps it: its counts and the firings that it lists, both as JSON.

    `entries` is None if the report lists no firing.
    """

    summary: str
    entries: str | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run as recorded. `exit_code` is None while it is in progress, or if it ended without recording one.

    `report` is None for a run that recorded no report.
    """

    id: str
    command: str
    started_at: datetime
    finished_at: datetime | None
    lease_until: datetime
    exit_code: int | None
    interrupted: bool
    host: str
    version: str
    git_commit: str | None
    git_dirty: bool | None
    report: RecordedReport | None = None


@dataclass(frozen=True, slots=True)
class FiringRow:
    """One row of the ledger to show: a firing as one run left it.

    The request was in flight between `claimed_at` and `settled_at`, or `lease_until` if another run put it in doubt.
    `swept_by`: that other run. `exit_code` and `process` belong to the run of the row. `reporter`: the run whose report
    shows an expired firing or one in doubt; `reported_at`: when that report was published.
    """

    id: str
    key: FiringKey
    state: State
    run: str
    who: str
    host: str
    pid: int
    claimed_at: datetime
    settled_at: datetime | None
    lease_until: datetime
    exit_code: int | None
    process: str
    swept_by: str | None
    due_at: datetime | None
    file: str
    line: int
    payload: str
    fingerprint: str
    reason: str | None
    http_status: int | None
    error: str | None
    bulletins_sent: int | None
    expires_at: datetime | None = None
    reporter: str | None = None
    reported_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """How and by whom a firing in doubt was resolved."""

    firing: str
    at: datetime
    who: str
    host: str
    sent: bool
    note: str


@dataclass(frozen=True, slots=True)
class Description:
    """Facts about a ledger: its id, place and size, creation, and the numbers of runs and of rows by state."""

    id: str
    kind: str
    url: str
    size_bytes: int
    version: int
    created_at: datetime
    created_by: str
    runs: int
    states: dict[str, int]
