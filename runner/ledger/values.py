"""What the ledger takes and gives, as frozen values: runs, claims, attempts, settlements, and its own description."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runner.plan.firing import FiringKey
from runner.plan.history import State


@dataclass(frozen=True, slots=True)
class Identity:
    """Who does something, and on which machine. `process` tells the process from later ones of the same id."""

    who: str
    host: str
    pid: int
    process: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """What a run was started as: the command, the program's version, the state of the checkout."""

    command: str
    version: str
    git_commit: str | None = None
    git_dirty: bool | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A firing that this run holds and nobody else can send: a committed row."""

    id: str
    key: FiringKey


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request. `verdict` says whether it was sent: yes, no or unknown; `answer` is the start of the body."""

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
class LiveRun:
    """A run that is under way, how many claims and slots it holds, and the ledger's time `now`."""

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
class RunRow:
    """A run as the ledger recorded it. `exit_code` is None where it is under way, or ended without a word."""

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


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the ledger, for people: a firing as one run left it.

    `claimed_at` and `settled_at` bound when it was on the wire; where the run itself did not settle it, `lease_until`
    does. `swept_by` is the run that put it in doubt because its own was over, `exit_code` is that of its own, if that
    ended by itself; `process` tells its process. `reporter` is the run whose report shows an expired firing or one in
    doubt, since `reported_at`.
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
    """How and by whom a firing in doubt was settled."""

    firing: str
    at: datetime
    who: str
    host: str
    sent: bool
    note: str


@dataclass(frozen=True, slots=True)
class Description:
    """A ledger in numbers: rows by state, runs, its size, and when it was made."""

    id: str
    kind: str
    url: str
    size_bytes: int
    version: int
    created_at: datetime
    created_by: str
    runs: int
    states: dict[str, int]
