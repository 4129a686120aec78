"""Bulletins that recur, by the command line: planned ahead, fired at their times, reported where they were missed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
from conftest import Write
from git.repository import Repository

from cli.conftest import Bulletins, account
from runner import clock
from runner.definitions.schema.schemas import schema
from runner.errors import ErrorCode
from runner.jobs import selected_set
from runner.sandbox.server import Sandbox

FRIDAY = datetime(2026, 12, 4, 13, 0, tzinfo=UTC)  # 18:30 in Kolkata
WEEKLY = """
defaults: {business_event: Program Released, c-by: a@example.com, accounts: [india]}
bulletins:
  - id: weekly
    name: "Weekly of {{ occurrence.date }}"
    properties: {day: "{{ occurrence.weekday }}", program_id: "1"}
    schedule: {cron: "30 18 * * FRI", timezone: Asia/Kolkata, grace: 2h}
    tags: [music]
  - {id: once, name: Once, properties: {}, schedule: {at: 2026-12-04T13:00:00Z}}
"""
SetClock = Callable[[datetime], None]


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    """Sets the clocks."""
    return lambda now: monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture(autouse=True)
def _set(write: Write, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, it_is: SetClock) -> None:
    monkeypatch.setenv("INDIA_ID", "india")
    monkeypatch.setenv("INDIA_PASSCODE", "sesame")
    write({"accounts.yaml": account(sandbox.base_url), "all.yaml": WEEKLY})
    it_is(FRIDAY - timedelta(days=1))


@pytest.fixture
def ledger(bulletins: Bulletins) -> None:
    assert bulletins("ledger", "init").code == 0


def sent(sandbox: Sandbox) -> list[str | None]:
    return [received.name for received in sandbox.accepted()]


def test_each_time_is_fired_once_and_says_which_it_is(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock
) -> None:
    for now in (FRIDAY - timedelta(minutes=1), FRIDAY, FRIDAY + timedelta(minutes=1), FRIDAY + timedelta(days=7)):
        it_is(now)
        assert bulletins("fire", "--yes", "--tag", "music").code == 0
    assert sent(sandbox) == ["Weekly of 2026-12-04", "Weekly of 2026-12-11"]
    body = sandbox.accepted()[0].body
    assert body is not None
    assert body["properties"] == {"day": "Friday", "program_id": "1"}


def test_what_no_run_came_for_is_reported_once(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock
) -> None:
    assert bulletins("fire", "--yes", "--tag", "music").code == 0  # from now on it is watched
    it_is(FRIDAY + timedelta(days=10))
    planned = bulletins("plan", "--tag", "music")
    done = bulletins("fire", "--yes", "--tag", "music", "--report-all", "--format", "json")
    again = bulletins("fire", "--yes", "--tag", "music")

    assert (planned.code, "2 expired" in planned.out) == (0, True)
    assert (done.code, [each["outcome"] for each in done.json["results"]]) == (1, ["expired", "expired", None])
    assert (again.code, sent(sandbox)) == (0, [])
    assert "expired" not in bulletins("plan", "--tag", "music").out


def test_what_was_missed_often_is_reported_in_two_lines_unless_all_is_wanted(
    bulletins: Bulletins, ledger: None, it_is: SetClock
) -> None:
    assert bulletins("fire", "--yes", "--tag", "music").code == 0
    it_is(FRIDAY + timedelta(days=29))
    *shown, _page = bulletins("fire", "--yes", "--tag", "music").err.splitlines()
    assert shown[0].startswith("expired    weekly india r1@2026-12-04T13:00:00Z · was due")
    more = "expired    2 more of weekly in india, r1@2026-12-25T13:00:00Z to r1@2027-01-01T13:00:00Z"
    assert (len(shown), shown[-1].partition(" · ")[0]) == (4, more)
    it_is(FRIDAY + timedelta(days=50))
    *shown, _page = bulletins("fire", "--yes", "--tag", "music", "--verbose").err.splitlines()
    assert [line.split()[3] for line in shown] == [f"r1@2027-01-{day}T13:00:00Z" for day in ("08", "15", "22")]


def test_the_report_of_a_run_shows_many_times_in_a_few_lines_unless_all_is_wanted(
    bulletins: Bulletins, ledger: None, it_is: SetClock
) -> None:
    assert bulletins("fire", "--yes", "--tag", "music").code == 0
    it_is(FRIDAY + timedelta(days=43))
    assert bulletins("fire", "--yes", "--tag", "music").code == 1
    _, *shown, summary, left = bulletins("report").out.splitlines()
    assert [line.split()[3] for line in shown[:3]] == [f"r1@2026-12-{day}T13:00:00Z" for day in ("04", "11", "18")]
    more = "4 more of weekly in india, r1@2026-12-25T13:00:00Z to r1@2027-01-15T13:00:00Z (--verbose shows them)"
    assert (shown[3:], summary) == ([f"expired    {more}"], "7 expired")
    assert left == "left alone: 1 not due yet"
    assert len(bulletins("report", "--verbose").out.splitlines()) == 10


def test_with_catch_up_none_what_a_run_may_not_send_is_in_time_for_the_next(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock, write: Write
) -> None:
    write({"all.yaml": WEEKLY.replace("grace: 2h", "grace: 2h, catch_up: none").replace("30 18", "30,46 18")})
    assert bulletins("fire", "--yes", "--tag", "music").code == 0
    it_is(FRIDAY)
    assert bulletins("fire", "--yes", "--tag", "music", "--max", "0").code == 5
    it_is(FRIDAY + timedelta(minutes=20))
    assert bulletins("fire", "--yes", "--tag", "music").code == 0
    assert sent(sandbox) == ["Weekly of 2026-12-04"] * 2
    it_is(FRIDAY + timedelta(days=7, minutes=16))  # too late for the first, and what is too late is reported
    assert bulletins("fire", "--yes", "--tag", "music", "--max", "0").code == 5
    it_is(FRIDAY + timedelta(days=7, minutes=17))
    done = bulletins("fire", "--yes", "--tag", "music", "--report-all", "--format", "json")
    assert [each["outcome"] for each in done.json["results"]] == ["expired", "fired", None]


def test_a_new_schedule_reports_nothing_of_last_year(bulletins: Bulletins, ledger: None, it_is: SetClock) -> None:
    it_is(FRIDAY + timedelta(hours=3))
    done = bulletins("fire", "--yes", "--tag", "music")
    assert (done.code, done.out.splitlines()[0]) == (0, "nothing to send")


def test_until_shows_what_comes_in_every_format(bulletins: Bulletins) -> None:
    until = ("--until", "2026-12-18")
    rows = [row.split()[:3] for row in bulletins("plan", *until).out.splitlines()[:-1]]
    weekly = [f"r1@2026-12-{day}T13:00:00Z" for day in ("04", "11", "18")]
    assert rows == [
        ["wait", "weekly", weekly[0]],
        ["wait", "once", "india"],
        *(["wait", "weekly", at] for at in weekly[1:]),
    ]
    found = bulletins("plan", *until, "--format", "json").json["firings"]
    assert [each["name"] for each in found] == [
        "Weekly of 2026-12-04",
        "Once",
        "Weekly of 2026-12-11",
        "Weekly of 2026-12-18",
    ]
    for format_ in ("markdown", "html"):
        page = bulletins("plan", *until, "--format", format_).out
        assert all(f"Weekly of 2026-12-{day}" in page for day in ("04", "11", "18")), format_


def test_until_takes_an_instant_and_of_a_day_its_end(bulletins: Bulletins) -> None:
    for until, count in (("2026-12-11T12:59:59Z", 1), ("2026-12-11T18:30:00+05:30", 2), ("2026-12-11", 2)):
        found = bulletins("plan", "--id", "weekly", "--until", until, "--format", "json").json["firings"]
        assert len(found) == count, until


@pytest.mark.parametrize(
    "until",
    ["2026-12-02", "2026-13-02", "2026-02-30", "1999-12-31", "2026-12-7", "2026-12-07T18:30:00", "friday"],
)
def test_until_must_come_after_now(bulletins: Bulletins, until: str) -> None:
    done = bulletins("plan", "--until", until)
    assert done.code == 2
    assert "[bad-usage]" in done.err
    assert until in done.err


def test_until_shows_all_that_comes_up_to_then_and_says_how_much_comes_later(
    bulletins: Bulletins, write: Write
) -> None:
    daily = '  - {id: daily, name: D, properties: {p: d}, schedule: {cron: "0 9 * * *", timezone: Asia/Kolkata}}\n'
    late = "  - {id: late, name: Late, properties: {p: l}, schedule: {at: 2027-03-01T18:30:00+05:30}}\n"
    write({"all.yaml": WEEKLY + daily + late})

    *rows, summary = bulletins("plan", "--until", "2027-01-07").out.splitlines()
    assert [row.split()[1] for row in rows].count("daily") == 35
    assert "--verbose" not in "".join(rows)
    assert not [row for row in rows if "late" in row]
    assert summary == (
        "plan at 2026-12-03T13:00:00Z, up to 2027-01-07T23:59:59Z: 41 wait; 1 more comes only after that"
    )
    *rows, summary = bulletins("plan", "--until", "2026-12-04T02:00:00Z").out.splitlines()
    assert (rows, summary.endswith(": nothing comes; 4 more come only after that")) == ([], True)

    found = bulletins("plan", "--until", "2027-01-07", "--format", "json").json
    jsonschema.Draft202012Validator(schema("plan")).validate(found)
    assert {each["id"] for each in found["firings"]} == {"daily", "weekly", "once"}
    assert (found["summary"]["later"], found["selection"]["until"]) == (1, ["2027-01-07T23:59:59Z"])
    page = bulletins("plan", "--until", "2027-01-07", "--format", "html").out
    assert page.count("<tr data-day=") == 36
    assert "1 more comes only after that" in page
    assert "Late" not in bulletins("plan", "--until", "2027-01-07", "--format", "markdown").out
    assert "late" in bulletins("plan", "--verbose").out


def test_a_plan_up_to_a_time_is_fired_as_any_other(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock
) -> None:
    it_is(FRIDAY)
    assert bulletins("plan", "--until", "2026-12-18", "--out", "plan.json").code == 0
    assert bulletins("fire", "plan.json", "--yes").code == 0
    assert sorted(filter(None, sent(sandbox))) == ["Once", "Weekly of 2026-12-04"]


def test_an_entry_that_was_removed_and_put_back_shows_what_it_missed(
    bulletins: Bulletins, ledger: None, it_is: SetClock, write: Write
) -> None:
    assert bulletins("fire", "--yes", "--tag", "music").code == 0
    write({"all.yaml": WEEKLY.replace("id: weekly", "id: other")})
    it_is(FRIDAY + timedelta(days=8))
    bulletins("fire", "--yes")
    write({"all.yaml": WEEKLY})
    it_is(FRIDAY + timedelta(days=22))

    row, *_, summary = bulletins("plan", "--tag", "music").out.splitlines()
    assert row.split("  ")[-1].startswith("4 times from 2026-12-04T13:00:00Z to 2026-12-25T13:00:00Z (--verbose ")
    assert summary == "plan at 2026-12-26T13:00:00Z: 1 wait, 4 expired (not reported yet)"
    found = bulletins("plan", "--tag", "music", "--format", "json", "--out", "plan.json").json
    assert (found["summary"]["expired"], found["summary"]["newly_expired"]) == (4, 4)
    assert json.loads(Path("plan.json").read_text(encoding="utf-8"))["summary"] == found["summary"]
    assert "4 expired (not reported yet)" in bulletins("plan", "--tag", "music", "--format", "markdown").out
    assert "4 expired unsent (not reported yet)" in bulletins("plan", "--tag", "music", "--format", "html").out
    assert bulletins("fire", "--yes", "--tag", "music").code == 1
    assert bulletins("plan", "--tag", "music").out.splitlines()[-1].endswith("Z: 1 wait")


def test_what_comes_only_later_is_not_too_much_to_read(
    bulletins: Bulletins, write: Write, it_is: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "  - {id: other, name: O, properties: {}, schedule: {cron: '30 18 * * FRI', timezone: Asia/Kolkata}}\n"
    write({"all.yaml": WEEKLY + other})
    it_is(FRIDAY - timedelta(days=1))
    monkeypatch.setattr(selected_set, "MOST_COMING", 1)

    done = bulletins("plan", "--until", f"{FRIDAY - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}")
    assert done.out.splitlines()[-1].endswith(": nothing comes; 3 more come only after that")
    assert bulletins("plan", "--until", "2026-12-05").refused_with(ErrorCode.TOO_MANY_OCCURRENCES, exit_code=2)


def test_more_than_anybody_reads_is_refused_unless_less_is_selected(bulletins: Bulletins, write: Write) -> None:
    often = '  - {id: often, name: O, properties: {}, schedule: {cron: "* * * * *", timezone: Asia/Kolkata}}\n'
    write({"all.yaml": WEEKLY + often})
    done = bulletins("plan", "--until", "2100-01-01")
    assert done.refused_with(ErrorCode.TOO_MANY_OCCURRENCES, "--until", exit_code=2)
    assert bulletins("plan", "--id", "weekly", "--until", "2027-12-01").code == 0


def test_baseline_takes_what_is_due_now_and_nothing_that_comes(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock
) -> None:
    it_is(FRIDAY + timedelta(minutes=5))
    done = bulletins("ledger", "baseline", "--yes", "--also-later")
    assert "2 recorded as already sent" in done.out
    assert "not recorded: 1 recurring, which are sent from their next time on" in done.out
    assert bulletins("fire", "--yes").code == 0
    it_is(FRIDAY + timedelta(days=7))
    assert bulletins("fire", "--yes").code == 0
    assert sent(sandbox) == ["Weekly of 2026-12-11"]


def test_status_shows_the_next_times(bulletins: Bulletins, ledger: None) -> None:
    done = bulletins("status", "weekly")
    assert [line.split()[:5] for line in done.out.splitlines()] == [
        ["now:", "wait", "in", "india", f"(r1@2026-12-{day}T13:00:00Z):"] for day in ("04", "11", "18")
    ]


def test_a_reviewed_plan_sends_its_time_and_no_other(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock
) -> None:
    it_is(FRIDAY)
    assert bulletins("plan", "--id", "weekly", "--out", "plan.json").code == 0
    it_is(FRIDAY + timedelta(minutes=30))
    done = bulletins("fire", "plan.json", "--yes")
    assert (done.code, sent(sandbox)) == (0, ["Weekly of 2026-12-04"])


def test_a_reviewed_plan_whose_time_is_over_is_refused_and_says_so(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock
) -> None:
    it_is(FRIDAY)
    assert bulletins("plan", "--id", "weekly", "--out", "plan.json").code == 0
    it_is(FRIDAY + timedelta(hours=3))
    done = bulletins("fire", "plan.json", "--yes")
    assert done.refused_with(ErrorCode.PLAN_OUTDATED, "r1@2026-12-04T13:00:00Z")
    assert sent(sandbox) == []


def test_a_reviewed_plan_of_which_a_later_time_is_due_is_refused(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock, write: Write
) -> None:
    write({"all.yaml": WEEKLY.replace("30 18 * * FRI", "0,30 18 * * FRI")})
    it_is(FRIDAY - timedelta(minutes=10))
    assert bulletins("plan", "--id", "weekly", "--out", "plan.json").code == 0
    it_is(FRIDAY)
    done = bulletins("fire", "plan.json", "--yes")
    assert done.refused_with(ErrorCode.PLAN_OUTDATED, "r1@2026-12-04T13:00:00Z")


def test_a_reviewed_plan_of_another_schedule_is_refused(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock, write: Write
) -> None:
    it_is(FRIDAY)
    assert bulletins("plan", "--id", "weekly", "--out", "plan.json").code == 0
    write({"all.yaml": WEEKLY.replace("30 18", "45 18")})
    done = bulletins("fire", "plan.json", "--yes")
    assert done.refused_with(ErrorCode.PLAN_OUTDATED, "r1@2026-12-04T13:00:00Z")


def test_a_reviewed_plan_settles_nothing_of_what_it_does_not_report(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock
) -> None:
    assert bulletins("fire", "--yes").code == 0
    it_is(FRIDAY + timedelta(days=7))
    assert bulletins("plan", "--id", "weekly", "--out", "plan.json").code == 0
    assert bulletins("fire", "plan.json", "--yes").code == 0
    done = bulletins("fire", "--yes", "--id", "weekly", "--format", "json")
    assert (done.code, done.json["results"][0]["outcome"]) == (1, "expired")


def test_an_edit_of_the_schedule_says_what_it_does_now(bulletins: Bulletins, write: Write, tmp_path: Path) -> None:
    folder = write({"all.yaml": WEEKLY})
    repository = Repository(tmp_path)
    repository.git("init", "--quiet", "--initial-branch=main")
    repository.commit()
    write({"all.yaml": WEEKLY.replace("30 18 * * FRI", "0 9 * * MON").replace("grace: 2h", "catch_up: all")})
    (change,) = bulletins("plan", str(folder), "--against", "HEAD", "--format", "json").json["changes"]["bulletins"]
    assert {each["field"]: (each["old"], each["new"]) for each in change["fields"]} == {
        "schedule.cron": ("30 18 * * FRI", "0 9 * * MON"),
        "schedule.grace": ("2h", "1h"),
        "schedule.catch_up": ("latest", "all"),
    }
    assert [(each["occurrence"], each["text"]) for each in change["effects"]] == [
        (
            "r1@2026-12-07T03:30:00Z",
            (
                "goes out next Mon 2026-12-07 03:30 UTC, then Mon 2026-12-14 03:30 and Mon 2026-12-21 03:30,"
                " by cron `0 9 * * MON` in Asia/Kolkata"
            ),
        )
    ]


def test_a_dry_run_reports_and_records_nothing(bulletins: Bulletins, ledger: None, it_is: SetClock) -> None:
    assert bulletins("fire", "--yes").code == 0
    it_is(FRIDAY + timedelta(days=1))
    for _ in range(2):
        done = bulletins("fire", "--dry-run", "--id", "weekly", "--report-all", "--format", "json")
        assert [each["action"] for each in done.json["results"]] == ["expired", "wait"]
    assert json.loads(bulletins("ledger", "show", "--format", "json").out)["firings"]["expired"] == 0


def test_the_document_is_the_same_whenever_it_was_missed(bulletins: Bulletins, ledger: None, it_is: SetClock) -> None:
    """What was missed in the account is found again from the ledger, by its run."""
    assert bulletins("fire", "--yes").code == 0
    it_is(FRIDAY + timedelta(days=1))
    assert bulletins("fire", "--yes", "--id", "weekly").code == 1
    path = max(Path(".bulletins/reports").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
    run = json.loads(path.read_text(encoding="utf-8"))["run"]["id"]
    path.unlink()
    done = bulletins("report", run, "--format", "json")
    assert [(each["occurrence"], each["outcome"]) for each in done.json["results"]] == [
        ("r1@2026-12-04T13:00:00Z", "expired")
    ]


def test_an_edit_to_an_earlier_time_of_the_day_sends_nothing_again(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock, write: Write
) -> None:
    it_is(FRIDAY)
    assert bulletins("fire", "--yes", "--id", "weekly").code == 0
    write({"all.yaml": WEEKLY.replace("30 18", "0 18")})
    it_is(FRIDAY + timedelta(minutes=15))
    done = bulletins("fire", "--yes", "--id", "weekly", "--report-all", "--format", "json")
    assert (done.code, [each["outcome"] for each in done.json["results"]]) == (0, [None, None])
    assert sent(sandbox) == ["Weekly of 2026-12-04"]


CRON = '{cron: "30 18 * * FRI", timezone: Asia/Kolkata, grace: 2h}'
AT = "{at: 2026-12-04T18:30:00+05:30}"


@pytest.mark.parametrize(
    ("before", "after"),
    [(AT, CRON), (CRON, AT), (None, CRON), (CRON, None), (AT, CRON.replace("grace", "catch_up: all, grace"))],
)
def test_another_kind_of_schedule_sends_nothing_again(
    bulletins: Bulletins, ledger: None, sandbox: Sandbox, it_is: SetClock, write: Write, before: str, after: str
) -> None:
    for number, schedule in enumerate((before, after, before)):
        line = f"\n    schedule: {schedule}" if schedule else ""
        text = WEEKLY.replace(f"\n    schedule: {CRON}", line)
        write({"all.yaml": text.replace("{{ occurrence.date }}", "December").replace("{{ occurrence.weekday }}", "1")})
        it_is(FRIDAY + timedelta(minutes=1 + 9 * number))
        assert bulletins("fire", "--yes", "--id", "weekly").code == 0
    planned = bulletins("plan", "--id", "weekly", "--format", "json").json["firings"]
    assert (len(sent(sandbox)), planned[0]["action"]) == (1, "done")
