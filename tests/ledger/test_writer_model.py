"""Batches of requests through two writers, with groups that are refused or whose commit is unknown, against a model.

The model: a firing has at most one row that is claimed, fired or in doubt; a caller that got a claim has
a row, and nobody else has one; an outcome that was confirmed is what the row says; a refused request
leaves nothing behind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from examples import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from plan import NOW, make_firing

from ledger import PATIENCE_S, all_of, attempt, begin
from runner.errors import ErrorCode
from runner.ledger.database import tables
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.ledger_errors import LedgerAway, Unstorable
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Claim, ClaimRequest, OutcomeRecord, Settlement
from runner.ledger.writer import LedgerWriter
from runner.plan.budget import HOUR, HeldByBudget, Limit
from runner.plan.history import BLOCKING, State

NAMES = ("a", "b", "c", "d", "refused")
FIRINGS = {name: make_firing(name, at=NOW) for name in NAMES}
ENDINGS = (State.FIRED, State.FAILED, State.IN_DOUBT, State.RELEASED)
ROOM = 1_000_000  # of the budget: it is checked, and never spent


class Faulty(Ledger):
    """A ledger that refuses a firing, and is away for some groups: before it wrote them, or while it committed them.

    `unheard` is the same ledger: what it commits, nobody hears of.
    """

    def __init__(self, path: str, unheard: Ledger, faults: Sequence[str]) -> None:
        super().__init__(parse_url(path))
        self._unheard = unheard
        self._faults = iter(faults)

    def claim_all(self, run: str, requests: Sequence[ClaimRequest]) -> list[Claim | HeldByBudget | None]:
        fault = self._fault()
        if any(each.firing is FIRINGS["refused"] for each in requests):
            raise Unstorable(ErrorCode.LEDGER_REFUSES_VALUE, "refused")
        if fault:
            self._unheard.claim_all(run, requests)
            raise LedgerAway(ErrorCode.LEDGER_UNREACHABLE, "away")
        return super().claim_all(run, requests)

    def settle_all(self, run: str, outcomes: Sequence[OutcomeRecord]) -> list[bool]:
        fault = self._fault()
        if any(each.settlement.reason == "refused" for each in outcomes):
            raise Unstorable(ErrorCode.LEDGER_REFUSES_VALUE, "refused")
        if fault:
            self._unheard.settle_all(run, outcomes)
            raise LedgerAway(ErrorCode.LEDGER_UNREACHABLE, "away")
        return super().settle_all(run, outcomes)

    def _fault(self) -> bool:
        """Raise LedgerAway, or return whether the commit is to be unknown."""
        fault = next(self._faults, "")
        if fault == "before":
            raise LedgerAway(ErrorCode.LEDGER_UNREACHABLE, "away")
        return fault == "unknown"


class Ask(NamedTuple):
    """A request: a claim by one of the runs, or the outcome of an open claim of that run, taken by its number."""

    run: int
    name: str
    is_budgeted: bool
    ends: State | None
    is_refused: bool


ASKS = st.builds(
    Ask, st.integers(0, 1), st.sampled_from(NAMES), st.booleans(), st.none() | st.sampled_from(ENDINGS), st.booleans()
)


@settings(max_examples=examples(60), deadline=None)
@given(
    batches=st.lists(st.lists(ASKS, min_size=1, max_size=12), min_size=1, max_size=6),
    faults=st.lists(st.sampled_from(["", "", "before", "unknown"]), max_size=30),
)
def test_what_writers_confirm_is_what_the_ledger_holds(batches: list[list[Ask]], faults: list[str]) -> None:
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder, ExitStack() as stack:
        path = str(Path(folder) / "ledger.sqlite3")
        create(parse_url(path), now=NOW, who="asha")
        unheard = stack.enter_context(Ledger(parse_url(path)))
        ledger = stack.enter_context(Faulty(path, unheard, faults))
        writers = [stack.enter_context(LedgerWriter(ledger, begin(ledger))) for _ in range(2)]
        pool = stack.enter_context(ThreadPoolExecutor(12))
        open_claims: dict[str, tuple[int, Claim]] = {}
        ended: dict[str, State] = {}
        for batch in batches:
            free = set(NAMES) - {"refused"} - {claim.key.bulletin for _, claim in open_claims.values()}
            free -= {row["bulletin"] for row in all_of(path, tables.firings) if State(row["state"]) in BLOCKING}
            works = list(_works(batch, open_claims))
            doing = [pool.submit(_insisted, writers[run], work) for run, work in works]
            answers = [each.result(PATIENCE_S) for each in doing]
            claimed = Counter[str]()
            for (run, work), answer in zip(works, answers, strict=True):
                if isinstance(work, ClaimRequest) and isinstance(answer, Claim):
                    assert answer == Claim(work.id, work.firing.key)
                    open_claims[answer.id] = (run, answer)
                    claimed[answer.key.bulletin] += 1
                elif isinstance(work, OutcomeRecord) and answer is True:
                    del open_claims[work.claim.id]
                    ended[work.claim.id] = work.settlement.state
                else:
                    assert answer in (None, "refused")
            asked = {work.firing.key.bulletin for _, work in works if isinstance(work, ClaimRequest)}
            assert all(claimed[name] == 1 for name in asked & free)
            rows = {row["id"]: row for row in all_of(path, tables.firings)}
            expected = {**dict.fromkeys(open_claims, State.CLAIMED), **ended}
            assert {key: State(row["state"]) for key, row in rows.items()} == expected
            blocking = Counter(row["bulletin"] for row in rows.values() if State(row["state"]) in BLOCKING)
            assert set(blocking.values()) <= {1}
            assert {row["firing"] for row in all_of(path, tables.attempts)} == ended.keys()
        assert sum(ledger.own_run(writer.run).claims for writer in writers) == len(open_claims) + len(ended)


def _works(
    batch: list[Ask], open_claims: dict[str, tuple[int, Claim]]
) -> Iterator[tuple[int, ClaimRequest | OutcomeRecord]]:
    """Yield the requests of a batch. Each claim ends once in it."""
    left = dict(open_claims)
    for ask in batch:
        if ask.ends is None:
            limits = (Limit("india", ROOM, HOUR),) if ask.is_budgeted else ()
            yield ask.run, ClaimRequest(new_ulid(), FIRINGS[ask.name], NOW, limits)
        elif mine := [key for key, (run, _) in left.items() if run == ask.run]:
            _, claim = left.pop(mine[0])
            reason = "refused" if ask.is_refused else None
            yield ask.run, OutcomeRecord(claim, Settlement(ask.ends, reason, attempts=(attempt(),)), NOW)


def _insisted(writer: LedgerWriter, work: ClaimRequest | OutcomeRecord) -> Claim | HeldByBudget | bool | str | None:
    """Repeat the request until the ledger answers it; return the answer, or "refused"."""
    while True:
        try:
            return writer.claim(work) if isinstance(work, ClaimRequest) else writer.settle(work)
        except Unstorable:
            return "refused"
        except LedgerAway:
            continue
