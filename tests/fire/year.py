"""A year of recurring schedules in steps of five minutes, with gaps in which no run comes, and runs that are killed.

In goes a seed; out comes what people got, what the ledger and the runs say, and when all was due: by an oracle that
walks through the year on every clock, and knows neither cron nor the planner.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from zoneinfo import ZoneInfo

from fire import IDENTITY
from fire.mortal import KILLED, PATIENCE_S, POINTS
from runner import process
from runner.definitions.load import load
from runner.definitions.model import Definitions
from runner.jobs.planning import plan_firings
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.plan.decide import Action, Plan
from runner.plan.firing import firings
from runner.plan.history import State
from runner.sandbox.server import Sandbox

STEP = timedelta(minutes=5)
BEGIN, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
LONGEST_GAP = timedelta(days=3)
# The clocks of Berlin and of New York change then: a run should come, or the year would show nothing of it.
NO_GAPS = [datetime(2026, month, day, tzinfo=UTC) for month, day in ((3, 6), (3, 28), (10, 24), (10, 30))]
_TICK = timedelta(minutes=15)  # all times of the year, and all changes of these clocks, fall on a quarter of an hour


@dataclass(frozen=True, slots=True)
class Recurring:
    """One bulletin of the year: its cron, and the same for the oracle."""

    id: str
    cron: str
    zone: str
    grace: timedelta
    hour: int
    minute: int
    weekday: int | None = None

    def is_due(self, local: datetime) -> bool:
        """Whether the clocks show one of its times."""
        return (local.hour, local.minute) == (self.hour, self.minute) and self.weekday in (None, local.weekday())


YEAR = (
    Recurring("weekly-kolkata", "30 18 * * FRI", "Asia/Kolkata", timedelta(hours=2), 18, 30, 4),
    Recurring("weekly-new-york", "30 2 * * SUN", "America/New_York", timedelta(hours=3), 2, 30, 6),
    Recurring("daily-kolkata", "30 2 * * *", "Asia/Kolkata", timedelta(minutes=90), 2, 30),
    Recurring("daily-berlin", "30 2 * * *", "Europe/Berlin", timedelta(hours=2), 2, 30),
)


def due_times(bulletin: Recurring, begin: datetime = BEGIN, end: datetime = END) -> Iterator[datetime]:
    """When it is due: each time that the clocks of its zone come to, or jump over, and have not shown before."""
    tz = ZoneInfo(bulletin.zone)
    shown = begin.astimezone(tz).replace(tzinfo=None)
    at = begin
    while (at := at + _TICK) < end:
        local = at.astimezone(tz).replace(tzinfo=None)
        jumped = []
        while shown < local:
            shown += _TICK
            jumped.append(shown)
        if any(map(bulletin.is_due, jumped)):
            yield at


@dataclass
class Year:
    """The simulation, in a folder and with a sandbox of its own. A context manager."""

    folder: Path
    seed: int
    every_step: bool = False  # plans each of the 105,120 steps; else proves of a stretch that nothing was to be done
    begin: datetime = BEGIN
    end: datetime = END
    runs: list[datetime] = field(default_factory=list)  # those that came to their end
    kills: Counter[str] = field(default_factory=Counter)
    idle: int = 0  # steps at which nothing was to be done
    gaps: int = 0

    def __enter__(self) -> Year:
        self.chance = random.Random(self.seed)
        self.sandbox = Sandbox()
        self.url = str(self.folder / "ledger.sqlite3")
        self.reported = self.folder / "reported"
        self._write()
        create(parse_url(self.url), now=self.begin, who="tester")
        self.ledger = Ledger(parse_url(self.url), clock=lambda: self.now)
        self.now = self.begin
        self.mortal = subprocess.Popen(
            [sys.executable, "-P", "-m", "fire.mortal", str(self.folder / "bulletins.d"), self.url],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # it is killed with its children: they have its standard output too
        )
        self._answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self.mortal.stdin, self.mortal.stdout):
            assert stream is not None
            stream.close()
        self._kill()
        self.mortal.wait()
        self.ledger.close()
        self.sandbox.close()

    def _write(self) -> None:
        account = f"{{base_url: '{self.sandbox.base_url}', account_id_env: A, passcode_env: B}}"
        lines = [
            "defaults: {business_event: Program Released, c-by: a@example.com, accounts: [india]}",
            "bulletins:",
            *(
                f'  - {{id: {each.id}, name: "{each.id} {{{{ occurrence.utc }}}}", properties: {{}}, schedule:'
                f' {{cron: "{each.cron}", timezone: {each.zone}, grace: {each.grace // timedelta(minutes=1)}m,'
                f" ends: {self.end - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}}}}}"
                for each in YEAR
            ),
        ]
        folder = self.folder / "bulletins.d"
        folder.mkdir()
        (folder / "accounts.yaml").write_text(f"accounts:\n  india: {account}\n", encoding="utf-8")
        (folder / "all.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    @cached_property
    def definitions(self) -> Definitions:
        found = load([self.folder / "bulletins.d"])
        assert not found.problems, found.problems
        return found

    def pass_by(self) -> None:
        """The whole year. At its end a run comes to its end, long after all that was due."""
        while self.now < self.end:
            plan = self.plan(self.now)
            if self.is_idle(plan):
                self._rest(plan)
            else:
                self._fire(mortal=self.chance.random() < 0.3)
                self.now += STEP
                if self.chance.random() < 0.2:
                    self._gap()
        self.now = self.end + LONGEST_GAP
        self._fire(mortal=False)

    def plan(self, at: datetime) -> Plan:
        """What a run would do then."""
        return plan_firings(self.ledger, self.definitions, list(firings(self.definitions, at)), at)

    @staticmethod
    def is_idle(plan: Plan) -> bool:
        """Whether a run would do nothing."""
        return not plan.to_send and not plan.newly_expired

    def _rest(self, plan: Plan) -> None:
        """Goes on to where something is due next; at all steps before it, nothing is to be done."""
        if self.every_step:
            self.idle += 1
            self.now += STEP
            return
        coming = (step.firing.occurrence.due_at for step in plan.steps if step.action is Action.WAIT)
        due = min((at for at in coming if at), default=self.end)
        last = min(max(self.now, due - timedelta(seconds=1) - (due - self.now - timedelta(seconds=1)) % STEP), self.end)
        # What became due on the way, or closed, would show here: nothing is settled meanwhile.
        assert self.is_idle(self.plan(last)), last
        if self.chance.random() < 0.1:  # a run with nothing to do does nothing
            self.now += (last - self.now) // STEP // 2 * STEP
            self._fire(mortal=self.chance.random() < 0.5)
        self.idle += (last - self.now) // STEP + 1
        self.now = last + STEP
        if self.chance.random() < 0.15:
            self._gap()

    def _gap(self) -> None:
        length = LONGEST_GAP * self.chance.random() // STEP * STEP
        if not any(self.now < day + timedelta(days=3) and day < self.now + length for day in NO_GAPS):
            self.now += length
            self.gaps += 1

    def _fire(self, *, mortal: bool) -> None:
        dies = None
        if mortal:
            dies = [
                self.chance.choice([*POINTS]),
                self.chance.choice(["before", "after"]),
                self.chance.choice([1, 1, 2]),
            ]
        command = {"now": self.now.isoformat(), "dies": dies, "reported": str(self.reported)}
        assert self.mortal.stdin is not None
        self.mortal.stdin.write(json.dumps(command) + "\n")
        self.mortal.stdin.flush()
        code = self._answer()["code"]
        assert code in (0, KILLED), f"seed {self.seed}: a run at {self.now} ended with {code}"
        if code == KILLED:
            assert dies is not None
            self.kills[f"{dies[1]} {dies[0]}"] += 1
        else:
            self.runs.append(self.now)
        self._settle_doubts()

    def _settle_doubts(self) -> None:
        """What a person does: looks whether people got it, and says so."""
        self.ledger.end_leases(process.has_ended)
        for row in self.ledger.in_doubt():
            name = json.loads(row.payload)["name"]
            assert self.ledger.resolve(row, sent=name in self.accepted, note="looked it up", identity=IDENTITY)

    def _answer(self) -> Mapping[str, int]:
        watchdog = threading.Timer(2 * PATIENCE_S, self._kill)
        watchdog.start()
        try:
            assert self.mortal.stdout is not None
            answer: Mapping[str, int] = json.loads(self.mortal.stdout.readline())
            return answer
        finally:
            watchdog.cancel()

    def _kill(self) -> None:
        os.killpg(self.mortal.pid, signal.SIGKILL)

    @property
    def accepted(self) -> Counter[str]:
        """How often people got each."""
        return Counter(received.name or "" for received in self.sandbox.accepted())

    def broken(self) -> list[str]:
        """What is not as it should be, in words: each time once, sent where a run came in time, and else reported."""
        due = {
            f"{each.id} {at:%Y-%m-%dT%H:%M:%SZ}": (at, at + each.grace)
            for each in YEAR
            for at in due_times(each, self.begin, self.end)
        }
        accepted, rows = self.accepted, self.ledger.rows(state=State.EXPIRED, limit=None)
        expired = Counter(json.loads(row.payload)["name"] for row in rows)
        published = self._published_expired()
        reported = {name for name, _ in published}
        in_time = {name for name, (at, until) in due.items() if any(at <= run <= until for run in self.runs)}
        marked = {row.reporter for row in rows if row.reported_at}
        twice = {name for name, runs in runs_of(published).items() if len(marked.intersection(runs)) > 1}
        again = sum(len(runs) - 1 for runs in runs_of(published).values())
        faults = {
            "sent more than once": {name for name, count in accepted.items() if count > 1},
            "recorded as expired more than once": {name for name, count in expired.items() if count > 1},
            "reported as expired by two runs that recorded that": twice,
            "in no report": {json.loads(row.payload)["name"] for row in rows if not row.reported_at}
            | expired.keys() - reported,
            "sent and expired": accepted.keys() & expired.keys(),
            "never due": (accepted.keys() | expired.keys() | reported) - due.keys(),
            "lost": due.keys() - accepted.keys() - expired.keys(),
            "not sent, though a run came in time": in_time - accepted.keys(),
            "reported, but not recorded": reported - expired.keys(),
        }
        said = [f"seed {self.seed}: {what}: {', '.join(sorted(names))}" for what, names in faults.items() if names]
        if again and not self.kills["before mark"]:  # only a run that dies before it records its report is repeated
            said.append(f"seed {self.seed}: {again} expiries were reported again")
        return said

    def _published_expired(self) -> list[tuple[str, str]]:
        """What the reports say has expired: its name, and the run whose report says it."""
        lines = (line.split() for line in self.reported.read_text(encoding="utf-8").splitlines())
        return [(f"{id} {name.partition('@')[2]}", run) for run, id, name, outcome in lines if outcome == "expired"]  # noqa: A001


def runs_of(published: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The runs whose reports say it, by name."""
    found: dict[str, list[str]] = {}
    for name, run in published:
        found.setdefault(name, []).append(run)
    return found
