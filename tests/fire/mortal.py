"""Real runs of `fire` at given times, in a process that may die in the middle of one, and in the next after it.

The child serves one run after the other: it reads a line of JSON for each, and answers by one, its exit code. Where it
dies, the process answers for it and forks another; it has no second thread, for forking one that has is not safe.
"""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn, TextIO

from runner import clock, process
from runner.definitions.load import load
from runner.definitions.model import Definitions
from runner.fire.api.client import Client
from runner.fire.api.credentials import Credentials
from runner.fire.result import Result
from runner.fire.run import Run
from runner.jobs.planning import plan_firings
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.values import Identity, Origin
from runner.plan.firing import firings

KILLED = 9
PATIENCE_S = 60.0  # of one run: then it ends with a word where it was
# Where a run can die: right before or right after it does that.
POINTS: dict[str, tuple[type, str]] = {
    "claim": (Ledger, "claim_all"),
    "send": (Client, "send"),
    "settle": (Ledger, "settle_all"),
    "expire": (Ledger, "expire"),
    "watch": (Ledger, "watch"),
    "put in doubt": (Ledger, "put_claims_in_doubt"),
    "take over": (Ledger, "take_over"),
    "record": (Ledger, "record_outcome"),
    "mark": (Ledger, "mark_reported"),
    "finish": (Ledger, "finish_run"),
}


def main(folder: str, url: str) -> None:
    """Serves until standard input ends; a child serves until it dies."""
    definitions = load([Path(folder)])
    assert not definitions.problems, definitions.problems
    _say({"ready": os.getpid()})
    while True:
        child = os.fork()
        if not child:
            _be(definitions, url)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if not code:
            return
        _say({"code": code})


def _say(what: dict[str, int]) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201


def _be(definitions: Definitions, url: str) -> NoReturn:
    code = 70
    try:
        with Ledger(parse_url(url)) as ledger:
            while line := sys.stdin.readline():
                command = json.loads(line)
                faulthandler.dump_traceback_later(PATIENCE_S, exit=True)
                now = datetime.fromisoformat(command["now"])
                with open(command["reported"], "a", encoding="utf-8") as reported, _dying(command["dies"]):
                    _fire(definitions, ledger, now, reported)
                faulthandler.cancel_dump_traceback_later()
                _say({"code": 0})
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _fire(definitions: Definitions, ledger: Ledger, now: datetime, reported: TextIO) -> None:
    clock.now = lambda: now
    ledger.end_leases(process.has_ended)
    plan = plan_firings(ledger, definitions, list(firings(definitions, now)), now)
    identity = Identity("tester", "here", os.getpid(), process.this_process())
    run = Run(ledger, Origin("fire", "1.2.3"), identity)
    credentials = {name: Credentials(f"{name}-id", "sesame") for name in definitions.accounts}
    ended = run.fire(plan, definitions.accounts, credentials)
    run.record_outcome(ended.exit_code)
    _publish(reported, run.id, ended.results)
    run.finish(ended.exit_code, ended.results)


def _publish(reported: TextIO, run: str, results: Iterable[Result]) -> None:
    """The report: a line for each result that has an outcome."""
    for result in results:
        if result.outcome is not None:
            key = result.step.firing.key
            reported.write(f"{run} {key.bulletin} {key.occurrence} {result.outcome}\n")
    reported.flush()


@contextmanager
def _dying(where: tuple[str, str, int] | None) -> Iterator[None]:
    """Ends the process where it comes to that point the nth time, `before` or `after` it did what it does there."""
    if where is None:
        yield
        return
    point, when, left = where
    kind, name = POINTS[point]
    does = getattr(kind, name)

    def mortal(*args: Any, **kwargs: Any) -> Any:
        nonlocal left
        left -= 1
        if when == "before" and not left:
            os._exit(KILLED)
        done = does(*args, **kwargs)
        if not left:
            os._exit(KILLED)
        return done

    setattr(kind, name, mortal)
    try:
        yield
    finally:
        setattr(kind, name, does)


if __name__ == "__main__":
    main(*sys.argv[1:])
