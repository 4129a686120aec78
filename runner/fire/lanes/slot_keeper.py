"""An account's slots, shared with every run on the ledger: taken for the lanes that need them, and given up fairly.

A lane sends with the slots that it holds, and keeps them from one request to the next: the ledger is asked only
when slots change hands. One thread for all lanes of a run.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from runner import clock, process
from runner.fire.fault_scope import concerns_ledger, fault_text
from runner.fire.holding.ledger_access import Reach
from runner.fire.lanes.lane import Lane
from runner.ledger.database.database_errors import LedgerAway
from runner.ledger.ledger import Ledger

_SHORT_S = 0.04  # between two looks for a free slot
_LOOK_S = 0.2  # between two looks whether others are short of them
_TURN_S = 0.5  # how long a slot is kept where there are more runs than slots
_REST_S = 0.15  # how long whoever gave one up lets others go first
_GONE_S = 1.0  # between two looks whether whoever holds the slots is gone
_NEWS_S = 5.0  # a run that waited so long for its first slot says so
_JOIN_S = 1.0

T = TypeVar("T")


@dataclass(slots=True)
class _Tended:
    """A lane, and what is remembered between two looks at it. Times in elapsed seconds."""

    lane: Lane
    looked_at: float = 0.0
    taken_at: float = 0.0
    rests_until: float = 0.0
    makes_way: bool = False
    waits_since: float | None = None  # for a slot, having none
    told: bool = False
    owed: list[int] = field(default_factory=list)  # taken from the lane, and not yet given back to the ledger


class SlotKeeper:
    """Keeps the lanes of a run in slots while it lasts, a context manager; at the end gives all of them back.

    `on_fault` is called for an exception that ends it, `on_lane_fault` for one that concerns a single lane, with the
    reason; `on_message` for what a person may want to know.
    """

    def __init__(
        self,
        ledger: Ledger,
        run: str,
        lanes: Sequence[Lane],
        reach: Reach,
        *,
        on_fault: Callable[[Exception], None],
        on_lane_fault: Callable[[Lane, str], None] = Lane.stop,
        on_message: Callable[[str], None],
    ) -> None:
        self._ledger = ledger
        self._run = run
        self._tended = [_Tended(lane) for lane in lanes]
        self._reach = reach
        self._on_fault = on_fault
        self._on_lane_fault = on_lane_fault
        self._on_message = on_message
        self._looked_for_gone_at = 0.0
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._keep, name="slots", daemon=True)

    def __enter__(self) -> SlotKeeper:
        for each in self._tended:
            each.lane.on_need = self._wake.set
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        self._wake.set()
        self._thread.join(_JOIN_S)

    def look_again(self) -> None:
        """Asks which slots are still the run's own, once its lease had run out: others may have taken them."""
        for each in self._tended:
            each.lane.retain(self._ledger.slots_of(self._run, each.lane.account.name))

    def _keep(self) -> None:
        try:
            while not self._ended:
                for each in tuple(self._tended):
                    self._tend_alone(each)
                is_short = any(each.lane.shortage for each in self._tended)
                self._wake.wait(random.uniform(_SHORT_S / 2, _SHORT_S) if is_short else _LOOK_S)
                self._wake.clear()
            for each in self._tended:
                self._give_back(each, len(each.lane.slots))
        except Exception as error:  # noqa: BLE001 - told, and then the run ends
            if not (self._ended and isinstance(error, LedgerAway)):  # the end of the run frees its slots as well
                self._on_fault(error)

    def _insist(self, operation: Callable[[], T]) -> T:
        return self._reach.insist(operation, unless=lambda: self._ended)

    def _tend_alone(self, each: _Tended) -> None:
        """A fault that concerns one lane stops that lane; its slots are freed with the end of the run."""
        try:
            self._tend(each)
        except Exception as error:
            if concerns_ledger(error):
                raise
            self._tended.remove(each)
            self._on_lane_fault(each.lane, f"the account was stopped: {fault_text(error)}")

    def _tend(self, each: _Tended) -> None:
        lane, account = each.lane, each.lane.account
        now = clock.elapsed_s()
        if lane.slots and now - each.looked_at >= _LOOK_S:
            each.looked_at = now
            self._make_room(each, now)
        self._give_back(each, lane.surplus)
        wanted = lane.shortage
        if wanted and now >= each.rests_until:
            limit, held = account.concurrency, lane.slots
            taken = self._insist(
                lambda: self._ledger.take_slots(self._run, account.name, limit=limit, wanted=wanted, held=held)
            )
            if taken:
                each.taken_at = clock.elapsed_s()
                lane.grant(taken)
            else:
                self._free_what_the_dead_hold(now)
        self._tell_of_waiting(each, now)

    def _free_what_the_dead_hold(self, now: float) -> None:
        """Of this machine: those of others are free when their leases run out."""
        if now - self._looked_for_gone_at >= _GONE_S:
            self._looked_for_gone_at = now
            self._insist(lambda: self._ledger.end_leases(process.is_gone))

    def _tell_of_waiting(self, each: _Tended, now: float) -> None:
        if each.lane.slots or not each.lane.shortage:
            each.waits_since = None
        elif each.waits_since is None:
            each.waits_since = now
        elif now - each.waits_since >= _NEWS_S and not each.told:
            each.told = True
            name = each.lane.account.name
            self._on_message(f"waiting for a slot in {name}: other runs hold them all (bulletins status shows whose)")

    def _give_back(self, each: _Tended, count: int) -> None:
        each.owed += each.lane.withdraw(count)
        if not each.owed:
            return
        self._insist(lambda: self._ledger.give_back_slots(self._run, each.lane.account.name, each.owed))
        each.owed.clear()
        if each.makes_way:
            each.makes_way = False
            each.rests_until = clock.elapsed_s() + _REST_S

    def _make_room(self, each: _Tended, now: float) -> None:
        """Gives up a slot where another run has fewer than its share, and none is free for it."""
        lane = each.lane
        demand = self._insist(lambda: self._ledger.slot_demand(lane.account.name))
        limit = lane.account.concurrency
        if sum(demand.values()) < limit:
            return
        share = max(1, limit // len(demand))
        others_are_short = any(held < share for run, held in demand.items() if run != self._run)
        has_had_its_turn = len(demand) > limit and now - each.taken_at >= _TURN_S
        if others_are_short and (len(lane.slots) > share or has_had_its_turn):
            each.makes_way = True
            lane.give_up_one()
