"""The tortures that `tests/torture` does at length, each in small."""

from __future__ import annotations

import os

import pytest
from examples import rounds
from servers.postgres import PrivatePostgres
from torture import answers, clock, disk, faults, frozen, signals
from torture.processes import Start, Zygote

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="runs are forked off a process here")

# It says that it lost its lease, unless all that others left it was done before it looked.
THAWED = (0, 1)


@pytest.fixture
def start(zygote: Zygote) -> Start:
    """How to start runs quickly."""
    return zygote.start_at


@pytest.fixture(params=["sqlite", "postgresql"])
def port(request: pytest.FixtureRequest) -> int | None:
    """The port of a PostgreSQL server for the ledger; None where it is a file."""
    if request.param == "sqlite":
        return None
    cluster: PrivatePostgres = request.getfixturevalue("postgres")
    return cluster.port


def test_a_frozen_run_sends_nothing_that_others_took_over(start: Start, port: int | None) -> None:
    result = frozen.freeze(start, "quick", port, elsewhere=False, bulletins=30)
    assert (result.sent_twice, result.lost, result.freed) == (0, 0, 0)
    assert result.code in THAWED
    assert result.settled > 0


def test_a_frozen_run_sends_nothing_that_a_person_freed(start: Start, port: int | None) -> None:
    for number in range(9):
        result = frozen.freeze(start, f"quick {number}", port, elsewhere=True, bulletins=30)
        assert (result.sent_twice, result.lost) == (0, 0)
        assert result.code in THAWED
        if result.freed:  # all that it held may have been raised just before
            return
    pytest.fail("no firing was ever freed while the process that held it was frozen")


def test_faults_of_the_wire_at_random(start: Start, port: int | None) -> None:
    result = faults.befall(start, "quick", port, bulletins=rounds(4, fewest=3))
    assert (result.sent_twice, result.lost) == (0, 0)
    assert result.faults > 0


def test_wrong_answers_on_kept_connections(start: Start, port: int | None) -> None:
    counts = answers.befall(start, "quick", port, bulletins=20)
    assert counts["raised"] > 0
    assert counts["in doubt"] > 0


def test_clocks_that_are_set_back_and_forth(start: Start, port: int | None) -> None:
    result = clock.set_clocks(start, "quick", port, bulletins=40)
    assert (result.sent_twice, result.lost) == (0, 0)
    assert result.jumps > 0


def test_signals_at_random_moments(start: Start, port: int | None) -> None:
    moments = rounds(6 if port else 12, fewest=4)  # every fourth lies among the requests
    found = list(signals.interrupt(start, start, "quick", port, moments))
    assert any(each.sent for each in found)


def test_a_disk_that_is_full_at_each_write(start: Start) -> None:
    rounds = list(disk.fill_at_each_write(start, 1))
    assert sum(each.met for each in rounds) == len(rounds) - 1 >= 10
    assert {each.code for each in rounds if each.met} == {1, 4, 5}  # 1: only that it was reported could not be recorded
    assert sum(each.sent_twice + each.lost for each in rounds) == 0
