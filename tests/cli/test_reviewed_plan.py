"""`plan --out`, then `fire FILE`: exactly what was reviewed, or nothing and what moved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Write

from cli.conftest import BULLETINS, Bulletins, account, only_report, outcomes
from runner.errors import ErrorCode
from runner.sandbox.server import Sandbox

PLAN = "plan.json"


@pytest.fixture
def planned(ledger: str, bulletins: Bulletins) -> str:
    """A plan of the small set, in a file: now-1 and now-2 are to be sent."""
    done = bulletins("plan", "--out", PLAN)
    assert done.code == 0, done
    return PLAN


def sent(sandbox: Sandbox) -> list[str]:
    return sorted(received.name or "" for received in sandbox.accepted())


def test_what_was_reviewed_is_sent_and_nothing_else(
    bulletins: Bulletins, planned: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    done = bulletins("fire", planned, "--yes")

    assert done.code == 0, done
    assert sent(sandbox) == ["Now 1", "Now 2"]
    assert outcomes(only_report(tmp_path)) == {"now-1": "fired", "now-2": "fired"}
    assert bulletins("fire", planned, "--yes").refused_with(ErrorCode.PLAN_OUTDATED, "now-1", "done")


def test_a_selection_is_part_of_the_plan(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    assert bulletins("plan", "--tag", "tamil", "--out", PLAN).code == 0
    assert json.loads(Path(PLAN).read_text(encoding="utf-8"))["selection"] == {"tag": ["tamil"]}
    assert bulletins("fire", PLAN, "--yes").code == 0
    assert sent(sandbox) == ["Now 2"]


def test_the_plan_says_how_it_is_fired(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("plan", "--out", PLAN, "--format", "json")
    assert done.err == f"plan: plan.json ({done.json['hash']}); send exactly this with: bulletins fire plan.json\n"


def test_an_edit_refuses_and_is_named(bulletins: Bulletins, planned: str, sandbox: Sandbox, write: Write) -> None:
    write({"all.yaml": BULLETINS.replace("name: Now 1", "name: Now one")})

    done = bulletins("fire", planned, "--yes")
    assert done.refused_with(ErrorCode.PLAN_OUTDATED, "now-1", "'Now 1'", "'Now one'")
    assert not sandbox.received()


def test_a_firing_that_another_run_sent_refuses(bulletins: Bulletins, planned: str, sandbox: Sandbox) -> None:
    assert bulletins("fire", "--id", "now-2", "--yes").code == 0

    assert bulletins("fire", planned, "--yes").refused_with(ErrorCode.PLAN_OUTDATED, "now-2", "done")
    assert sent(sandbox) == ["Now 2"]


def test_what_does_not_matter_does_not_disturb(
    bulletins: Bulletins, planned: str, sandbox: Sandbox, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "  europe: {region: eu1, account_id_env: EUROPE_ID, passcode_env: EUROPE_PASSCODE}\n"
    new = '  - {id: new, name: New, properties: {program_id: "9"}}\n'
    edited = BULLETINS.replace("name: Later", "name: Much later").replace("tags: [hindi]", "tags: [other]")
    write({"accounts.yaml": account(sandbox.base_url) + other, "all.yaml": "# a comment\n" + edited + new})
    monkeypatch.setenv("EUROPE_PASSCODE", "new")

    assert bulletins("fire", planned, "--yes").code == 0
    assert sent(sandbox) == ["Now 1", "Now 2"]


def test_an_account_that_moved_refuses(bulletins: Bulletins, planned: str, write: Write, sandbox: Sandbox) -> None:
    with Sandbox() as other:
        write({"accounts.yaml": account(other.base_url)})
        done = bulletins("fire", planned, "--yes")
        assert done.refused_with(ErrorCode.PLAN_OUTDATED, sandbox.base_url)
        assert not other.received()


def test_another_ledger_refuses(bulletins: Bulletins, planned: str, sandbox: Sandbox) -> None:
    assert bulletins("ledger", "init", "--ledger", "other.sqlite3").code == 0
    done = bulletins("fire", planned, "--yes", "--ledger", "other.sqlite3")
    assert done.refused_with(ErrorCode.PLAN_OUTDATED)
    assert not sandbox.received()


def test_a_plan_without_a_ledger_cannot_be_fired(bulletins: Bulletins, small_set: Path, sandbox: Sandbox) -> None:
    assert "can't be fired" in bulletins("plan", "--out", PLAN).err
    assert bulletins("ledger", "init").code == 0
    assert bulletins("fire", PLAN, "--yes").refused_with(ErrorCode.PLAN_OUTDATED)
    assert not sandbox.received()


def test_an_edited_plan_file_refuses(bulletins: Bulletins, planned: str, sandbox: Sandbox) -> None:
    text = Path(planned).read_text(encoding="utf-8")
    Path(planned).write_text(text.replace("Now 1", "Now X"), encoding="utf-8")

    assert bulletins("fire", planned, "--yes").refused_with(ErrorCode.PLAN_EDITED, "plan.json")
    assert not sandbox.received()


@pytest.mark.parametrize("option", [("--id", "now-1"), ("--exclude-tag", "x"), ("--changed-since", "main")])
def test_selection_options_with_a_plan_are_wrong_usage(
    bulletins: Bulletins, planned: str, option: tuple[str, str]
) -> None:
    done = bulletins("fire", planned, "--yes", *option)
    assert done.refused_with(ErrorCode.BAD_USAGE, "plan.json", "--help", exit_code=2)


def test_a_dry_run_checks_a_plan_too(bulletins: Bulletins, planned: str, write: Write, sandbox: Sandbox) -> None:
    done = bulletins("fire", planned, "--dry-run", "--format", "json")
    assert (done.code, outcomes(done.json)) == (0, {"now-1": "would_fire", "now-2": "would_fire"})
    write({"all.yaml": BULLETINS.replace("name: Now 1", "name: Now one")})
    assert bulletins("fire", planned, "--dry-run").code == 5
    assert not sandbox.received()


def test_the_sandbox_has_a_ledger_to_plan_with(bulletins: Bulletins, small_set: Path, tmp_path: Path) -> None:
    assert bulletins("plan", "--sandbox", "--out", PLAN).code == 0
    assert bulletins("fire", "--sandbox", PLAN, "--yes").code == 0
    assert outcomes(only_report(tmp_path)) == {"now-1": "fired", "now-2": "fired"}


def test_max_and_yes_hold_for_a_plan_too(bulletins: Bulletins, planned: str, sandbox: Sandbox) -> None:
    done = bulletins("fire", planned, "--yes", "--max", "1")
    assert done.refused_with(ErrorCode.TOO_MANY_FIRINGS, "--max 2")
    assert bulletins("fire", planned).refused_with(ErrorCode.NO_TERMINAL, "--yes")
    assert not sandbox.received()


@pytest.mark.parametrize("name", ["plan.yaml", "plan.YML"])
def test_a_plan_is_not_written_where_definitions_are_read(bulletins: Bulletins, ledger: str, name: str) -> None:
    assert bulletins("plan", "--out", name).refused_with(ErrorCode.BAD_USAGE, "--help", exit_code=2)
    assert not Path(name).exists()


def test_a_plan_contains_no_secret(bulletins: Bulletins, planned: str) -> None:
    assert "sesame" not in Path(planned).read_text(encoding="utf-8")


def test_a_plan_takes_no_other_file_s_place(bulletins: Bulletins, ledger: str) -> None:
    Path("notes.json").write_text("{}", encoding="utf-8")
    assert bulletins("plan", "--out", "notes.json").refused_with(ErrorCode.NOT_A_PLAN)
    assert Path("notes.json").read_bytes() == b"{}"


def test_a_newer_plan_takes_the_place_of_an_older_one(bulletins: Bulletins, planned: str) -> None:
    assert bulletins("plan", "--id", "now-1", "--out", planned).code == 0
    assert json.loads(Path(planned).read_text(encoding="utf-8"))["selection"] == {"id": ["now-1"]}


def test_the_line_that_fires_it_names_the_ledger(bulletins: Bulletins, small_set: Path) -> None:
    assert "with: bulletins fire --sandbox plan.json\n" in bulletins("plan", "--sandbox", "--out", PLAN).err
    assert bulletins("ledger", "init", "--ledger", "my ledger.sqlite3").code == 0
    err = bulletins("plan", "--ledger", "my ledger.sqlite3", "--out", PLAN).err
    assert err.endswith("with: bulletins fire --ledger 'my ledger.sqlite3' plan.json\n")


def test_a_plan_is_fired_where_it_was_made(
    bulletins: Bulletins, planned: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = bulletins("fire", f"../{planned}", "--yes")
    assert done.refused_with(ErrorCode.PLAN_PATH_MISSING, "../plan.json")


def test_a_dry_run_that_is_refused_is_reported_too(bulletins: Bulletins, planned: str, write: Write) -> None:
    write({"all.yaml": BULLETINS.replace("name: Now 1", "name: Now one")})
    done = bulletins("fire", planned, "--dry-run", "--format", "json")
    assert (done.code, done.json["run"]["exit_code"]) == (5, 5)
    assert outcomes(done.json) == {"now-1": "skipped", "now-2": "skipped"}


def test_a_plan_that_cannot_be_written_is_reported(bulletins: Bulletins, ledger: str) -> None:
    Path("file").touch()
    assert bulletins("plan", "--out", "file/plan.json").refused_with(ErrorCode.CANNOT_WRITE)
