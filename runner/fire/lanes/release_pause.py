"""The pause between an answer and the next request in the same slot: learned from refusals (HTTP 429) of one account.

The API limits requests in flight, and a server may count a request for a moment after its last byte. A request that
follows at once is then refused although the account is within its limit. In: when slots became free, when requests
left, which were refused. Out: when the next request may leave. No clock is read: all times are given, in seconds.

The rules. One request alone tries the shortest pause; the others wait until it would have been refused. After a refusal
the pause gets longer, again with one request first, until one is accepted. If the longest pause does not help, the
refusals have another cause, and the pause is the same as before. From time to time, one request tries a shorter pause.
Source: CleverTap's page on request limits (three requests in flight); the moment of release is not documented.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

FIRST_S = 0.0065  # the first pause after a refusal, at most
_LEAST_FIRST_S = 0.005
_MARGIN = 0.02  # share of a request's time by which the first pause is longer: it prevents refusals, and costs rate
FIRST_VERDICT_S = 0.012  # how long the others wait for the very first verdict; a refusal rarely takes longer
MOST_S = 0.1  # no server is known to need so long; a longer pause would cost more than one request fewer in flight
_FASTER = 2.0  # how much longer the next pause is after one that was never long enough
_SLOWER = 1.25  # the same after one that was long enough until now
_TOLERANCE_S = 0.002  # a request that left later than this after its pause does not prove that the pause suffices
_PROOFS = 5  # requests that were accepted after a pause, and left late
_MOST_VERDICT_S = 0.05
_SHORTEN_EVERY_S = 30.0  # doubled whenever a shorter pause is refused
_MOST_EVERY_S = 320.0
_LEAST_STEP_S = 0.0005
_SEARCH_AGAIN_S = 60.0  # after a search that failed


@dataclass(frozen=True, slots=True, eq=False)
class Departure:
    """A request that left. `released_at` is when its slot became free, or None if the slot was not used before."""

    at: float
    released_at: float | None
    pause_s: float  # the pause that applied
    is_probe: bool

    @property
    def gap_s(self) -> float:
        """How long the slot was free before the request left."""
        return math.inf if self.released_at is None else self.at - self.released_at


class ReleasePause:
    """What one run knows about the moment of release in one account with `slots` slots. `pause_s` is at most `MOST_S`.

    `free` is always the number of slots without a request. The slot that is free for longest is used next.
    """

    def __init__(self, slots: int) -> None:
        self.pause_s = 0.0
        self._slots = slots
        self._releases: list[float] = []  # when slots became free, the latest first
        self._answer_s = math.inf  # the shortest time that an accepted request took
        self._proofs = 0
        self._proven_s = 0.0  # the last pause that was long enough
        self._too_short_s = 0.0  # the longest pause that was not
        self._probe: Departure | None = None
        self._verdict_s = FIRST_VERDICT_S  # within this time, a refusal arrives
        self._held_until = -math.inf
        self._shorten_at = math.inf
        self._shorten_every_s = _SHORTEN_EVERY_S
        self._search_from = -math.inf

    def ready_at(self, now: float, free: int) -> float:
        """Return when the next request may leave."""
        released_at = self._oldest_release(free)
        if released_at is None:
            return self._held_until
        return max(released_at + self._next_pause_s(now), self._held_until)

    def depart(self, now: float, free: int) -> Departure:
        """Note that a request leaves now."""
        released_at = self._oldest_release(free)
        pause_s = self._next_pause_s(now)
        if released_at is None or now - released_at >= self.pause_s:
            pause_s = self.pause_s  # it leaves too late to try a shorter pause
        is_close = released_at is not None and now - released_at <= MOST_S
        is_probe = is_close and self._probe is None and (not self._is_proven or pause_s < self.pause_s)
        departure = Departure(now, released_at, pause_s, is_probe)
        if is_probe:
            self._probe = departure
            if not self._is_proven:
                self._held_until = now + self._verdict_s
        return departure

    def accept(self, departure: Departure, now: float) -> None:
        """Note that a request has ended, and was not refused."""
        self._add_release(now)
        self._answer_s = min(self._answer_s, now - departure.at)
        if departure is not self._probe:
            return
        self._end_probe()
        self._proofs += _PROOFS if departure.gap_s <= departure.pause_s + _TOLERANCE_S else 1
        if departure.pause_s < self.pause_s:  # accepted after this gap, which is never shorter than the pause tried
            self.pause_s = departure.gap_s
        if self._is_proven:
            self._proven_s = self.pause_s
            self._shorten_at = now + self._shorten_every_s if self.pause_s else math.inf

    def forget(self, departure: Departure) -> None:
        """Note that a request did not leave after all, so that its slot is free since its last release."""
        if departure.released_at is not None:
            self._add_release(departure.released_at)
        if departure is self._probe:
            self._end_probe()

    def refuse(self, departure: Departure, now: float) -> bool:
        """Note a refusal. Return whether the pause accounts for it, so that the request may soon be sent again."""
        is_probe = departure is self._probe
        self.forget(departure)
        if departure.pause_s < self.pause_s:
            if is_probe:  # a shorter pause was tried
                self._too_short_s = departure.pause_s
                self._shorten_every_s = min(2 * self._shorten_every_s, _MOST_EVERY_S)
                self._shorten_at = now + self._shorten_every_s
            return True  # otherwise it left before the pause got longer
        if now < self._search_from or departure.gap_s > MOST_S:
            return False
        longer_s = self.pause_s * (_SLOWER if self._is_proven else _FASTER)
        longer_s = max(longer_s, departure.gap_s * _SLOWER, self._first_s)
        self._end_probe()
        if longer_s > MOST_S:
            self.pause_s, self._proofs = self._proven_s, _PROOFS
            self._search_from = now + _SEARCH_AGAIN_S
            return False
        self._too_short_s, self.pause_s, self._proofs = departure.gap_s, longer_s, 0
        self._shorten_at = math.inf
        self._verdict_s = min(2 * (now - departure.at) + 0.001, _MOST_VERDICT_S)
        return True

    def _oldest_release(self, free: int) -> float | None:
        """Return when the slot that is free for longest became free, or None if it was not used yet."""
        return self._releases[free - 1] if 0 < free <= len(self._releases) else None

    def _add_release(self, at: float) -> None:
        self._releases = sorted([at, *self._releases], reverse=True)[: self._slots]

    @property
    def _is_proven(self) -> bool:
        return self._proofs >= _PROOFS

    @property
    def _first_s(self) -> float:
        return min(FIRST_S, _LEAST_FIRST_S + _MARGIN * self._answer_s)

    def _next_pause_s(self, now: float) -> float:
        if self._probe is not None or now < self._shorten_at:
            return self.pause_s
        shorter_s = (self._too_short_s + self.pause_s) / 2
        if self.pause_s - shorter_s >= _LEAST_STEP_S:
            return shorter_s
        return max(0.0, self.pause_s / 2 if self.pause_s > _LEAST_STEP_S else 0.0)

    def _end_probe(self) -> None:
        self._probe = None
        self._held_until = -math.inf
