"""SIGINT and SIGTERM in the middle of a run: the first lets it finish what is in flight, the second does not wait."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from end_to_end.site import SIGNALS, Done, Site, outcomes

ONCE_MORE = "interrupted: finishing what is in flight; once more to stop at once\n"


def ended(process: subprocess.Popen[str], said_before: str = "") -> Done:
    out, err = process.communicate()
    return Done(process.returncode, out, said_before + err)


def read_until(process: subprocess.Popen[str], line: str) -> str:
    """What the process says on standard error, up to and with `line`."""
    assert process.stderr is not None
    said = ""
    for each in process.stderr:
        said += each
        if each == line:
            return said
    raise AssertionError(said)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_first_signal_lets_requests_in_flight_finish(site: Site, number: signal.Signals) -> None:
    ids = [f"b-{count}" for count in range(20)]
    site.write_bulletins(ids)
    with site.started("fire", "--yes") as process:
        with site.hold.from_request(5):
            site.sandbox.wait_received(5, timeout_s=60)
            process.send_signal(number)
            said = read_until(process, ONCE_MORE)
        done = ended(process, said)
    assert done.code == SIGNALS[number], done
    assert ONCE_MORE in done.err
    assert "Traceback" not in done.err
    assert done.out.startswith("interrupted: ")
    (report,) = site.reports()
    assert (report["run"]["interrupted"], report["run"]["exit_code"]) == (True, SIGNALS[number])
    assert report["summary"]["in_doubt"] == 0
    assert report["summary"]["fired"] == len(site.accepted())
    assert report["summary"]["fired"] + report["summary"]["skipped"] == len(ids)
    assert site.query("SELECT interrupted FROM runs") == [1]

    again = site.run("fire", "--yes")
    assert again.code == 0
    assert site.accepted() == dict.fromkeys(ids, 1)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_second_signal_stops_at_once_and_leaves_what_was_in_flight_in_doubt(
    site: Site, number: signal.Signals
) -> None:
    ids = [f"b-{count}" for count in range(20)]
    site.write_bulletins(ids)
    site.sandbox.add_fault("timeout-after@b-4")
    with site.started("fire", "--yes") as process:
        site.wait_for("b-4")
        process.send_signal(number)
        said = read_until(process, ONCE_MORE)
        process.send_signal(number)
        done = ended(process, said)
    assert done.code == SIGNALS[number], done
    assert "Traceback" not in done.err
    (report,) = site.reports()
    assert (report["run"]["interrupted"], report["run"]["exit_code"]) == (True, SIGNALS[number])
    told = {id for id, outcome in outcomes(report).items() if outcome == "in_doubt"}  # noqa: A001
    in_doubt = set(site.query("SELECT bulletin FROM firings WHERE state = 'in_doubt'"))
    assert "b-4" in in_doubt
    assert len(told) <= 3  # whatever else had not come back when the second signal came
    assert in_doubt <= told  # an answer that still came in is recorded, though the report no longer waits for it
    assert told - in_doubt <= set(site.query("SELECT bulletin FROM firings WHERE state = 'fired'"))
    assert not site.query("SELECT bulletin FROM firings WHERE state = 'claimed'")

    again = site.run("fire", "--yes")
    assert again.code == 0
    assert f"{len(in_doubt)} in doubt" in again.out
    assert max(site.accepted().values()) == 1
    assert site.accepted().keys() >= set(ids) - in_doubt


def test_a_signal_during_a_back_off_does_not_wait_for_it(site: Site) -> None:
    site.write_bulletins(["b-1"])
    site.sandbox.add_fault("429")
    with site.started("fire", "--yes") as process:
        with site.hold.from_request(2):  # so that not all of its tries are over by then
            site.sandbox.wait_received(1, timeout_s=60)
            process.send_signal(signal.SIGTERM)
            said = read_until(process, ONCE_MORE)
        done = ended(process, said)
    assert done.code == 143
    (report,) = site.reports()
    (result,) = report["results"]
    assert result["outcome"] in ("skipped", "failed")
    assert site.states().keys() <= {"released", "failed"}
    site.sandbox.clear_faults()
    assert site.run("fire", "--yes").code == 0
    assert site.accepted() == {"b-1": 1}


def test_a_signal_while_nothing_runs_yet_leaves_no_trace(site: Site, tmp_path: Path) -> None:
    site.write_bulletins(["b-1"])
    with site.started("sandbox", "--port", "0") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        done = ended(process)
    assert (done.code, "Traceback" in done.err) == (0, False)
    assert done.err.endswith("0 requests, 0 accepted\n")
    assert not (tmp_path / ".bulletins" / "reports").exists()
