"""What a run has claimed reaches the witness before, while and after it claims."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from fire import PATIENCE_S
from runner.fire import witness_writer
from runner.fire.witness_writer import WitnessWriter
from runner.ledger.witness.comparison import SeenRun
from runner.ledger.witness.witness_files import WitnessFiles

NOW = datetime(2026, 12, 1, 13, tzinfo=UTC)


class Counted:
    """A run whose claims a test sets."""

    def __init__(self, number: int = 5) -> None:
        self.number = number
        self.claims = 0

    def __call__(self) -> SeenRun:
        return SeenRun(f"01RUN{self.number}", self.number, self.claims, NOW, "builder")


@pytest.fixture
def files(tmp_path: Path) -> WitnessFiles:
    return WitnessFiles(tmp_path / "state", "01LEDGER", "here")


def claims_in(files: WitnessFiles) -> dict[str, int]:
    witnesses, damaged = files.read()
    assert damaged == {}
    return {run.id: run.claims for witness in witnesses for run in witness.runs}


def wait_until(holds: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def writer(files: WitnessFiles, own: Counted, faults: list[Exception], *seen: SeenRun) -> WitnessWriter:
    return WitnessWriter(files, own, seen=seen, forget={"01LOST"}, on_fault=faults.append)


def test_a_run_is_written_before_it_claims_and_as_it_ended(files: WitnessFiles) -> None:
    own, faults = Counted(), list[Exception]()
    with writer(files, own, faults):
        assert claims_in(files) == {"01RUN5": 0}
        own.claims = 7
    assert claims_in(files) == {"01RUN5": 7}
    assert faults == []


def has_claims(files: WitnessFiles, claims: int) -> bool:
    return claims_in(files) == {"01RUN5": claims}


def test_claims_are_written_while_the_run_goes_on(files: WitnessFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_writer, "INTERVAL_S", 0.01)
    own = Counted()
    with writer(files, own, []):
        for claims in (1, 9):
            own.claims = claims
            wait_until(partial(has_claims, files, claims))


def test_earlier_runs_give_way_and_accepted_losses_are_forgotten(files: WitnessFiles) -> None:
    before = SeenRun("01BEFORE", 3, 2, NOW, "laptop")
    files.update(lambda witness: witness.__class__(witness.ledger, witness.place, (before,)))
    with writer(files, Counted(4), [], SeenRun("01BEFORE", 3, 2, NOW, "laptop", is_over=True)):
        assert claims_in(files) == {"01RUN4": 0}
    under_way = SeenRun("01LIVE", 6, 3, NOW, "laptop")
    with writer(files, Counted(7), [], under_way):
        assert claims_in(files) == {"01RUN4": 0, "01LIVE": 3, "01RUN7": 0}


def test_runs_of_one_machine_keep_each_other(files: WitnessFiles) -> None:
    first, second = Counted(1), Counted(2)
    with writer(files, first, []):
        with writer(files, second, [], first()):
            first.claims, second.claims = 3, 1
        assert claims_in(files) == {"01RUN1": 0, "01RUN2": 1}
    assert claims_in(files) == {"01RUN1": 3, "01RUN2": 1}


def test_a_witness_that_cant_be_written_is_one_fault_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    faults: list[Exception] = []
    own = Counted()
    with writer(WitnessFiles(tmp_path / "file" / "state", "01LEDGER", "here"), own, faults):
        own.claims = 3
    assert [type(fault) for fault in faults] == [NotADirectoryError]


def test_a_disk_that_has_room_again_gets_the_witness(files: WitnessFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_writer, "INTERVAL_S", 0.01)
    files.folder.write_text("in the way")
    faults: list[Exception] = []
    own = Counted()
    with writer(files, own, faults):
        files.folder.unlink()
        wait_until(lambda: claims_in(files) == {"01RUN5": 0})
    assert len(faults) == 1
