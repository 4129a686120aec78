"""`fire --metrics-file`: figures for a monitoring system, whatever a run came to."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Write
from prometheus_client.parser import text_string_to_metric_families

from cli.conftest import BULLETINS, Bulletins
from runner.errors import ErrorCode
from runner.sandbox.server import Sandbox

FILE = "fire.prom"
SUCCESS = "bulletins_last_success_timestamp_seconds"


def metrics() -> dict[str, float]:
    """The series that have no account, and those of firings by their outcome."""
    text = Path(FILE).read_text(encoding="utf-8")
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    found = {sample.name: sample.value for sample in samples if not sample.labels}
    return found | {sample.labels["outcome"]: sample.value for sample in samples if "outcome" in sample.labels}


def fire(bulletins: Bulletins, *options: str) -> int:
    return bulletins("fire", "--yes", "--metrics-file", FILE, *options).code


def test_a_run_is_counted(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    sandbox.add_fault("503@Now 2")
    assert fire(bulletins) == 4

    found = metrics()
    assert (found["bulletins_last_run_exit_code"], found[SUCCESS]) == (4, 0)
    assert (found["fired"], found["in_doubt"], found["expired"], found["failed"]) == (1, 1, 1, 0)
    assert (found["bulletins_in_doubt"], found["bulletins_overdue"]) == (1, 0)


def test_the_last_success_outlives_a_failure_and_a_refusal(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, write: Write
) -> None:
    assert fire(bulletins, "--id", "now-1") == 0
    success = metrics()[SUCCESS]
    assert success == metrics()["bulletins_last_run_timestamp_seconds"] > 0

    sandbox.add_fault("fail:Business Event Not Found@Now 2")
    assert fire(bulletins, "--id", "now-2") == 1
    assert (metrics()[SUCCESS], metrics()["bulletins_overdue"]) == (success, 1)

    write({"all.yaml": BULLETINS.replace('"1"', "1")})
    assert fire(bulletins) == 3
    found = metrics()
    assert (found["bulletins_last_run_exit_code"], found[SUCCESS], found["bulletins_overdue"]) == (3, success, 1)
    assert "fired" not in found


def test_overdue_firings_outside_the_selection_are_counted(bulletins: Bulletins, ledger: str) -> None:
    assert fire(bulletins, "--id", "now-1") == 0
    assert metrics()["bulletins_overdue"] == 1
    assert fire(bulletins, "--id", "now-2") == 0
    assert metrics()["bulletins_overdue"] == 0


@pytest.mark.parametrize(
    ("options", "code"), [(["--ledger", "none.sqlite3"], 5), (["--max", "0"], 5), (["--id", "none"], 2)]
)
def test_a_refusal_is_a_sign_of_life(bulletins: Bulletins, ledger: str, options: list[str], code: int) -> None:
    assert fire(bulletins, *options) == code
    assert metrics()["bulletins_last_run_exit_code"] == code


@pytest.mark.parametrize("option", ["--dry-run", "--sandbox"])
def test_only_runs_that_send_to_people_count(bulletins: Bulletins, ledger: str, option: str) -> None:
    done = bulletins("fire", "--yes", "--metrics-file", FILE, option)
    assert f"{FILE} was not changed" in done.err
    assert not Path(FILE).exists()


def test_a_run_whose_metrics_cannot_be_written_is_not_begun(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox
) -> None:
    Path("file").touch()
    done = bulletins("fire", "--yes", "--id", "now-1", "--metrics-file", "file/fire.prom")

    assert done.refused_with(ErrorCode.CANNOT_WRITE, "file/fire.prom", "--metrics-file")
    assert not sandbox.received()


def test_a_file_that_holds_something_else_is_left_alone(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    text = Path("bulletins.d/all.yaml").read_text(encoding="utf-8")
    for options in ([], ["--id", "none"]):
        done = bulletins("fire", "--yes", "--metrics-file", "bulletins.d/all.yaml", *options)
        assert done.refused_with(ErrorCode.NOT_METRICS, "bulletins.d/all.yaml", "--metrics-file")

    assert Path("bulletins.d/all.yaml").read_text(encoding="utf-8") == text
    assert not sandbox.received()
