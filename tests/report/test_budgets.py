"""What waits for a budget, in words: neither late nor a failure, and reported apart from what is not due yet."""

from __future__ import annotations

import re
from datetime import timedelta

from plan import HOUR, NOW, make_firing

from report.documents import make_plan, make_planned, make_report, make_result
from report.markdown import rendered
from runner.definitions.model import Account, Budget, Place
from runner.definitions.problem_codes import Severity
from runner.plan.budget import DAY, Limit, Used, used
from runner.plan.decide import Action, Plan, Step
from runner.plan.history import Spent
from runner.reason import Reason, ReasonCode
from runner.report.annotation_rules import AnnotationRule
from runner.report.annotations.building import from_plan, from_report
from runner.report.document.plan import PlanFacts, plan_document
from runner.report.html.labels import REPORT_KINDS, kind_of
from runner.report.html.plan.headline import troubles
from runner.report.html.plan.page import plan_page
from runner.report.html.plan.placement import placed
from runner.report.html.run.headline import besides
from runner.report.html.run.page import report_page
from runner.report.junit import plan_junit, report_junit
from runner.report.markdown.plan import plan_markdown
from runner.report.text.plan import summary_line
from runner.report.text.run import summary_lines
from runner.report.text.status import budget_entry, budget_lines

LATER = "2026-12-01T14:00:00Z"
SPENT = f"the budget of india is 60 an hour, which is used up; the firing can be sent from {LATER}"


def test_a_plan_counts_what_waits_for_a_budget_among_what_waits() -> None:
    held = Step(make_firing("a"), Action.WAIT, Reason(ReasonCode.BUDGET_USED_UP, SPENT), may_go_at=NOW + HOUR)
    later = Step(make_firing("b", at=NOW + HOUR), Action.WAIT, Reason(ReasonCode.NOT_DUE, "due later"))
    facts = PlanFacts("0.1.0", "bulletins.d", {})
    both, alone = (plan_document(Plan(NOW, steps), facts) for steps in ((held, later), (later,)))
    assert summary_line(both) == "plan at 2026-12-01T13:00:00Z: 2 wait (1 for a budget)"
    assert summary_line(alone) == "plan at 2026-12-01T13:00:00Z: 1 wait"


def test_a_run_distinguishes_it_from_what_is_not_due() -> None:
    held = make_result("a", None, action="wait", reason=SPENT, may_go_at=LATER)
    report = make_report(held, make_result("b", None, action="wait"))
    assert list(summary_lines(report)) == [
        "nothing to send",
        "left alone: 1 waiting for a budget, the first may go 14:00:00Z, 1 not due yet",
    ]
    assert besides(report) == "Left alone: 1 not due yet and 1 waiting for a budget."


def test_the_first_turn_is_not_a_moment_too_early_and_says_its_day_where_that_is_not_today() -> None:
    turns = ("2026-12-02T14:00:00.001Z", "2026-12-03T14:00:00Z")
    report = make_report(*(make_result(at, None, action="wait", may_go_at=at) for at in turns))
    assert list(summary_lines(report))[1] == (
        "left alone: 2 waiting for a budget, the first may go 2026-12-02T14:00:01Z"
    )


def test_what_expires_before_its_turn_is_a_warning_and_a_finding() -> None:
    late = "it will expire before the budget has room for it"
    held = {"action": "wait", "reason": SPENT, "may_go_at": LATER, "warnings": [late]}
    report = make_report(*(make_result(f"b{number}", None, **held) for number in range(12)))
    assert list(summary_lines(report))[2] == (
        "warning: 12 will expire before the budget has room for them: b0, b1, b2, b3, b4, b5, b6, b7, b8, b9 and 2 more"
    )
    assert {(each.severity, each.rule) for each in from_report(report)} == {(Severity.WARNING, AnnotationRule.EXPIRED)}
    (held_back,) = from_report(report)
    assert held_back.message.startswith(f"b0 in india is held back: {SPENT}; the same for b1 in india")
    assert len(from_report(report, whole=True)) == 12


def test_a_dry_run_says_what_a_run_would_report_as_expired() -> None:
    news = make_result("a", None, action="expired", warnings=["it would be reported as expired"])
    report = make_report(news, make_result("b", None, action="expired"))
    assert list(summary_lines(report))[1:] == ["left alone: 1 expired before", "would be reported as expired: 1"]


def test_a_kind_of_its_own_on_the_page_of_a_run() -> None:
    held = make_result("a", None, action="wait", may_go_at=LATER)
    assert REPORT_KINDS[kind_of(held)].name == "waiting for a budget"
    assert kind_of(make_result("a", "skipped", may_go_at=LATER)) == "skipped"


def test_what_a_budget_held_back_in_a_run_is_no_finding() -> None:
    assert from_report(make_report(make_result("a", "skipped", reason=SPENT, may_go_at=LATER))) == []
    assert from_report(make_report(make_result("a", "skipped", reason="the account was stopped"))) != []


def test_only_what_will_expire_before_its_turn_is_a_finding_of_a_plan() -> None:
    waits = make_planned("a", "wait", may_go_at=LATER, expires_at="2026-12-01T14:00:00Z")
    never = make_planned("b", "wait", reason=SPENT, may_go_at="2026-12-01T14:00:00.001Z", expires_at=LATER)
    (finding,) = from_plan(make_plan(waits, never, make_planned("c", "wait", may_go_at=LATER, expires_at=None)))
    assert (finding.severity, finding.rule) == (Severity.WARNING, AnnotationRule.EXPIRED)
    assert finding.message == f"b in india is held back: {SPENT}"


def test_the_calendar_shows_a_held_back_firing_when_it_may_go() -> None:
    (place,) = placed(make_plan(make_planned("a", "wait", due_at=None, may_go_at=LATER)))
    assert place.at_ms == (NOW + HOUR).timestamp() * 1000
    assert (place.group, place.is_now) == ("going", False)


def test_on_the_calendar_it_is_blocked_at_its_time_where_it_expires_before_its_turn() -> None:
    late = make_planned("a", "wait", due_at="2026-12-01T12:30:00Z", expires_at="2026-12-01T13:30:00Z", may_go_at=LATER)
    (place,) = placed(make_plan(late))
    assert place.at_ms == (NOW - HOUR / 2).timestamp() * 1000
    assert place.group == "blocked"
    assert troubles(make_plan(late)) == "Not going out: 1 held back by a budget until after it expires."
    two = troubles(make_plan(late, {**late, "id": "b"}))
    assert two == "Not going out: 2 held back by a budget until after they expire."


def test_every_format_that_shows_due_times_shows_when_it_may_go() -> None:
    """At the second, and not a moment too early; after it was due, if it was."""
    soon = make_planned("a", "wait", due_at=None, expires_at=None, may_go_at="2026-12-01T13:59:59.5Z")
    due = make_planned("b", "wait", expires_at=None, may_go_at=LATER)
    late = make_planned("c", "wait", expires_at="2026-12-01T13:30:00Z", may_go_at=LATER)
    plan = make_plan(soon, due, late)

    may_go = "may go Tue 2026-12-01 19:30 Asia/Kolkata"
    was_due = "Tue 2026-12-01 18:30 Asia/Kolkata"
    in_markdown = [row[3] for row in rendered(plan_markdown(plan)).rows if row[0] == "wait"]
    assert in_markdown == [f"{was_due}expires before the budget has room", may_go, f"{was_due}{may_go}"]
    assert "expires before" in plan_markdown(plan).partition("<details>")[0]  # somebody should see it
    in_html = [cell.partition("<td")[0] for cell in plan_page(plan).split('<td class="c-due keep">')[1:]]
    assert ["may go" in cell for cell in in_html] == [True, True, False]
    assert ["1 Dec 19:30" in cell for cell in in_html] == [True, True, False]
    assert ["1 Dec 18:30" in cell for cell in in_html] == [False, True, True]
    assert "expires before the budget has room" in in_html[2]
    assert "as soon as it is there" not in "".join(in_html)
    assert plan_junit(plan).count("\nmay go: 2026-12-01T14:00:00Z") == 2
    assert plan_junit(plan).count("\nexpires before the budget has room") == 1


def test_the_page_of_a_run_shows_when_it_may_go() -> None:
    held = make_result("a", None, action="wait", due_at=None, may_go_at=LATER)
    (cell,) = report_page(make_report(held)).split('<td class="c-due">')[1:]
    assert re.search("may go <time[^>]*>1 Dec 14:00</time>", cell.partition("<td")[0])
    assert "\nmay go: 2026-12-01T14:00:00Z" in report_junit(make_report(held))


def test_how_much_is_used_is_a_line_for_each_account_and_each_event() -> None:
    place = Place("a.yaml", 1, 1, "india")
    budgets = {"Flash Sale": Budget(per_day=3)}
    india = Account("india", "https://x", "ID", place, budget=Budget(60, 400), event_budgets=budgets)
    spent = [
        Spent(NOW - timedelta(minutes=5), "Flash Sale"),
        Spent(NOW - timedelta(minutes=60), "Program Released"),
        Spent(NOW - DAY, "Flash Sale"),
    ]
    europe = Account("europe", "https://y", "ID", place, budget=Budget(per_day=1200))
    found = {**used(india, spent, NOW), **used(europe, (), NOW)}
    assert list(budget_lines(found)) == [
        "india: 1 of 60 in the last hour, 2 of 400 in the last day",
        "india, Flash Sale: 1 of 3 in the last day",
        "europe: 0 of 1,200 in the last day",
    ]
    assert budget_entry(Limit("india", 3, DAY, "Flash Sale"), Used(1)) == {
        "account": "india",
        "business_event": "Flash Sale",
        "window_s": 86400,
        "limit": 3,
        "used": 1,
        "over_until": None,
    }


def test_a_budget_that_was_lowered_says_until_when_it_is_exceeded() -> None:
    india = Account("india", "https://x", "ID", Place("a.yaml", 1, 1, "india"), budget=Budget(per_hour=1))
    spent = [Spent(NOW - timedelta(minutes=minute), "Program Released") for minute in (50, 20, 5)]
    found = used(india, spent, NOW)
    assert list(budget_lines(found)) == ["india: 3 of 1 in the last hour, over it until 2026-12-01T13:40:00Z"]
    assert [budget_entry(*each)["over_until"] for each in found.items()] == ["2026-12-01T13:40:00Z"]
