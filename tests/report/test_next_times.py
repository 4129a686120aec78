"""The next times of recurring bulletins, as plans of every format show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from plan import make_bulletin, make_firings

from runner.definitions.model import Account, Place, Recurrence
from runner.plan.decide import decide
from runner.plan.history import History
from runner.report.document.plan import PlanFacts, plan_document
from runner.report.next_times import local_times

NOW = datetime(2026, 12, 1, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "zone", "times"),
    [
        ("30 18 * * FRI", "Asia/Kolkata", "Fri 2026-12-04 18:30 and Fri 2026-12-11 18:30"),
        ("0 9,21 * * *", "UTC", "Tue 2026-12-01 21:00 and Wed 2026-12-02 09:00"),
        ("0,40 19 1 12 *", "Asia/Kolkata", "Tue 2026-12-01 19:00 and 19:40"),
    ],
)
def test_a_date_is_written_once(cron: str, zone: str, times: str) -> None:
    assert local_times(Recurrence(cron, zone), NOW, zone, 2) == times


def test_after_the_end_there_is_no_time() -> None:
    ended = Recurrence("30 18 * * FRI", "Asia/Kolkata", ends=NOW)
    assert local_times(ended, NOW, "UTC", 2) == ""


@pytest.mark.parametrize("until", [None, NOW + timedelta(days=30)])
def test_the_document_has_them_unless_it_holds_every_time(until: datetime | None) -> None:
    weekly = make_bulletin("weekly", schedule=Recurrence("30 18 * * FRI", "Asia/Kolkata"))
    accounts = {"india": Account("india", "https://example.com", "ID", Place("a.yaml", 1, 1, "india"))}
    plan = decide(make_firings(weekly), History(), NOW, accounts)
    document = plan_document(plan, PlanFacts("0.1.0", "bulletins.d", accounts, until=until))
    shown = "then Fri 2026-12-11 18:30 and Fri 2026-12-18 18:30 in Asia/Kolkata"
    assert (shown in document["firings"][0]["reason"]) is (until is None)
