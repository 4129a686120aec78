"""`plan`: the table, the document, the exit code; no credentials, no ledger needed."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
from conftest import Write

from cli.conftest import Bulletins, account, two_accounts_at
from runner.definitions.schema.schemas import schema
from runner.errors import ErrorCode
from runner.report.html.instants import instant_ms
from runner.sandbox.server import Sandbox

RECURRING = """
defaults: {business_event: E, c-by: a@example.com, accounts: [india]}
bulletins:
  - {id: daily, name: Daily, properties: {}, schedule: {cron: "0 18 * * *", timezone: UTC}}
  - {id: weekly, name: Weekly, properties: {n: "2"}, schedule: {cron: "0 18 * * FRI", timezone: UTC}}
  - {id: monthly, name: Monthly, properties: {n: "3"}, schedule: {cron: "0 9 28 * *", timezone: UTC}}
  - {id: once, name: Once, properties: {n: "4"}, schedule: {at: 2027-02-01T10:00:00Z}}
"""
TUESDAY = ("--now", "2026-12-01T04:00:00Z")
HINT = "recurring bulletins show only their next times (--until TIME shows all times until then)\n"
NEXT_ONLY = "Recurring bulletins are shown at their next time only"
NO_LEDGER = "there is no ledger yet: the plan assumes that nothing was ever sent\n"


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch, small_set: Path) -> None:
    monkeypatch.delenv("INDIA_ID")
    monkeypatch.delenv("INDIA_PASSCODE")


def actions(done_json: dict[str, object]) -> dict[str, str]:
    firings = done_json["firings"]
    assert isinstance(firings, list)
    return {firing["id"]: firing["action"] for firing in firings}


@pytest.mark.parametrize("format_", ["text", "json", "markdown", "github", "sarif", "junit", "html"])
def test_a_when_far_from_the_due_time_is_a_warning(bulletins: Bulletins, write: Write, format_: str) -> None:
    head = "defaults: {business_event: E, c-by: a@example.com, accounts: [india], properties: {}}\nbulletins:\n"
    old = '  - {id: old, name: Old, when: 1796130000, schedule: {at: "2036-12-02T18:00:00Z"}}\n'
    fine = '  - {id: fine, name: Fine, when: "2036-12-02T17:00:00Z", schedule: {at: "2036-12-02T18:00:00Z"}}\n'
    write({"all.yaml": head + fine})
    assert "older than 2 hours" not in bulletins("plan", "--format", format_).out.replace("\u00a0", " ")
    write({"all.yaml": head + fine + old})
    done = bulletins("plan", "--format", format_, "--detailed-exitcode")
    assert (done.code, "older than 2 hours" in done.out) == (0, True)


def test_warnings_are_no_part_of_what_was_reviewed(bulletins: Bulletins, write: Write) -> None:
    head = "defaults: {business_event: E, c-by: a@example.com, accounts: [india], properties: {}}\nbulletins:\n"
    write({"all.yaml": head + "  - {id: old, name: Old, when: 1796130000}\n"})
    first, later = (
        bulletins("plan", "--format", "json", "--now", at).json
        for at in ("2036-12-01T04:00:00Z", "2036-12-02T04:00:00Z")
    )
    jsonschema.Draft202012Validator(schema("plan")).validate(first)
    assert first["firings"][0]["warnings"] != later["firings"][0]["warnings"]
    assert first["hash"] == later["hash"]


def test_the_table(bulletins: Bulletins, tmp_path: Path) -> None:
    done = bulletins("plan")
    assert (done.code, done.err) == (0, NO_LEDGER)
    *rows, summary = done.out.splitlines()
    assert [row.split()[:3] for row in rows] == [
        ["fire", "now-1", "india"],
        ["fire", "now-2", "india"],
        ["disabled", "off-1", "india"],
        ["expired", "past-1", "india"],
        ["wait", "later-1", "india"],
    ]
    assert summary.startswith("plan at ")
    assert summary.endswith("Z: 2 fire, 1 wait, 1 expired, 1 disabled")
    assert not (tmp_path / ".bulletins").exists()


def test_the_document(bulletins: Bulletins) -> None:
    done = bulletins("plan", "--format", "json")
    assert (done.code, done.err) == (0, NO_LEDGER)
    assert (done.json["schema_version"], done.json["ledger"], done.json["summary"]["fire"]) == (1, None, 2)
    first = done.json["firings"][0]
    assert (first["id"], first["action"], first["payload"]["properties"]) == ("now-1", "fire", {"program_id": "1"})


def test_with_a_ledger(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("plan", "--format", "json")
    assert (done.code, done.err, done.json["ledger"]) == (0, "", ledger)


def test_another_day(bulletins: Bulletins) -> None:
    done = bulletins("plan", "--now", "2036-12-01T13:00:00Z", "--format", "json")
    assert done.json["now"] == "2036-12-01T13:00:00Z"
    assert actions(done.json)["later-1"] == "fire"
    done = bulletins("plan", "--now", "2020-12-01T18:00:00+05:30", "--format", "json")
    assert actions(done.json)["past-1"] == "wait"


@pytest.mark.parametrize(("selection", "code"), [([], 6), (["--id", "later-*"], 0)])
def test_the_detailed_exit_code(bulletins: Bulletins, selection: list[str], code: int) -> None:
    assert bulletins("plan", "--detailed-exitcode", *selection).code == code
    assert bulletins("plan", *selection).code == 0


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--id", "now-*"], ["now-1", "now-2"]),
        (["--id", "now-1", "--id", "off-1"], ["now-1", "off-1"]),
        (["--tag", "hindi"], ["now-1"]),
        (["--id", "now-*", "--exclude-tag", "hindi"], ["now-2"]),
        (["--event", "Program Released", "--exclude-id", "*-1"], ["now-2"]),
        (["--account", "india", "--file", "*/all.yaml", "--exclude-id", "[lpo]*"], ["now-1", "now-2"]),
    ],
    ids=" ".join,
)
def test_selection(bulletins: Bulletins, options: list[str], ids: list[str]) -> None:
    assert sorted(actions(bulletins("plan", "--format", "json", *options).json)) == sorted(ids)


@pytest.mark.parametrize("command", ["plan", "fire"])
@pytest.mark.parametrize(
    "options",
    [["--id", "zzz"], ["--tag", "hindi", "--tag", "x", "--id", "now-2"], ["--exclude-account", "india"]],
    ids=" ".join,
)
def test_a_selection_that_matches_nothing(bulletins: Bulletins, command: str, options: list[str]) -> None:
    done = bulletins(command, *options)
    assert done.refused_with(ErrorCode.NO_MATCH, exit_code=2)
    assert done.out == ""


def test_problems(bulletins: Bulletins, write: Write) -> None:
    write({"wrong.yaml": "bulletins: [{id: a}]\n"})
    for command in (["plan"], ["plan", "--format", "json"], ["fire", "--yes"], ["fire", "--dry-run"]):
        done = bulletins(*command)
        assert (done.code, done.out) == (3, "")
        assert "bulletins.d/wrong.yaml:1:13: error[missing-field]" in done.err
        undone = "planned" if command[0] == "plan" else "sent"
        assert done.err.endswith(f"nothing was {undone}: a set with problems is never fired, not even in part\n")


def test_long_runs_of_the_same_are_cut(bulletins: Bulletins, write: Write) -> None:
    head = "defaults: {business_event: E, c-by: a@example.com, enabled: false, accounts: [india]}\nbulletins:\n"
    entries = (f'  - {{id: x-{n}, name: N, properties: {{program_id: "{n}"}}}}\n' for n in range(30))
    write({"all.yaml": head + "".join(entries)})
    assert "… and 10 more disabled (--verbose shows them)" in bulletins("plan").out
    assert bulletins("plan", "--verbose").out.count("enabled is false") == 30


def test_verbose_shows_the_sent_firings_of_a_large_set(bulletins: Bulletins, write: Write, ledger: str) -> None:
    head = "defaults: {business_event: E, c-by: a@example.com, accounts: [india]}\nbulletins:\n"
    entries = (f'  - {{id: x-{n}, name: N, properties: {{program_id: "{n}"}}}}\n' for n in range(210))
    write({"all.yaml": head + "".join(entries)})
    assert bulletins("ledger", "baseline", "--yes", "--note", "sent before").code == 0
    assert "x-209" not in bulletins("plan").out
    assert "x-209" in bulletins("plan", "--verbose").out


def test_the_sandbox_has_a_ledger_of_its_own(
    bulletins: Bulletins, ledger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = bulletins("plan", "--sandbox")
    assert (done.code, done.err) == (0, NO_LEDGER)
    monkeypatch.setenv("BULLETINS_LEDGER", "elsewhere.sqlite3")
    assert bulletins("plan", "--sandbox").code == 0
    done = bulletins("plan", "--sandbox", "--ledger", "x")
    assert done.refused_with(ErrorCode.SANDBOX_WITH_LEDGER, "--sandbox", "--ledger", exit_code=2)


@pytest.mark.parametrize(
    ("url", "value"),
    [
        ("mysql://h/d", "mysql"),
        ("sqlite://", "sqlite:///"),
        ("://", "sqlite:///"),
    ],
)
def test_a_ledger_that_is_none(bulletins: Bulletins, url: str, value: str) -> None:
    assert bulletins("plan", "--ledger", url).refused_with(ErrorCode.BAD_LEDGER_URL, value)


def test_the_ledger_may_come_from_the_environment(bulletins: Bulletins, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BULLETINS_LEDGER", "sqlite:///here.sqlite3")
    made = bulletins("ledger", "init").out.split()[3]
    assert Path("here.sqlite3").is_file()
    assert bulletins("plan", "--format", "json").json["ledger"] == made


def test_an_edit_after_the_send_is_shown(
    bulletins: Bulletins, ledger: str, small_set: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INDIA_ID", "india")
    monkeypatch.setenv("INDIA_PASSCODE", "sesame")
    assert bulletins("fire", "--yes", "--id", "now-1").code == 0
    path = small_set / "all.yaml"
    path.write_text(path.read_text().replace("name: Now 1", "name: Now one"))
    done = bulletins("plan", "--id", "now-1")
    assert done.out.startswith("changed  now-1  india  ")
    assert "name: 'Now 1' → 'Now one'" in done.out
    assert "raise revision" in done.out
    assert bulletins("plan", "--id", "now-1", "--detailed-exitcode").code == 0
    changes = bulletins("plan", "--id", "now-1", "--format", "json").json["firings"][0]["changes"]
    assert changes == [{"field": "name", "old": "Now 1", "new": "Now one"}]
    assert len(sandbox.accepted()) == 1


def test_a_bulletin_in_two_accounts_is_counted_once_and_its_firings_twice(
    bulletins: Bulletins, write: Write, sandbox: Sandbox
) -> None:
    write({"accounts.yaml": two_accounts_at(sandbox.base_url)})
    write({"more.yaml": "bulletins:\n  - {id: both, business_event: E, name: Both, properties: {}, c-by: a@b.example,"
                        " accounts: [india, europe]}\n"})  # fmt: skip
    summary = bulletins("plan", "--id", "both", "--id", "now-1").out.splitlines()[-1]
    assert summary.endswith("Z: 3 fire (3 firings of 2 bulletins would be sent)")
    for format_ in ("markdown", "html"):
        assert "3 firings of 2 bulletins" in bulletins("plan", "--id", "both", "--id", "now-1", "--format", format_).out


def test_a_calendar_shows_all_times_of_two_weeks_and_all_that_comes_once(bulletins: Bulletins, write: Write) -> None:
    write({"all.yaml": RECURRING})
    page = bulletins("plan", *TUESDAY, "--format", "html").out

    rows = [line for line in page.splitlines() if 'class="sum">' in line and not line.startswith("<thead")]
    assert [row.split('class="sum">')[1][0] for row in rows] == [*"11121111112111"]
    assert "2 firings go out" not in page
    assert "18 firings go out" in page  # 14 daily, 2 weekly, the next monthly, and what is due once
    assert "longest gap: 1 d," in page
    assert page.count("go out in the same minute") == 2
    assert "2 after them, the first" in page
    assert "of what recurs, at most the next time" in page
    assert NEXT_ONLY not in page


def test_a_calendar_up_to_a_time_is_what_was_asked_for(bulletins: Bulletins, write: Write) -> None:
    write({"all.yaml": RECURRING})
    page = bulletins("plan", *TUESDAY, "--format", "html", "--until", "2026-12-05").out
    assert page.count("<tr data-day=") == 5
    assert "; 2 more come only after that" in page


@pytest.mark.parametrize(("count", "days"), [(1, 3), (5, 1), (9, None)])
def test_a_calendar_of_very_many_times_shows_fewer_days_and_says_so(
    bulletins: Bulletins, write: Write, count: int, days: int | None
) -> None:
    entry = '  - {{id: x-{0}, name: N, properties: {{n: "{0}"}}, schedule: {{cron: "* * * * *", timezone: UTC}}}}\n'
    head = RECURRING.partition("bulletins:")[0] + "bulletins:\n"
    write({"all.yaml": head + "".join(entry.format(number) for number in range(count))})
    done = bulletins("plan", "--now", "2026-12-01T00:00:30Z", "--format", "html")

    assert done.code == 0
    assert (NEXT_ONLY in done.out) is (days is None)
    until = "null" if days is None else instant_ms(f"2026-12-0{days}T23:59:59Z")
    assert f'"until":{until},' in done.out


def test_the_table_says_where_only_the_next_time_is_shown(bulletins: Bulletins, write: Write) -> None:
    assert HINT not in bulletins("plan").out  # nothing recurs
    write({"all.yaml": RECURRING})
    assert HINT in bulletins("plan", *TUESDAY).out
    assert HINT not in bulletins("plan", *TUESDAY, "--id", "once").out
    assert HINT not in bulletins("plan", *TUESDAY, "--until", "2026-12-05").out


def test_the_document_holds_the_budgets_and_the_calendar_what_they_hold_back(
    bulletins: Bulletins, write: Write, sandbox: Sandbox
) -> None:
    at = "schedule: {at: 2026-12-02T18:00:00Z}"
    head = RECURRING.partition("bulletins:")[0] + "bulletins:\n"
    write(
        {"all.yaml": head + "".join(f'  - {{id: x-{n}, name: N, properties: {{n: "{n}"}}, {at}}}\n' for n in range(5))}
    )
    plain = bulletins("plan", *TUESDAY, "--format", "json").json
    assert "budget" not in plain["accounts"]["india"]

    write({"accounts.yaml": account(sandbox.base_url, "budget: {per_hour: 3, events: {E: {per_day: 4}}}")})
    document = bulletins("plan", *TUESDAY, "--format", "json").json
    assert document["accounts"]["india"]["budget"] == {"per_hour": 3, "events": {"E": {"per_day": 4}}}
    jsonschema.Draft202012Validator(schema("plan")).validate(document)
    page = bulletins("plan", *TUESDAY, "--format", "html").out
    assert "The budget is 3 an hour; 4 a day for E. It holds back 2 firings of what is due here" in page
    assert "18–19 h: 5 due, 3 may go<" in page
