"""SIGINT, SIGTERM and SIGHUP at any moment of the program: the exit code, what is sent, and no traceback.

In the middle of a run the first lets it finish what is in flight, and the second does not wait.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from end_to_end.site import ROOT, SIGNALS, Done, Process, Site, outcomes

ONCE_MORE = "interrupted: waiting for the requests in progress; a second interruption leaves them in doubt\n"


NOISE = ("Traceback", "Exception ignored", "KeyboardInterrupt", "internal error")

BEFORE_SENDING = (
    "runner.jobs.loaded_set:load_set",
    "runner.ledger.database.connect:open_engine",
    "runner.ledger.ledger:Ledger.history",
    "runner.jobs.firing.publishing:ReportPublisher.check",
    "runner.fire.guard:check_maximum",
    "runner.cli.early_imports:import_for_sending",
    "runner.fire.run:Run.__init__",
    "runner.ledger.ledger:Ledger.start_run",
    "runner.fire.run:Run.fire",
)
AFTER_SENDING = (
    "runner.ledger.ledger:Ledger.finish_run",
    "runner.jobs.firing.publishing:ReportPublisher.publish",
    "runner.files:written_whole",
    "runner.ledger.ledger:Ledger.close",
    "runner.jobs.firing.metrics_file:MetricsFile.write",
    "runner.interrupts:end",
)


def each_with_a_signal(functions: tuple[str, ...]) -> list[tuple[str, signal.Signals]]:
    """Each of the functions with one of the signals, in turn."""
    return [(name, list(SIGNALS)[count % len(SIGNALS)]) for count, name in enumerate(functions)]


def run_with_signal(site: Site, at: str, number: signal.Signals, *arguments: str) -> Done:
    """A run that gets the signal as it first calls that function."""
    site.environment["BULLETINS_TEST_SIGNAL"] = f"{number.value} {at}"
    done = site.run(*arguments)
    del site.environment["BULLETINS_TEST_SIGNAL"]
    assert not [noise for noise in NOISE if noise in done.err], done.err
    return done


def ended(process: Process, said_before: str = "") -> Done:
    out, err = process.communicate()
    return Done(process.returncode, out, said_before + err)


def read_until(process: Process, line: str) -> str:
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
    reported = {id for id, outcome in outcomes(report).items() if outcome == "in_doubt"}  # noqa: A001
    in_doubt = set(site.query("SELECT bulletin FROM firings WHERE state = 'in_doubt'"))
    assert "b-4" in in_doubt
    assert len(reported) <= 3  # whatever else had not come back when the second signal came
    assert in_doubt <= reported  # an answer that still came in is recorded, though the report no longer waits for it
    assert reported - in_doubt <= set(site.query("SELECT bulletin FROM firings WHERE state = 'fired'"))
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


@pytest.mark.parametrize(("at", "number"), each_with_a_signal(BEFORE_SENDING))
def test_a_signal_before_the_first_request_sends_nothing(site: Site, at: str, number: signal.Signals) -> None:
    site.write_bulletins(["b-1", "b-2"])
    done = run_with_signal(site, at, number, "fire", "--yes")
    assert (done.code, dict(site.requests()), dict(site.states())) == (SIGNALS[number], {}, {})

    assert site.run("fire", "--yes").code == 0
    assert site.accepted() == {"b-1": 1, "b-2": 1}


@pytest.mark.parametrize(("at", "number"), each_with_a_signal(AFTER_SENDING))
def test_a_signal_after_the_last_outcome_changes_nothing(site: Site, at: str, number: signal.Signals) -> None:
    site.write_bulletins(["b-1", "b-2"])
    done = run_with_signal(site, at, number, "fire", "--yes", "--metrics-file", "m.prom")
    assert (done.code, dict(site.accepted())) == (0, {"b-1": 1, "b-2": 1}), done
    (report,) = site.reports()
    assert (report["run"]["exit_code"], report["run"]["interrupted"]) == (0, False)
    assert site.query("SELECT interrupted FROM runs") == [0]


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_while_an_outcome_is_recorded_loses_none(site: Site, number: signal.Signals) -> None:
    site.write_bulletins([f"b-{count}" for count in range(30)])
    done = run_with_signal(site, "runner.ledger.ledger:Ledger.settle_all", number, "fire", "--yes")
    assert done.code == SIGNALS[number]
    assert set(site.states()) <= {"fired", "released"}
    assert site.states()["fired"] == len(site.accepted()) < 30


@pytest.mark.parametrize(
    ("arguments", "at", "number"),
    [
        ("fire --yes --max 0", "runner.ledger.ledger:Ledger.close", signal.SIGTERM),
        ("fire --yes --max 0", "runner.files:written_whole", signal.SIGHUP),
        ("fire --dry-run", "runner.report.document.run:report_document", signal.SIGINT),
        ("plan", "runner.ledger.ledger:Ledger.close", signal.SIGINT),
        ("plan", "sqlalchemy.engine.default:DefaultDialect.do_close", signal.SIGTERM),
        ("plan", "sqlalchemy.engine.default:DefaultDialect.do_rollback", signal.SIGHUP),
        ("plan", "sqlalchemy.engine.default:DefaultDialect.do_commit", signal.SIGINT),
        ("plan", "runner.plan.decide:decide", signal.SIGHUP),
        ("validate", "runner.definitions.load:load", signal.SIGTERM),
        ("status", "runner.ledger.ledger:Ledger.in_doubt", signal.SIGINT),
        ("ledger check", "runner.ledger.ledger:Ledger.check", signal.SIGTERM),
    ],
)
def test_a_signal_ends_any_command_without_a_traceback(
    site: Site, arguments: str, at: str, number: signal.Signals
) -> None:
    site.write_bulletins(["b-1"])
    done = run_with_signal(site, at, number, *arguments.split())
    assert done.code == SIGNALS[number]
    assert done.err.endswith("interrupted\n")
    assert not site.requests()


@pytest.mark.parametrize(
    ("module", "number"), each_with_a_signal(("runner.jobs.loaded_set", "sqlalchemy", "runner.fire.lanes.send_permit"))
)
def test_a_signal_whose_exception_python_drops_counts_all_the_same(
    site: Site, tmp_path: Path, module: str, number: signal.Signals
) -> None:
    """Callbacks of the garbage collector, as an import has them, can't raise."""
    site.write_bulletins(["b-1"])
    hook = f"""
        import os, sys, weakref
        class Target: pass
        class Finder:
            def find_spec(self, name, path=None, target=None):
                if name == {module!r}:
                    target = Target()
                    watch = weakref.ref(target, lambda _: os.kill(os.getpid(), {number.value}))
                    del target
        sys.meta_path.insert(0, Finder())
    """
    site.write("hook/sitecustomize.py", "\n".join(line[8:] for line in hook.splitlines()))
    paths = os.pathsep.join((str(tmp_path / "hook"), str(ROOT)))
    site.environment["PYTHONPATH"] = paths
    done = replace(site, forked=None).run("fire", "--yes")  # Python reads the hook as it starts
    assert (done.code, done.err) == (SIGNALS[number], "interrupted\n")
    assert not site.requests()


def test_signals_that_are_ignored_at_the_start_stay_ignored(site: Site) -> None:
    """As under nohup, and as shells start background jobs."""
    site.write_bulletins(["b-1", "b-2"])
    ignoring = ["sh", "-c", 'trap "" HUP INT; exec "$@"', "sh"]
    environment = site.whole_environment()
    with subprocess.Popen(
        [*ignoring, sys.executable, "-m", "runner", "fire", "--yes"],
        cwd=site.folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        with site.hold.from_request(1):
            site.sandbox.wait_received(1, timeout_s=60)
            for number in (signal.SIGHUP, signal.SIGINT):
                process.send_signal(number)
        done = ended(process)
    assert (done.code, dict(site.accepted())) == (0, {"b-1": 1, "b-2": 1}), done


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
