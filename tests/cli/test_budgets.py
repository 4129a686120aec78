"""Budgets on the command line: what each command says of what waits for one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from conftest import Write
from git.repository import Repository

from cli.conftest import Bulletins, account, only_report, outcomes
from runner import clock
from runner.definitions.schema.schemas import schema
from runner.errors import ErrorCode
from runner.sandbox.server import Sandbox

SPENT = "the budget of india allows 1 bulletin an hour, and all of them were sent; this one can be sent from "
AFTER_ANOTHER = (
    "the budget of india allows 1 bulletin an hour, and 1 other bulletin is sent first; this one can be sent from "
)
HELD = """
defaults: {business_event: Program Released, c-by: a@example.com, accounts: [india]}
bulletins:
  - {id: held-1, name: Held 1, properties: {program_id: "11"}}
  - {id: held-2, name: Held 2, properties: {program_id: "12"}}
"""


@pytest.fixture
def thrifty(ledger: str, small_set: Path, write: Write, sandbox: Sandbox) -> Sandbox:
    """The small set, of which one may go out in an hour: the sandbox that it goes to."""
    write({"accounts.yaml": account(sandbox.base_url, "budget: {per_hour: 1}")})
    return sandbox


@pytest.mark.usefixtures("thrifty")
def test_a_plan_says_what_waits_and_until_when(bulletins: Bulletins) -> None:
    lines = bulletins("plan", "--id", "now-*").out.splitlines()
    assert lines[1].startswith(f"wait  now-2  india  {AFTER_ANOTHER}")
    assert lines[-1].endswith(": 1 fire, 1 wait (1 for a budget)")


def test_a_run_leaves_it_alone_and_is_well(bulletins: Bulletins, thrifty: Sandbox, tmp_path: Path) -> None:
    done = bulletins("fire", "--yes", "--id", "now-*")
    assert (done.code, len(thrifty.accepted())) == (0, 1)
    sent_line, left, _ = done.out.splitlines()[-3:]
    assert sent_line == "1 fired (bulletins sent: 1)"
    assert left.startswith("left alone: 1 waiting for a budget, the first may go ")
    report = only_report(tmp_path)
    assert outcomes(report) == {"now-1": "fired", "now-2": None}
    assert (report["summary"]["held_back"], report["summary"]["not_due"]) == (1, 0)
    sent, held = report["results"]
    assert (sent["may_go_at"], held["reason_code"]) == (None, "budget-for-others")
    assert held["may_go_at"] > report["run"]["started_at"]


@pytest.mark.usefixtures("thrifty")
def test_a_dry_run_says_the_same(bulletins: Bulletins) -> None:
    done = bulletins("fire", "--dry-run", "--id", "now-*")
    assert done.code == 0
    assert "1 would fire" in done.out
    assert "left alone: 1 waiting for a budget" in done.out


@pytest.mark.usefixtures("thrifty")
def test_the_documents_hold_it(bulletins: Bulletins) -> None:
    document = bulletins("plan", "--id", "now-*", "--format", "json").json
    jsonschema.Draft202012Validator(schema("plan")).validate(document)
    now, later = document["firings"]
    assert (now["may_go_at"], later["action"]) == (None, "wait")
    assert later["may_go_at"] > document["now"]


@pytest.mark.usefixtures("thrifty")
@pytest.mark.parametrize(
    ("format_", "said"),
    [
        ("text", "this one can be sent from "),
        ("markdown", "| may go "),
        ("html", "may go <time"),
        ("junit", "may go: 20"),
    ],
)
def test_a_plan_says_when_what_waits_may_go(bulletins: Bulletins, format_: str, said: str) -> None:
    assert said in bulletins("plan", "--id", "now-*", "--format", format_).out


@pytest.mark.usefixtures("thrifty")
@pytest.mark.parametrize("format_", ["text", "markdown", "github", "html", "junit", "sarif"])
def test_every_format_shows_it(bulletins: Bulletins, format_: str) -> None:
    for command in (["plan"], ["fire", "--dry-run"], ["fire", "--yes"]):
        done = bulletins(*command, "--format", format_)
        assert done.code in (0, 1), done
        assert format_ in ("github", "sarif") or "budget" in done.out  # nothing is to be done about it


@pytest.mark.usefixtures("thrifty")
def test_a_reviewed_plan_holds_what_may_go_and_no_more(bulletins: Bulletins) -> None:
    made = [bulletins("plan", "--out", f"{name}.json").err for name in ("plan", "again")]
    assert made[0].partition("sha256:")[2][:64] == made[1].partition("sha256:")[2][:64]  # whenever there is room again
    done = bulletins("fire", "plan.json", "--yes")
    assert (done.code, "1 fired" in done.out) == (0, True)
    assert bulletins("fire", "again.json", "--yes").code == 5


def test_a_reviewed_plan_does_not_hold_once_the_budget_is_spent(
    bulletins: Bulletins, thrifty: Sandbox, write: Write
) -> None:
    assert bulletins("plan", "--id", "now-1", "--out", "plan.json").code == 0
    assert bulletins("fire", "--yes", "--id", "now-2").code == 0
    done = bulletins("fire", "plan.json", "--yes")
    assert done.refused_with(ErrorCode.PLAN_OUTDATED, "now-1", SPENT)
    assert len(thrifty.accepted()) == 1


@pytest.mark.usefixtures("thrifty")
def test_the_maximum_is_of_what_would_be_sent(bulletins: Bulletins) -> None:
    assert bulletins("fire", "--yes", "--max", "1", "--id", "now-*").code == 0


@pytest.mark.usefixtures("thrifty")
def test_a_baseline_takes_what_a_budget_holds_back_and_charges_it_to_none(bulletins: Bulletins, write: Write) -> None:
    assert bulletins("ledger", "baseline", "--yes", "--id", "now-*").out.startswith("2 recorded")
    write({"held.yaml": HELD})
    assert bulletins("plan", "--id", "held-*").out.splitlines()[-1].endswith(": 1 fire, 1 wait (1 for a budget)")


@pytest.mark.usefixtures("thrifty")
def test_what_waits_for_a_budget_is_held_back_not_overdue(bulletins: Bulletins) -> None:
    bulletins("fire", "--yes", "--metrics-file", "fire.prom")
    text = Path("fire.prom").read_text(encoding="utf-8")
    assert "\nbulletins_overdue 0.0\n" in text
    assert "\nbulletins_held_back 1.0\n" in text


def test_the_status_shows_how_much_of_them_is_used(
    bulletins: Bulletins, thrifty: Sandbox, write: Write, tmp_path: Path
) -> None:
    budget = "budget: {per_hour: 60, per_day: 400, events: {Flash Sale: {per_day: 3}}}"
    write({"accounts.yaml": account(thrifty.base_url, budget)})
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    lines = bulletins("status").out.splitlines()
    assert lines[-3:] == [
        "budgets:",
        "  india: 2 of 60 in the last hour, 2 of 400 in the last day",
        "  india, Flash Sale: 0 of 3 in the last day",
    ]
    shown = bulletins("status", "--format", "json").json["budgets"]
    assert shown[0] == {"account": "india", "business_event": None, "window_s": 3600, "limit": 60, "used": 2,
                       "over_until": None}  # fmt: skip
    assert "budgets:" not in bulletins("status", "--path", str(tmp_path / "nowhere")).out


def test_in_a_pull_request_what_is_added_and_waits_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bulletins: Bulletins
) -> None:
    repository = Repository.new(tmp_path / "shows")
    monkeypatch.chdir(repository.folder)
    accounts = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
    repository.commit({"bulletins.d/accounts.yaml": accounts})
    repository.git("checkout", "--quiet", "-b", "branch")
    budget = accounts.replace("B}", "B, budget: {per_hour: 1, events: {Flash Sale: {per_day: 3}}}}")
    repository.commit({"bulletins.d/accounts.yaml": budget, "bulletins.d/held.yaml": HELD})

    for format_ in ("text", "markdown", "html", "json", "github"):
        done = bulletins("plan", "--against", "main", "--format", format_)
        assert done.code == 0, done
    changes = bulletins("plan", "--against", "main", "--format", "json").json["changes"]
    (_, held) = changes["bulletins"]
    assert held["effects"][0]["text"].startswith(f"goes out later: {AFTER_ANOTHER}")
    assert held["effects"][0]["due_at"] is not None
    edited = {each["field"]: (each["old"], each["new"]) for each in changes["accounts"][0]["fields"]}
    assert edited == {"budget": (None, "1 an hour"), "budget.events.Flash Sale": (None, "3 a day")}


def test_what_a_budget_made_expire_says_so_ever_after(
    bulletins: Bulletins, thrifty: Sandbox, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now().replace(microsecond=0)
    write({"held.yaml": HELD.replace('"12"}}', f'"12"}}, schedule: {{at: {start:%Y-%m-%dT%H:%M:%SZ}, grace: 30m}}}}')})
    done = bulletins("fire", "--yes", "--id", "held-*", "--format", "github")
    assert "held-2 in india is held back" in done.out
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(minutes=31))
    dry = bulletins("fire", "--dry-run", "--id", "held-*")
    assert "would be reported as expired: 1" in dry.out
    assert "expired" not in dry.out.partition("left alone: ")[2].splitlines()[0]
    assert bulletins("fire", "--yes", "--id", "held-*").code == 1
    kept = "the budget of india allows 1 bulletin an hour, and it was used up when the grace period ended"
    assert bulletins("report").out.count(kept) == 1
    history = bulletins("status", "held-2").out.splitlines()
    assert [line.count(kept) for line in history] == [1, 1]
    assert history[-1].startswith("now: expired in india (r1): was due ")
    assert bulletins("plan", "--id", "held-*").out.count(kept) == 1
