"""Firings that meet."""

from __future__ import annotations

import re
from typing import Any

from report.documents import make_plan, make_planned
from runner.report.html.plan.collisions import Collision, collisions
from runner.report.html.plan.page import plan_page
from runner.report.html.plan.placement import placed


def met(*firings: dict[str, Any]) -> list[Collision]:
    return collisions(firings, placed(make_plan(*firings)))


def planned(id: str, due_at: str, program: str, **fields: Any) -> dict[str, Any]:  # noqa: A002
    payload = {"business_event": "Program Released", "name": id, "properties": {"program_id": program}}
    return make_planned(id, "wait", due_at=due_at, payload=payload, **fields)


def test_several_in_one_minute_of_an_account_meet() -> None:
    same = [planned("a", "2026-12-02T10:00:00Z", "1"), planned("b", "2026-12-02T10:00:30Z", "2")]
    (found,) = met(*same, planned("c", "2026-12-02T10:01:00Z", "3"))

    assert (found.rows, found.is_same_event, found.event) == ((0, 1), False, "Program Released")


def test_what_meets_now_names_no_zone() -> None:
    now = plan_page(make_plan(make_planned("a"), make_planned("b")))
    later = plan_page(make_plan(*(make_planned(name, "wait", due_at="2026-12-02T10:00:00Z") for name in "ab")))

    zone = (
        r"<bdi>india</bdi>[^\n]*\n?.*</time>, all of them <bdi>Program Released</bdi> <span class=\"sub\">Asia/Kolkata<"
    )
    assert "in <bdi>india</bdi>: now, all of them <bdi>Program Released</bdi></p>" in now
    assert re.search(zone, later)


def test_other_accounts_do_not_meet() -> None:
    other = planned("b", "2026-12-02T10:00:00Z", "1", account="europe")

    assert met(planned("a", "2026-12-02T10:00:00Z", "1"), other) == []


def test_the_same_event_within_a_day_is_reported_first_under_whatever_name() -> None:
    first, second = planned("a", "2026-12-02T10:00:00Z", "1"), planned("b", "2026-12-02T20:00:00Z", "1")
    later = planned("c", "2026-12-09T20:00:00Z", "1")
    (found,) = met(first, second, later)

    assert (found.rows, found.is_same_event) == ((0, 1), True)


def test_what_does_not_go_out_meets_nothing() -> None:
    assert met(make_planned("a", "done"), make_planned("b", "expired"), make_planned("c", "disabled")) == []


def daily(id: str, *times: str) -> list[dict[str, Any]]:  # noqa: A002
    return [planned(id, at, "1", occurrence=f"r1@{at}") for at in times]


def test_a_schedule_does_not_meet_itself() -> None:
    assert met(*daily("a", *(f"2026-12-0{day}T02:00:00Z" for day in range(1, 9)))) == []
    assert met(*daily("a", *(f"2026-12-01T{hour:02}:00:00Z" for hour in range(0, 24, 6)))) == []


def test_a_whole_day_apart_is_not_within_a_day() -> None:
    first = planned("a", "2026-12-01T02:00:00Z", "1")

    assert met(first, planned("b", "2026-12-02T02:00:00Z", "1")) == []
    assert [each.rows for each in met(first, planned("b", "2026-12-02T01:59:59Z", "1"))] == [(0, 1)]


def test_another_bulletin_meets_that_of_a_schedule_which_is_near() -> None:
    """Also where the clocks' change has brought two of the schedule's own times closer together."""
    (found,) = met(
        *daily("a", "2027-03-27T02:00:00Z", "2027-03-28T01:00:00Z"), planned("b", "2027-03-28T02:30:00Z", "1")
    )

    assert (found.rows, found.is_same_event) == ((1, 2), True)
