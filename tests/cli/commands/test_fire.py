"""`fire`: what is sent, shown and reported; and the dry run, which needs nothing and sends nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from conftest import Write

from cli.conftest import Bulletins, account, only_report, outcomes, report_of
from runner.sandbox.server import Sandbox

LISTED = {"now-1": "fired", "now-2": "fired", "past-1": "expired"}
ALL = {**LISTED, "later-1": None, "off-1": None}


def test_what_is_due_is_sent_and_reported(bulletins: Bulletins, ledger: str, sandbox: Sandbox, tmp_path: Path) -> None:
    done = bulletins("fire", "--yes")
    assert done.code == 1  # a missed release is news
    assert sorted(received.name or "" for received in sandbox.accepted()) == ["Now 1", "Now 2"]
    report = only_report(tmp_path)
    assert outcomes(report) == LISTED
    assert report["summary"]["selected"] == len(ALL)
    assert (report["run"]["ledger"], report["run"]["dry_run"], report["run"]["exit_code"]) == (ledger, False, 1)
    first, second, third = done.out.splitlines()
    assert first == "2 fired, 1 expired (bulletins sent: 2)"
    assert second == "left alone: 1 not due yet, 1 disabled"
    assert third == f"report: .bulletins/reports/{report['run']['id']}.json"
    lines = {line.split()[1]: line for line in done.err.splitlines()}
    assert lines["now-1"].startswith("fired      now-1 india · bulletins sent: 1 · ")
    assert lines["past-1"].startswith(
        "expired    past-1 india · was due 2020-12-01T13:00:00Z; its grace period of 1h ended"
    )


def test_a_second_run_sends_nothing_and_says_why(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    bulletins("fire", "--yes")
    done = bulletins("fire", "--yes")
    assert done.code == 0
    report = done.out.splitlines()[-1].removeprefix("report: ")
    assert done.err == f"to see the report as a page: bulletins report {report} --format html > run.html\n"
    assert done.out.startswith(
        "nothing to send\nleft alone: 1 expired before, 1 not due yet, 2 sent before, 1 disabled\nreport: "
    )
    assert len(sandbox.received()) == 2


def test_the_json_format_is_the_report(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    done = bulletins("fire", "--yes", "--format", "json")
    assert done.json == only_report(tmp_path)
    assert done.out.count("\n") == 1


def test_the_report_goes_where_it_is_wanted(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    done = bulletins("fire", "--yes", "--report-all", "--report", "out/today/r.json")
    assert done.out.endswith("report: out/today/r.json\n")
    assert outcomes(report_of(tmp_path / "out/today/r.json")) == ALL
    assert not (tmp_path / ".bulletins/reports").exists()
    assert [path.name for path in (tmp_path / "out/today").iterdir()] == ["r.json"]


def test_a_report_replaces_an_older_one_whole(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("x" * 100_000)
    bulletins("fire", "--yes", "--report", "r.json")
    assert outcomes(report_of(tmp_path / "r.json")) == LISTED


def test_a_report_into_a_pipe_replaces_nothing(bulletins: Bulletins, ledger: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        done = bulletins("fire", "--yes", "--id", "now-1", "--report", "pipe")
        document = json.loads(os.read(reader, 1 << 16))
    finally:
        os.close(reader)
    assert done.code == 0
    assert outcomes(document) == {"now-1": "fired"}
    assert (tmp_path / "pipe").is_fifo()


def test_a_report_that_finds_no_room_in_the_end_is_reported(bulletins: Bulletins, ledger: str) -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("there is no /dev/full")
    done = bulletins("fire", "--yes", "--id", "now-1", "--report", "/dev/full")
    assert done.code == 1
    assert "error: the report can't be written to /dev/full: No space left on device\n" in done.err
    assert done.out == "1 fired (bulletins sent: 1)\n"
    assert Path("/dev/full").is_char_device()


def test_quiet_shows_only_what_was_not_fired(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("fire", "--yes", "--quiet")
    assert [line.split()[:2] for line in done.err.splitlines()] == [["expired", "past-1"]]
    assert done.out.startswith("2 fired, 1 expired")


def test_what_is_skipped_for_one_reason_is_reported_once(
    bulletins: Bulletins, ledger: str, write: Write, sandbox: Sandbox
) -> None:
    head = "defaults: {business_event: E, c-by: a@example.com, accounts: [india]}\nbulletins:\n"
    entries = (f'  - {{id: x-{n}, name: N, properties: {{program_id: "{n}"}}}}\n' for n in range(30))
    write({"all.yaml": head + "".join(entries)})
    sandbox.add_fault("401")
    done = bulletins("fire", "--yes")
    report_code = done.code
    skipped = [line for line in done.err.splitlines() if line.startswith("skipped ")]
    assert report_code == 1
    assert len(skipped) == 4, done.err
    assert "the run stopped sending to the account: HTTP 401: Unauthorized" in skipped[0]
    assert " more · the run stopped sending to the account: HTTP 401: Unauthorized" in skipped[-1]
    quiet = bulletins("fire", "--yes", "--quiet").err
    assert [line.split()[0] for line in quiet.splitlines()] == ["failed", "skipped"]
    verbose = bulletins("fire", "--yes", "--verbose")
    assert sum(line.startswith("skipped ") for line in verbose.err.splitlines()) > 20


def test_a_canary_that_is_not_fired_keeps_the_rest_back(
    bulletins: Bulletins, ledger: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.add_fault("400@Now 1")
    done = bulletins("fire", "--yes", "--canary", "--id", "now-*")
    assert (done.code, len(sandbox.received())) == (1, 1)
    assert outcomes(only_report(tmp_path)) == {"now-1": "failed", "now-2": "skipped"}
    assert (
        "skipped    now-2 india · the canary, the first firing of the account, was not fired: HTTP 400: Bad Request"
        in done.err
    )


def test_a_doubt_wins_over_a_failure(bulletins: Bulletins, ledger: str, sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.add_fault("400@Now 1")
    sandbox.add_fault("503@Now 2")
    done = bulletins("fire", "--yes", "--id", "now-*")
    assert done.code == 4
    assert outcomes(only_report(tmp_path)) == {"now-1": "failed", "now-2": "in_doubt"}
    assert (
        "in doubt   now-2 india · HTTP 503: Service Unavailable: the bulletin may have been sent nevertheless"
        in done.err
    )
    assert "look at what is in doubt with: bulletins status\n" in done.out


def test_nothing_sent_by_the_api_is_a_warning(bulletins: Bulletins, ledger: str, write: Write, tmp_path: Path) -> None:
    with Sandbox(targets=0) as empty:
        write({"accounts.yaml": account(empty.base_url)})
        done = bulletins("fire", "--yes", "--id", "now-1")
    assert done.code == 0
    assert "warning: 0 bulletins were sent: check that a bulletin is published for the business event" in done.err
    assert only_report(tmp_path)["summary"]["warnings"] == 1


def test_the_sandbox_needs_no_set_up(
    bulletins: Bulletins, small_set: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("INDIA_ID")
    monkeypatch.delenv("INDIA_PASSCODE")
    assert bulletins("fire", "--sandbox", "--yes").code == 1
    assert outcomes(only_report(tmp_path)) == LISTED
    assert sandbox.received() == ()
    assert not (tmp_path / ".bulletins/ledger.sqlite3").exists()
    assert bulletins("status", "--ledger", ".bulletins/sandbox.sqlite3", "now-1").code == 0


# Dry runs


@pytest.fixture
def _bare(monkeypatch: pytest.MonkeyPatch, small_set: Path, write: Write) -> None:
    """No credentials, and an account whose host nobody may reach."""
    monkeypatch.delenv("INDIA_ID")
    monkeypatch.delenv("INDIA_PASSCODE")
    write({"accounts.yaml": account("https://nowhere.invalid")})


def test_a_quiet_run_does_not_say_how_to_see_the_page(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    assert "page" not in bulletins("fire", "--yes", "--quiet").err


@pytest.mark.usefixtures("_bare")
def test_a_dry_run_needs_nothing(bulletins: Bulletins, sandbox: Sandbox, tmp_path: Path) -> None:
    done = bulletins("fire", "--dry-run")
    assert done.code == 0
    assert done.err.startswith("there is no ledger yet: the plan assumes that nothing was ever sent\n")
    assert "fire      now-1    india  due at once (no schedule)\n" in done.out
    assert "dry run, nothing was sent: 2 would fire\n" in done.out
    report = only_report(tmp_path)
    assert (report["run"]["dry_run"], report["run"]["ledger"], report["summary"]["would_fire"]) == (True, None, 2)
    assert outcomes(report) == {**LISTED, "now-1": "would_fire", "now-2": "would_fire", "past-1": None}
    assert not (tmp_path / ".bulletins/ledger.sqlite3").exists()
    assert sandbox.received() == ()


@pytest.mark.usefixtures("_bare")
def test_a_dry_run_of_another_day(bulletins: Bulletins, tmp_path: Path) -> None:
    assert bulletins("fire", "--dry-run", "--now", "2036-12-01T13:00:00Z", "--id", "later-1").code == 0
    assert outcomes(only_report(tmp_path)) == {"later-1": "would_fire"}


@pytest.mark.usefixtures("_bare")
def test_a_dry_run_in_json_is_the_report_alone(bulletins: Bulletins, tmp_path: Path) -> None:
    done = bulletins("fire", "--dry-run", "--format", "json")
    assert done.json == only_report(tmp_path)
    assert "fire      now-1" in done.err


def test_a_dry_run_changes_nothing_in_the_ledger(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    before = bulletins("ledger", "show", "--format", "json").json
    assert bulletins("fire", "--dry-run").code == 0
    assert bulletins("ledger", "show", "--format", "json").json == before
    assert bulletins("fire", "--yes").code == 1  # the missed release is still news
    assert len(sandbox.accepted()) == 2
