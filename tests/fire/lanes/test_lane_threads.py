"""How many threads send, and when they start: real runs against the sandbox, whose answers take a while."""

from __future__ import annotations

import threading

import pytest

from fire import PASSCODE, Firer, bulletin, outcomes
from runner.fire.lanes.lane_threads import CLAIMS_AHEAD
from runner.ledger.ledger import Ledger
from runner.sandbox.record import Received
from runner.sandbox.server import Sandbox


class Threads:
    """The most threads that an account had when one of its requests was answered."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}

    def __call__(self, received: Received) -> None:
        names = [thread.name.rpartition("-")[0] for thread in threading.enumerate()]
        for name in ("india", "europe"):
            self.most[name] = max(self.most.get(name, 0), names.count(name))


@pytest.mark.parametrize(("firings", "most"), [(1, 1), (2, 2), (20, 3 + CLAIMS_AHEAD)])
def test_an_account_has_no_more_threads_than_it_can_use(ledger: Ledger, firings: int, most: int) -> None:
    threads = Threads()
    with Sandbox(credentials={"india-id": PASSCODE}, latency_s=0.02, on_answer=threads) as sandbox:
        ended = Firer(ledger, sandbox.base_url).fire([bulletin(number) for number in range(firings)])
    assert set(outcomes(ended).values()) == {"fired"}
    assert threads.most["india"] <= most


def test_an_account_with_one_firing_has_one_thread_while_another_has_many(ledger: Ledger) -> None:
    threads, both = Threads(), {"india-id": PASSCODE, "europe-id": PASSCODE}
    many = [bulletin(number) for number in range(12)]
    with Sandbox(credentials=both, latency_s=0.02, on_answer=threads) as sandbox:
        ended = Firer(ledger, sandbox.base_url).fire([*many, bulletin("one", accounts=("europe",))])
    assert set(outcomes(ended).values()) == {"fired"}
    assert threads.most["europe"] == 1
    assert threads.most["india"] >= 3
