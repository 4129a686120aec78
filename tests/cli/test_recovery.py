"""Every way through the states that a person takes at night, by the commands that `status` gives."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from conftest import Write

from cli.conftest import Bulletins, account, outcomes, report_of, two_accounts_at
from runner import clock, local
from runner.sandbox.server import Sandbox


@dataclass
class Desk:
    """One bulletin `b`, the program, and the time that it takes it to be."""

    program: Bulletins
    sandbox: Sandbox
    write: Write
    now: datetime

    def define(self, fields: str = "", in_account: str = "india") -> None:
        """The bulletin, in one account."""
        head = f"defaults: {{business_event: E, c-by: a@example.com, accounts: [{in_account}]}}\nbulletins:\n"
        more = f", {fields}" if fields else ""
        self.write({"all.yaml": f"{head}  - {{id: b, name: b, properties: {{program_id: '1'}}{more}}}\n"})

    def fire(self) -> tuple[int, dict[str, str | None]]:
        """A run: its exit code and outcomes."""
        done = self.program("fire", "--yes", "--report-all")
        newest = max(local.REPORTS.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return done.code, outcomes(report_of(newest))

    def said(self, *, sent: bool) -> str:
        """The line of `status` that settles the only doubt so, said; what it answered."""
        label = "sent?" if sent else "not?"
        (line,) = (line for line in self.program("status").out.splitlines() if line.startswith(f"  {label}"))
        done = self.program(*shlex.split(line.split(maxsplit=1)[1])[1:])
        assert done.code == 0, done
        assert "nothing was sent now" in done.out
        return done.out

    @property
    def action(self) -> str:
        """What would happen to the bulletin now."""
        return self.program("status", "b").out.splitlines()[-1].split()[1]

    @property
    def accepted(self) -> int:
        """How often it was raised."""
        return Counter(received.name for received in self.sandbox.accepted())["b"]


@pytest.fixture
def desk(bulletins: Bulletins, ledger: str, sandbox: Sandbox, write: Write, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(bulletins, sandbox, write, datetime.now(UTC).replace(microsecond=0))
    monkeypatch.setattr(clock, "now", lambda: made.now)
    made.define()
    return made


def test_in_doubt_then_sent_is_done(desk: Desk) -> None:
    desk.sandbox.add_fault("503-after*1")
    assert desk.fire() == (4, {"b": "in_doubt"})
    assert desk.action == "in_doubt"
    assert desk.fire() == (0, {"b": None})
    desk.said(sent=True)
    assert desk.action == "done"
    assert desk.fire() == (0, {"b": None})
    assert desk.accepted == 1


def test_in_doubt_then_not_sent_is_fired_by_the_next_run_once(desk: Desk) -> None:
    desk.sandbox.add_fault("503*1")
    assert desk.fire() == (4, {"b": "in_doubt"})
    assert "the next run sends it again, if it is still due" in desk.said(sent=False)
    assert desk.accepted == 0
    assert desk.action == "retry"
    assert desk.fire() == (0, {"b": "fired"})
    assert desk.fire() == (0, {"b": None})
    assert desk.accepted == 1


def test_failed_then_fixed_is_fired(desk: Desk) -> None:
    desk.sandbox.add_fault("fail:Business Event Not Found*1")
    assert desk.fire() == (1, {"b": "failed"})
    assert desk.action == "retry"
    desk.define("tags: [mended]")
    assert desk.fire() == (0, {"b": "fired"})
    assert desk.accepted == 1


def test_failed_until_its_grace_ran_out_is_expired_once(desk: Desk) -> None:
    due = desk.now - timedelta(seconds=1)
    desk.define(f"schedule: {{at: {due.isoformat()}, grace: 1h}}")
    desk.sandbox.add_fault("400*1")
    assert desk.fire() == (1, {"b": "failed"})
    desk.now += timedelta(hours=2)
    assert desk.fire() == (1, {"b": "expired"})
    assert desk.fire() == (0, {"b": None})
    assert desk.action == "expired"
    assert desk.accepted == 0


def test_in_doubt_past_its_grace_then_not_sent_expires(desk: Desk) -> None:
    due = desk.now - timedelta(seconds=1)
    desk.define(f"schedule: {{at: {due.isoformat()}, grace: 1h}}")
    desk.sandbox.add_fault("503*1")
    assert desk.fire() == (4, {"b": "in_doubt"})
    desk.now += timedelta(hours=2)
    assert desk.fire() == (0, {"b": None})  # in doubt as long as nobody said anything
    desk.said(sent=False)
    assert desk.fire() == (1, {"b": "expired"})
    assert desk.accepted == 0


def test_a_raised_revision_is_fired_though_the_old_one_is_in_doubt(desk: Desk) -> None:
    desk.sandbox.add_fault("503-after*1")
    assert desk.fire() == (4, {"b": "in_doubt"})
    desk.define("revision: 2")
    assert desk.fire() == (0, {"b": "fired"})
    assert desk.accepted == 2
    desk.said(sent=True)  # r1 is still a person's to settle
    assert desk.fire() == (0, {"b": None})


@pytest.mark.parametrize("in_doubt", [False, True])
def test_a_renamed_account_sends_nothing_again(desk: Desk, in_doubt: bool) -> None:
    if in_doubt:
        desk.sandbox.add_fault("503-after*1")
    assert desk.fire()[0] == (4 if in_doubt else 0)
    desk.write({"accounts.yaml": account(desk.sandbox.base_url).replace("  india:", "  bharat:")})
    desk.define(in_account="bharat")
    assert desk.fire() == (0, {"b": None})
    plan = desk.program("plan", "-v").out
    assert "duplicate" in plan
    assert "in india, which is no longer defined: if bharat is the new name" in plan
    assert desk.accepted == 1

    desk.define("allow_duplicate: true", in_account="bharat")
    assert desk.fire() == (0, {"b": "fired"})
    assert desk.accepted == 2


def test_an_account_that_was_added_gets_its_own(desk: Desk) -> None:
    assert desk.fire()[0] == 0
    desk.write({"accounts.yaml": two_accounts_at(desk.sandbox.base_url)})
    desk.define(in_account="europe")
    assert desk.fire() == (0, {"b": "fired"})
