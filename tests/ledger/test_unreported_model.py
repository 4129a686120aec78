"""Runs that overlap and die anywhere, against a model: each finding is published, and twice only if a run died between.

Between publishing and recording that, a run may die: then, and only then, the same is published again.
"""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from examples import examples
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from plan import HOUR, NOW, make_firing

from ledger import ORIGIN, WHO, claim_one, settle_one
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.values import Claim, Settlement
from runner.plan.history import State

LEASE = timedelta(hours=1)
STEP = timedelta(seconds=1)
NAMES = ("a", "b", "c", "d")  # of bulletins; a narrow run selects one of them


@dataclass
class Live:
    """A run under way: what it selects, and what it would still lose if it died."""

    id: str
    selects: frozenset[str]
    claims: list[Claim] = field(default_factory=list)
    has_begun: bool = False  # it has swept and taken over
    published: list[str] | None = None  # the ids of the rows that its report shows


class Reports(RuleBasedStateMachine):
    """Runs on one ledger, and what people have read."""

    @initialize()
    def make(self) -> None:
        self.folder = TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None)
        url = parse_url(str(Path(self.folder.name) / "ledger.sqlite3"))
        create(url, now=NOW, who="asha")
        self.now: datetime = NOW
        self.ledger = Ledger(url, clock=lambda: self.now)
        self.runs: list[Live] = []
        self.read: Counter[str] = Counter()  # how often each row was published
        self.may_repeat: Counter[str] = Counter()  # how often a run died that had published it and not recorded that
        self.found: set[str] = set()  # the rows that need a report

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self._die_all()
            last = self._start(frozenset(NAMES))
            self._begin(last)
            self._publish(last)
            self._finish(last)
            assert {row for row in self._needing_report() if not self.read[row]} == set()
            assert {row: self.read[row] for row in self.read if self.read[row] > 1 + self.may_repeat[row]} == {}
            self.ledger.close()
            self.folder.cleanup()

    def _needing_report(self) -> set[str]:
        states = {row.id: row.state for row in self.ledger.rows(limit=None)}
        return {row for row in self.found if states[row] in (State.EXPIRED, State.IN_DOUBT)}

    def _die_all(self) -> None:
        while self.runs:
            self._die(self.runs[0])

    def _start(self, selects: frozenset[str]) -> Live:
        live = Live(self.ledger.start_run(ORIGIN, WHO, lease=LEASE), selects)
        self.runs.append(live)
        return live

    def _any(self, data: st.DataObject, runs: list[Live]) -> Live:
        return runs[data.draw(st.integers(0, len(runs) - 1))]

    def _begin(self, live: Live) -> None:
        live.has_begun = True
        self.found.update(row.id for row in self.ledger.put_claims_in_doubt(live.id))
        alive = {run.id for run in self.runs} - {live.id}
        before = {row.id for run in alive for row in self.ledger.unreported(run)}
        taken = self.ledger.take_over(live.id, lambda key, file: key.bulletin[0] in live.selects)
        assert before.isdisjoint(row.id for row in taken)

    def _publish(self, live: Live) -> None:
        """The report shows what the run selects; the rest of what it swept waits for another."""
        rows = [row for row in self.ledger.unreported(live.id) if row.key.bulletin[0] in live.selects]
        live.published = [row.id for row in rows]
        self.read.update(live.published)

    def _finish(self, live: Live) -> None:
        self.ledger.mark_reported(live.id, live.published or [])
        self.ledger.finish_run(live.id, exit_code=0, interrupted=False)
        self.runs.remove(live)

    def _die(self, live: Live) -> None:
        unmarked = {row.id for row in self.ledger.unreported(live.id)}
        self.may_repeat.update(unmarked.intersection(live.published or ()))
        with self.ledger.writing() as connection:
            connection.exec_driver_sql("UPDATE runs SET lease_until = started_at WHERE id = ?", (live.id,))
        self.runs.remove(live)
        self.now += STEP

    @rule(selects=st.sampled_from([frozenset(NAMES), *(frozenset(name) for name in NAMES)]))
    def start(self, selects: frozenset[str]) -> None:
        self.now += STEP
        self._start(selects)

    @precondition(lambda self: any(not run.has_begun for run in self.runs))
    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        self._begin(self._any(data, [run for run in self.runs if not run.has_begun]))

    @precondition(lambda self: any(run.has_begun and run.published is None for run in self.runs))
    @rule(data=st.data(), how=st.sampled_from(["expire", "claim", "doubt"]))
    def work(self, data: st.DataObject, how: str) -> None:
        live = self._any(data, [run for run in self.runs if run.has_begun and run.published is None])
        name = f"{data.draw(st.sampled_from(sorted(live.selects)))}-{uuid.uuid4().hex}"
        if how == "expire":
            assert self.ledger.expire(live.id, [make_firing(name, at=NOW - 9 * HOUR)], self.now)
            self.found.update(row.id for row in self.ledger.rows(bulletin=name))
            return
        claim = claim_one(self.ledger, live.id, make_firing(name), self.now)
        assert claim
        live.claims.append(claim)
        if how == "doubt":
            live.claims.remove(claim)
            assert settle_one(self.ledger, claim, Settlement(State.IN_DOUBT, "HTTP 503"), self.now)
            self.found.add(claim.id)

    @precondition(lambda self: any(run.claims for run in self.runs))
    @rule(data=st.data())
    def fire(self, data: st.DataObject) -> None:
        live = self._any(data, [run for run in self.runs if run.claims])
        assert settle_one(self.ledger, live.claims.pop(), Settlement(State.FIRED), self.now)

    @precondition(lambda self: any(run.has_begun and run.published is None and not run.claims for run in self.runs))
    @rule(data=st.data())
    def publish(self, data: st.DataObject) -> None:
        able = [run for run in self.runs if run.has_begun and run.published is None and not run.claims]
        self._publish(self._any(data, able))

    @precondition(lambda self: any(run.published is not None for run in self.runs))
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        self._finish(self._any(data, [run for run in self.runs if run.published is not None]))

    @precondition(lambda self: any(run.published is not None for run in self.runs))
    @rule(data=st.data())
    def die_between_marking_and_finishing(self, data: st.DataObject) -> None:
        live = self._any(data, [run for run in self.runs if run.published is not None])
        self.ledger.mark_reported(live.id, live.published or [])
        self._die(live)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def die(self, data: st.DataObject) -> None:
        self._die(self._any(data, self.runs))

    @precondition(lambda self: any(self.found - set(self.read)))
    @rule(data=st.data(), sent=st.booleans())
    def resolve(self, data: st.DataObject, *, sent: bool) -> None:
        doubts = [row for row in self.ledger.in_doubt() if row.state is State.IN_DOUBT]
        if doubts:
            row = doubts[data.draw(st.integers(0, len(doubts) - 1))]
            assert self.ledger.resolve(row, sent=sent, note="looked it up", identity=WHO)

    @invariant()
    def nobody_reads_the_same_twice_without_a_death(self) -> None:
        if hasattr(self, "read"):
            assert all(count <= 1 + self.may_repeat[row] for row, count in self.read.items())


TestReports = Reports.TestCase
# Not shrunk: each example makes a ledger, and a shorter one takes minutes to find.
TestReports.settings = settings(
    max_examples=examples(60), stateful_step_count=30, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
