"""The slots of a run's lanes: takes them from the ledger for the lanes that need some, and shares them with other runs.

The rule: all runs on a ledger share the slots of an account. A lane keeps its slots from one request to the next, so
the ledger is asked only when a slot moves to another run. If another run has fewer slots than its equal share, and
none is free, a run with more than its share gives one back. One thread works for all lanes of a run, with one query or
statement for all of them.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from runner import clock, process
from runner.fire import reasons
from runner.fire.fault_scope import concerns_ledger
from runner.fire.holding.ledger_access import LedgerAccess
from runner.fire.lanes.lane import Lane
from runner.ledger.ledger_errors import LedgerAway
from runner.ledger.values import SlotRequest
from runner.ledger.writer import LedgerWriter
from runner.reason import Reason

_SHORT_S = 0.04  # between two checks for a free slot, while a lane needs one
_CHECK_S = 0.2  # between two checks whether another run needs a slot
_TURN_S = 0.5  # how long a run keeps a slot if there are more runs than slots
_REST_S = 0.15  # how long a run that gave a slot back leaves free slots to the others
_CHECK_DEAD_S = 1.0  # between two checks for runs of this machine whose process has ended
_REPORT_AFTER_S = 5.0  # a run that waits this long for its first slot reports that
_JOIN_S = 1.0

T = TypeVar("T")


@dataclass(slots=True)
class _Tended:
    """A lane, and what the keeper remembers of it between two checks. Times in elapsed seconds."""

    lane: Lane
    checked_at: float = 0.0
    taken_at: float = 0.0
    rests_until: float = 0.0
    makes_way: bool = False
    waits_since: float | None = None  # since when the lane has no slot and needs one
    is_reported: bool = False
    owed: list[int] = field(default_factory=list)  # removed from the lane, and not yet given back to the ledger


class SlotKeeper:
    """Supplies the lanes of a run with slots. A context manager that gives all slots back at the end.

    `on_fault` is called with an exception that ends the keeper, `on_lane_fault` with a lane to which nothing can be
    sent and the reason, `on_message` with a message for the user.
    """

    def __init__(
        self,
        writer: LedgerWriter,
        lanes: Sequence[Lane],
        access: LedgerAccess,
        *,
        on_fault: Callable[[Exception], None],
        on_lane_fault: Callable[[Lane, Reason], None] = Lane.stop,
        on_message: Callable[[str], None],
    ) -> None:
        self._writer = writer
        self._ledger = writer.ledger
        self._run = writer.run
        self._tended = [_Tended(lane) for lane in lanes]
        self._access = access
        self._on_fault = on_fault
        self._on_lane_fault = on_lane_fault
        self._on_message = on_message
        self._looked_for_dead_at = 0.0
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
        """Read from the ledger which slots the run still holds. Needed after its lease has ended: other runs may have
        taken some.
        """
        held = self._ledger.slots_of(self._run)
        for each in tuple(self._tended):
            each.lane.retain(held.get(each.lane.account.name, ()))

    def _keep(self) -> None:
        try:
            while not self._ended:
                self._tend_all()
                is_short = any(each.lane.shortage for each in self._tended)
                self._wake.wait(random.uniform(_SHORT_S / 2, _SHORT_S) if is_short else _CHECK_S)
                self._wake.clear()
            self._give_back([(each, len(each.lane.slots)) for each in self._tended])
        except Exception as error:  # noqa: BLE001 - reported; then the run ends
            if not (self._ended and isinstance(error, LedgerAway)):  # recording the run's end frees its slots too
                self._on_fault(error)

    def _perform(self, operation: Callable[[], T]) -> T:
        return self._access.perform(operation, unless=lambda: self._ended)

    def _tend_all(self) -> None:
        """Do the same as `_tend` for all lanes together. If that fails, tend each lane alone.

        An exception that concerns one lane stops that lane; its slots end with the run.
        """
        tended = tuple(self._tended)
        try:
            self._tend(tended)
        except Exception as error:
            if concerns_ledger(error):
                raise
            for each in tended:
                self._tend_alone(each)

    def _tend_alone(self, each: _Tended) -> None:
        try:
            self._tend((each,))
        except Exception as error:
            if concerns_ledger(error):
                raise
            self._tended.remove(each)
            self._on_lane_fault(each.lane, reasons.account_slots_unusable(error))

    def _tend(self, tended: Sequence[_Tended]) -> None:
        """Give back the slots that the lanes should not keep, and take those that they need."""
        now = clock.elapsed_s()
        self._make_room(tended, now)
        self._give_back([(each, each.lane.surplus) for each in tended])
        self._take([each for each in tended if now >= each.rests_until], now)
        for each in tended:
            self._report_waiting(each, now)

    def _take(self, tended: Sequence[_Tended], now: float) -> None:
        requests = {}
        for each in tended:
            lane, account = each.lane, each.lane.account
            if wanted := lane.shortage:
                requests[account.name] = SlotRequest(account.name, account.concurrency, wanted, lane.slots)
        if not requests:
            return
        taken = self._perform(lambda: self._writer.take_slots(tuple(requests.values())))
        for each in tended:
            if numbers := taken.get(each.lane.account.name):
                each.taken_at = clock.elapsed_s()
                each.lane.grant(numbers)
        if requests.keys() - taken.keys():
            self._free_slots_of_dead_runs(now)

    def _free_slots_of_dead_runs(self, now: float) -> None:
        """End the leases of runs of this machine whose process has ended. Leases of other machines end in time."""
        if now - self._looked_for_dead_at >= _CHECK_DEAD_S:
            self._looked_for_dead_at = now
            self._perform(lambda: self._ledger.end_leases(process.has_ended))

    def _report_waiting(self, each: _Tended, now: float) -> None:
        if each.lane.slots or not each.lane.shortage:
            each.waits_since = None
        elif each.waits_since is None:
            each.waits_since = now
        elif now - each.waits_since >= _REPORT_AFTER_S and not each.is_reported:
            each.is_reported = True
            name = each.lane.account.name
            self._on_message(
                f"waiting for a slot in the account {name}: other runs use all of them (bulletins status lists them)"
            )

    def _give_back(self, idle: Iterable[tuple[_Tended, int]]) -> None:
        """Give back up to so many idle slots of each lane."""
        owing: list[_Tended] = []
        for each, count in idle:
            each.owed += each.lane.withdraw(count)
            if each.owed:
                owing.append(each)
        if not owing:
            return
        owed = {each.lane.account.name: tuple(each.owed) for each in owing}
        self._perform(lambda: self._writer.give_back_slots(owed))
        for each in owing:
            each.owed.clear()
            if each.makes_way:
                each.makes_way = False
                each.rests_until = clock.elapsed_s() + _REST_S

    def _make_room(self, tended: Sequence[_Tended], now: float) -> None:
        """Mark a slot to be given back if another run has fewer slots than its share, and none is free for that run."""
        due = [each for each in tended if each.lane.slots and now - each.checked_at >= _CHECK_S]
        if not due:
            return
        demand = self._perform(lambda: self._ledger.slot_demand(each.lane.account.name for each in due))
        for each in due:
            each.checked_at = now
            self._make_room_for_others(each, demand[each.lane.account.name], now)

    def _make_room_for_others(self, each: _Tended, demand: Mapping[str, int], now: float) -> None:
        lane, limit = each.lane, each.lane.account.concurrency
        if sum(demand.values()) < limit:
            return
        share = max(1, limit // len(demand))
        others_are_short = any(held < share for run, held in demand.items() if run != self._run)
        has_kept_it_long_enough = len(demand) > limit and now - each.taken_at >= _TURN_S
        if others_are_short and (len(lane.slots) > share or has_kept_it_long_enough):
            each.makes_way = True
            lane.give_up_one()
