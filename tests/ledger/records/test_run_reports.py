"""The report of a run in the ledger: kept with the run, shared where it is the same, and in an export."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from plan import NOW

from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger, import_into
from runner.ledger.ulid import new_ulid
from runner.ledger.values import Identity, Origin, RecordedReport

LEASE = timedelta(seconds=30)
ME = Identity("asha", "builder", 1)
FIRE = Origin("fire", "1")
REPORT = RecordedReport('{"selected":1}', '{"fields":["id"],"rows":[["a \\u0000 \u0928"]]}')


def ended_run(ledger: Ledger, report: RecordedReport) -> str:
    run = ledger.start_run(FIRE, ME, lease=LEASE)
    ledger.record_outcome(run, exit_code=0, interrupted=False, lease=LEASE, report=report)
    ledger.finish_run(run, exit_code=0, interrupted=False)
    return run


def refused_run(ledger: Ledger) -> str:
    run = new_ulid()
    ledger.record_refused_run(run, FIRE, ME, REPORT, exit_code=5, interrupted=False)
    return run


def exported_kinds(ledger: Ledger) -> list[str]:
    return [line.split('"')[1] for line in ledger.export()][1:-1]


def test_runs_with_the_same_entries_share_them(ledger: Ledger) -> None:
    others = RecordedReport('{"selected":9}', REPORT.entries)
    runs = [ended_run(ledger, REPORT), ended_run(ledger, others), ended_run(ledger, RecordedReport("{}", None))]

    reports = [found.report for found in map(ledger.run, runs) if found]
    assert reports == [REPORT, others, RecordedReport("{}", None)]
    assert exported_kinds(ledger).count("report_entries") == 1
    assert [each for each in ledger.check() if each.is_fault] == []


def test_a_run_that_died_has_no_report(ledger: Ledger) -> None:
    found = ledger.run(ledger.start_run(FIRE, ME, lease=LEASE))
    assert found is not None
    assert found.report is None


def test_a_refused_run_is_over_at_once(ledger: Ledger) -> None:
    found = ledger.run(refused_run(ledger))
    assert found is not None
    assert (found.exit_code, found.report, ledger.live_runs()) == (5, REPORT, [])
    assert found.finished_at == found.started_at


def test_an_export_takes_the_reports_along(ledger: Ledger, tmp_path: Path) -> None:
    run = ended_run(ledger, REPORT)
    lines = list(ledger.export())
    path = parse_url(str(tmp_path / "other.sqlite3"))
    import_into(path, lines, now=NOW, who="meera")
    with Ledger(path) as other:
        found = other.run(run)
        assert found is not None
        assert found.report == REPORT
        assert list(other.export()) == lines


def test_a_ledger_with_only_refused_runs_takes_over_the_id_of_an_import(ledger: Ledger, tmp_path: Path) -> None:
    ended_run(ledger, REPORT)
    path = parse_url(str(tmp_path / "other.sqlite3"))
    create(path, now=NOW, who="asha")
    with Ledger(path) as other:
        refused_run(other)
    import_into(path, list(ledger.export()), now=NOW, who="meera")
    with Ledger(path) as other:
        assert other.id == ledger.id
