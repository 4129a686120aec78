"""Which run of `fire` reports what an earlier run recorded and did not report."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import Write

from cli.conftest import Bulletins, account, outcomes, report_of
from runner import clock, local
from runner.errors import ErrorCode, UserError
from runner.fire.run import Run
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.sandbox.server import Sandbox

AGO = timedelta(hours=9)


SetOf = Callable[[dict[str, str]], Path]


class Died(BaseException):
    """The run ends here, as if it had been killed."""


@pytest.fixture
def set_of(write: Write, ledger: str, sandbox: Sandbox) -> SetOf:
    """Writes bulletins that have expired, by file."""
    folder = write({})
    (folder / "all.yaml").unlink()

    def made(files: dict[str, str]) -> Path:
        at = f"{datetime.now(UTC) - AGO:%Y-%m-%dT%H:%M:%SZ}"
        head = "defaults: {business_event: E, c-by: a@example.com, accounts: [india]}\nbulletins:\n"
        entry = "  - {{id: {id}, name: {id}, properties: {{p: '1'}}, schedule: {{at: {at}, grace: {grace}}}}}\n"
        texts = {}
        for name, ids in files.items():
            entries = [each.partition("/") for each in ids.split()]
            texts[name] = head + "".join(entry.format(id=id, at=at, grace=grace or "1h") for id, _, grace in entries)  # noqa: A001
        return write({"accounts.yaml": account(sandbox.base_url), **texts})

    return made


def fire(bulletins: Bulletins, *arguments: str) -> tuple[int, dict[str, str | None]]:
    """A run: its exit code, and the outcomes of its report."""
    path = Path("report.json")
    done = bulletins("fire", *arguments, "--yes", "--report", str(path))
    return done.code, {name: outcome for name, outcome in outcomes(report_of(path)).items() if outcome}


def die_at_the_end(bulletins: Bulletins, *arguments: str) -> None:
    """A run that dies once it has done all and before it publishes its report; the machine notices at once."""

    def die(*_: object) -> None:
        raise Died

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Run, "record_outcome", die)
        with pytest.raises(Died):
            bulletins("fire", *arguments, "--yes", "--report", "lost.json")
    assert not Path("lost.json").exists()
    with Ledger(parse_url(str(local.LEDGER))) as ledger:
        ledger.end_leases(lambda process: True)


def test_the_next_run_reports_it_once(bulletins: Bulletins, set_of: SetOf) -> None:
    set_of({"a.yaml": "a-1 a-2"})
    die_at_the_end(bulletins)
    assert fire(bulletins) == (1, {"a-1": "expired", "a-2": "expired"})
    assert fire(bulletins) == (0, {})


@pytest.mark.parametrize("narrow", [["--id", "b-*"], ["--file", "*/b.yaml"], ["--exclude-id", "a-*"]])
def test_a_run_that_does_not_select_it_leaves_it_to_one_that_does(
    bulletins: Bulletins, set_of: SetOf, narrow: list[str]
) -> None:
    set_of({"a.yaml": "a-1", "b.yaml": "b-1"})
    die_at_the_end(bulletins)
    assert fire(bulletins, *narrow) == (1, {"b-1": "expired"})
    assert fire(bulletins) == (1, {"a-1": "expired"})
    assert fire(bulletins) == (0, {})


def test_a_run_of_another_folder_leaves_it_to_its_own(bulletins: Bulletins, set_of: SetOf, sandbox: Sandbox) -> None:
    set_of({"one/a.yaml": "a-1", "two/b.yaml": "b-1"})
    for folder in ("one", "two"):
        shutil.copy("bulletins.d/accounts.yaml", f"bulletins.d/{folder}/accounts.yaml")
    Path("bulletins.d/accounts.yaml").unlink()
    die_at_the_end(bulletins, "bulletins.d/one")
    assert fire(bulletins, "bulletins.d/two") == (1, {"b-1": "expired"})
    assert fire(bulletins, "bulletins.d/one") == (1, {"a-1": "expired"})
    assert fire(bulletins, "bulletins.d/one") == (0, {})


def test_a_bulletin_that_was_removed_meanwhile_is_reported_by_a_run_of_the_whole_set(
    bulletins: Bulletins, set_of: SetOf
) -> None:
    folder = set_of({"a.yaml": "a-1", "b.yaml": "b-1"})
    die_at_the_end(bulletins)
    (folder / "a.yaml").unlink()
    assert fire(bulletins, "--id", "b-1") == (1, {"b-1": "expired"})
    assert fire(bulletins) == (1, {"a-1": "expired"})
    assert fire(bulletins) == (0, {})


def test_an_expiry_that_a_longer_grace_undid_is_sent_instead(
    bulletins: Bulletins, set_of: SetOf, sandbox: Sandbox
) -> None:
    set_of({"a.yaml": "a-1"})
    die_at_the_end(bulletins)
    set_of({"a.yaml": "a-1/20h"})
    assert fire(bulletins) == (0, {"a-1": "fired"})
    assert fire(bulletins) == (0, {})
    assert len(sandbox.accepted()) == 1


def test_a_recurring_time_is_reported_although_the_ledger_looks_back_no_further(
    bulletins: Bulletins, set_of: SetOf, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All before a time counts as settled once its expiry is recorded, also where nobody has reported that."""
    now = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    schedule = "{cron: '0 13 * * *', timezone: UTC, grace: 1h}"
    head = "defaults: {business_event: E, c-by: a@example.com, accounts: [india]}\nbulletins:\n"
    set_of({})
    write({"a.yaml": f"{head}  - {{id: daily, name: daily, properties: {{p: '1'}}, schedule: {schedule}}}\n"})
    assert fire(bulletins) == (0, {})
    now += timedelta(hours=4)
    die_at_the_end(bulletins)
    now += timedelta(hours=1)
    assert fire(bulletins) == (1, {"daily": "expired"})
    assert fire(bulletins) == (0, {})


@pytest.mark.parametrize(("option", "ends"), [("--max=0", (5, "skipped")), ("--dry-run", (0, "would_fire"))])
def test_a_run_that_is_refused_or_sends_nothing_leaves_it(
    bulletins: Bulletins, set_of: SetOf, option: str, ends: tuple[int, str]
) -> None:
    set_of({"a.yaml": "a-1"})
    die_at_the_end(bulletins)
    set_of({"a.yaml": "a-1", "b.yaml": "b-1/20h"})
    code, outcome = ends
    assert fire(bulletins, option) == (code, {"b-1": outcome})
    assert fire(bulletins) == (1, {"a-1": "expired", "b-1": "fired"})


def test_a_report_that_could_not_be_written_is_published_by_the_next_run(
    bulletins: Bulletins, set_of: SetOf, write: Write
) -> None:
    set_of({"a.yaml": "a-1", "b.yaml": "b-1/20h"})
    Path("reports").mkdir()

    def spoil(_: object) -> None:
        shutil.rmtree("reports")
        Path("reports").write_text("", encoding="utf-8")

    with Sandbox(on_answer=spoil) as spoiling:
        write({"accounts.yaml": account(spoiling.base_url)})
        done = bulletins("fire", "--yes", "--report", "reports/first.json")
    assert (done.code, "the report can't be written" in done.err) == (1, True)
    assert fire(bulletins) == (1, {"a-1": "expired"})
    assert fire(bulletins) == (0, {})


def test_while_the_ledger_can_not_record_the_report_the_exit_code_shows_it(
    bulletins: Bulletins, set_of: SetOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_of({"b.yaml": "b-1/20h"})

    def full(*_: object, **__: object) -> None:
        raise UserError(ErrorCode.LEDGER_NOT_WRITABLE, "the disk is full", help="Make room.")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "finish_run", full)
        done = bulletins("fire", "--yes", "--report", "report.json")
    assert (done.code, "the disk is full" in done.err) == (1, True)
    assert outcomes(report_of(Path("report.json"))) == {"b-1": "fired"}
