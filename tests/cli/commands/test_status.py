"""`status`: what is in doubt and how to settle it, who is at work, what was fired, and what would happen now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Write
from ledger import claim_one

from cli.conftest import Bulletins
from runner.definitions.load import load
from runner.errors import ErrorCode
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.values import Identity, Origin, SlotRequest
from runner.plan.firing import firings


def test_nothing_yet(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("status")
    assert (done.code, done.out, done.err) == (0, "nothing is in doubt\n", "")


def test_without_a_ledger(bulletins: Bulletins) -> None:
    assert bulletins("status").refused_with(ErrorCode.LEDGER_MISSING)


@pytest.mark.parametrize("command", [["status"], ["report"], ["resolve", "a", "--sent", "--note", "n"]])
def test_without_a_ledger_of_the_sandbox_the_help_is_about_the_sandbox(
    bulletins: Bulletins, command: list[str]
) -> None:
    done = bulletins(*command, "--sandbox")
    assert done.refused_with(ErrorCode.LEDGER_MISSING, ".bulletins/sandbox.sqlite3")
    assert "fire --sandbox" in done.err
    assert "ledger init" not in done.err


def test_the_sandbox_has_a_ledger_of_its_own(bulletins: Bulletins, small_set: Path) -> None:
    assert bulletins("fire", "--sandbox", "--yes", "--id", "now-*").code == 0
    fired = bulletins("status", "--sandbox", "--format", "json").json["fired"]
    assert {row["id"] for row in fired} == {"now-1", "now-2"}
    assert bulletins("status").refused_with(ErrorCode.LEDGER_MISSING)


@pytest.mark.usefixtures("doubt")
def test_the_overview_has_what_a_person_looks_for(bulletins: Bulletins) -> None:
    lines = bulletins("status").out.splitlines()
    first = lines.index("now-2 in india (r1)")
    facts = dict(line.strip().split(maxsplit=1) for line in lines[first + 1 : first + 9])
    assert (facts["event"], facts["name"], facts["c-by"]) == ("Program Released", "Now 2", "a@example.com")
    assert " to 20" in facts["window"]
    assert facts["sent?"] == 'bulletins resolve now-2 --account india --sent --note "…"'
    assert "1 in doubt: look for each in the dashboard's activity log, then resolve it" in lines
    assert lines[0] == "fired recently:"
    assert lines[1].startswith("now-1  20")
    in_utc = facts["window"]
    assert lines[-1] == f"  now-2 in india (r1), Now 2: {in_utc}"


@pytest.mark.usefixtures("doubt")
def test_the_last_lines_have_the_local_time_of_the_account(bulletins: Bulletins) -> None:
    accounts = Path("bulletins.d/accounts.yaml")
    text = accounts.read_text(encoding="utf-8")
    accounts.write_text(text.replace("account_id_env", "timezone: Asia/Kolkata, account_id_env"), encoding="utf-8")
    last = bulletins("status").out.splitlines()[-1]
    assert re.search(r": \w{3} \d{4}-\d\d-\d\d [\d:]{8} to [\d:]{8} Asia/Kolkata \(.*Z to .*Z\)$", last), last


@pytest.mark.usefixtures("doubt")
def test_a_window_ends_when_the_run_settled_it(bulletins: Bulletins) -> None:
    (row,) = bulletins("status", "--format", "json").json["in_doubt"]
    assert row["claimed_at"] < row["off_the_wire_at"] == row["settled_at"]


def test_runs_that_are_under_way(bulletins: Bulletins, ledger: str, small_set: Path) -> None:
    two_minutes_ago = datetime.now(UTC) - timedelta(minutes=2, seconds=5)
    with Ledger(parse_url(".bulletins/ledger.sqlite3"), clock=lambda: two_minutes_ago) as opened:
        run = opened.start_run(Origin("fire", "1"), Identity("asha", "builder", 4321), lease=timedelta(hours=1))
        (firing,) = (each for each in firings(load([small_set]), datetime.now(UTC)) if each.key.bulletin == "now-1")
        assert claim_one(opened, run, firing, two_minutes_ago)
        opened.take_slots(run, [SlotRequest("india", 3, 2)])
        gone = opened.start_run(Origin("fire", "1"), Identity("asha", "builder", 4322), lease=timedelta(seconds=30))
    lines = bulletins("status").out.splitlines()
    assert lines[:2] == ["nothing is in doubt", "in progress:"]
    assert lines[2].startswith("fire  by asha on builder (pid 4321)  for 2m ")
    assert lines[2].endswith(f"  1 claimed, 2 slots  run {run}")
    assert gone not in "".join(lines)
    (live,) = bulletins("status", "--format", "json").json["runs"]
    assert (live["id"], live["host"], live["pid"], live["claimed"], live["slots"]) == (run, "builder", 4321, 1, 2)
    assert live["age_s"] >= 125


@pytest.mark.usefixtures("doubt")
def test_the_overview_in_json(bulletins: Bulletins) -> None:
    document = bulletins("status", "--format", "json").json
    assert [(row["id"], row["state"]) for row in document["in_doubt"]] == [("now-2", "in_doubt")]
    assert [(row["id"], row["bulletins_sent"]) for row in document["fired"]] == [("now-1", 1)]
    assert document["in_doubt"][0]["payload"]["name"] == "Now 2"


@pytest.mark.usefixtures("doubt")
def test_one_bulletin(bulletins: Bulletins) -> None:
    done = bulletins("status", "now-2")
    history, now = done.out.splitlines()
    assert history.startswith("in_doubt  20")
    assert "HTTP 503" in history
    assert now.startswith("now: in_doubt in india (r1): ")
    assert now.endswith("look for it in the dashboard's activity log, then run bulletins resolve now-2")
    document = bulletins("status", "now-2", "--format", "json").json
    assert [row["state"] for row in document["history"]] == ["in_doubt"]
    assert [step["action"] for step in document["now"]] == ["in_doubt"]


def test_a_bulletin_that_was_never_sent(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("status", "later-1")
    assert done.code == 0
    assert done.out.startswith("now: wait in india (r1): due 2036-12-01T13:00:00Z, in ")


def test_a_bulletin_that_is_not_known(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("status", "nobody")
    assert done.refused_with(ErrorCode.UNKNOWN_BULLETIN, "'nobody'", exit_code=2)


@pytest.mark.usefixtures("doubt")
def test_the_history_outlives_the_definitions(bulletins: Bulletins, small_set: Path, write: Write) -> None:
    write({"all.yaml": "bulletins: [{id: a}]\n"})
    done = bulletins("status", "now-1")
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert "the definitions have problems" in done.err
    done = bulletins("status", "now-1", "--path", "nowhere")
    assert done.code == 0
    assert "what a run would do now is not shown: nowhere: no such file or folder" in done.err
