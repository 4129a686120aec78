"""Firing against the sandbox: plans made of a handful of bulletins, and runs over a real ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from runner.definitions.model import Account, Bulletin, Definitions, Place, Schedule
from runner.fire.api.credentials import Credentials
from runner.fire.api.timeouts import Timeouts
from runner.fire.lanes.backoff import Retries
from runner.fire.result import Result, RunResult
from runner.fire.run import Run, Settings
from runner.ledger.ledger import Ledger
from runner.ledger.values import Identity, Origin
from runner.plan.decide import Plan, decide
from runner.plan.firing import firings
from runner.reason import ReasonCode
from runner.sandbox.record import Received

PASSCODE = "correct-horse-battery"
CREDENTIALS = Credentials("india-id", PASSCODE)
IDENTITY = Identity("tester", "here", 1)
PATIENCE_S = 60.0  # for what comes in a moment: a busy machine fails no test
# Tries again at once, but has the patience of a real run: on a busy machine an answer that is slow is no time-out.
QUICK = Settings(retries=Retries(base_s=0.001, cap_s=0.002))
HASTY = Timeouts(read_s=0.3)  # for servers that never answer


def account(base_url: str = "http://127.0.0.1:9", name: str = "india", **fields: Any) -> Account:
    """An account at `base_url`."""
    defaults: dict[str, Any] = {"account_id_env": f"{name.upper()}_ID", "passcode_env": f"{name.upper()}_PASSCODE"}
    return Account(name, base_url, place=Place("accounts.yaml", 1, 1, name), **{**defaults, **fields})


def bulletin(number: int | str = 1, **fields: Any) -> Bulletin:
    """A bulletin that is due at once."""
    defaults: dict[str, Any] = {
        "business_event": "Program Released",
        "name": f"episode {number}",
        "properties": {"program_id": str(number), "language": "हिन्दी"},
        "c_by": "releases@example.com",
        "accounts": ("india",),
        "place": Place("music.yaml", 1, 3, 0),
    }
    return Bulletin(id=f"episode-{number}", **{**defaults, **fields})


def due(at: datetime, **fields: Any) -> Schedule:
    """A schedule at an instant with whole seconds, as definitions have them."""
    return Schedule(at.replace(microsecond=0), **fields)


def plan_of(bulletins: list[Bulletin], ledger: Ledger, now: datetime | None = None) -> Plan:
    """The plan of these bulletins over what the ledger knows."""
    now = now or datetime.now(UTC)
    wanted = list(firings(Definitions({}, {}, tuple(bulletins), ("music.yaml",)), now))
    return decide(wanted, ledger.history(wanted, now), now)


@dataclass
class Firer:
    """Fires bulletins at a sandbox, over a ledger; each call is one run."""

    ledger: Ledger
    base_url: str
    settings: Settings = QUICK
    concurrency: int = 3
    account_fields: dict[str, Any] = field(default_factory=dict)
    reported: list[Result] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)

    def run(self, *, on_result: Callable[[Result], None] | None = None, **settings: Any) -> Run:
        """A run that has not begun."""
        return Run(
            self.ledger,
            Origin("fire", "1.2.3"),
            IDENTITY,
            settings=replace(self.settings, **settings),
            on_result=on_result or self.reported.append,
            on_message=self.messages.append,
        )

    def fire(
        self, bulletins: list[Bulletin], run: Run | None = None, plan: Plan | None = None, **settings: Any
    ) -> RunResult:
        """One run from its start to its end."""
        run = run or self.run(**settings)
        plan = plan or plan_of(bulletins, self.ledger)
        names = {name for each in bulletins for name in each.accounts}
        accounts = {
            name: account(self.base_url, name, concurrency=self.concurrency, **self.account_fields) for name in names
        }
        credentials = {name: Credentials(f"{name}-id", PASSCODE) for name in names}
        ended = run.fire(plan, accounts, credentials)
        run.finish(ended.exit_code, ended.results)
        return ended


def outcomes(ended: RunResult) -> dict[str, str | None]:
    """Outcomes by the bulletin's id."""
    return {result.step.firing.key.bulletin: result.outcome for result in ended.results}


def reason_code(result: Result) -> ReasonCode | None:
    """The code of a result's reason."""
    return None if result.reason is None else result.reason.code


@contextmanager
def in_background(work: Callable[[], object]) -> Iterator[None]:
    """Does the work in a thread meanwhile; what fails there fails the test."""
    with ThreadPoolExecutor(1) as pool:
        doing = pool.submit(work)
        yield
        doing.result(PATIENCE_S)


class AtRequest:
    """What a sandbox does in the middle of a run: before it answers the nth request, which keeps later ones waiting.

    So the run can't be over by then, however slow or busy the machine is. Leaving the `with` fails where that request
    never came, or where the work failed.
    """

    def __init__(self, number: int) -> None:
        self.work: Callable[[], object] = lambda: None
        self._number = number
        self._done = threading.Event()
        self._error: BaseException | None = None

    def __call__(self, received: Received) -> None:
        if received.number > self._number:
            self._done.wait(PATIENCE_S)
        elif received.number == self._number:
            try:
                self.work()
            except BaseException as error:  # noqa: BLE001 - reported when the block is left
                self._error = error
            self._done.set()

    def __enter__(self) -> AtRequest:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._error is not None:
            raise self._error
        assert kind is not None or self._done.is_set(), f"request {self._number} never came"
