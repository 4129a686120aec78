"""A property of the HTTP exchange: no answer passes for another request's, and no wrong one is believed."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from fire.answers import TruthfulServer, exchange
from runner.fire.api.client import Client

SEQUENCES = 100


@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
def test_whatever_a_server_answers_nothing_is_sent_twice_and_nothing_untrue_is_believed(
    client: Callable[..., Client], seed: str
) -> None:
    faults = []
    with TruthfulServer(seed).serving() as server:
        for number in range(SEQUENCES):
            made = client(server.base_url)
            count = random.Random(f"{seed} {number}").randint(2, 8)
            faults += exchange(server, made, [f"{number}.{each}" for each in range(count)])
            made.close()
    assert faults == []
    assert len(server.requests) > 2 * SEQUENCES
