"""Findings: what somebody must see at a line, once, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.documents import (
    hostile_plan,
    hostile_problems,
    hostile_report,
    make_bulletin_change,
    make_changes,
    make_field,
    make_plan,
    make_planned,
    make_problem,
    make_problems,
    make_report,
    make_result,
    make_shared_change,
    make_warning,
)
from report.hostile import HOSTILE
from runner.alike_group import fold
from runner.definitions.problem import OfRow
from runner.definitions.problem_codes import Code, Severity
from runner.definitions.row_reference import RowLine
from runner.plan.decide import Action
from runner.report.annotation_rules import RULES, AnnotationRule
from runner.report.annotations.annotation import Annotation, by_severity, tally
from runner.report.annotations.building import from_plan, from_problems, from_report
from runner.report.document.problem_entries import problem_entry
from runner.report.safe_text import printable


def said(findings: list[Annotation]) -> list[tuple[Severity, str, str]]:
    return [(finding.severity, finding.rule, finding.text) for finding in findings]


def test_a_warning_is_one_also_in_a_plan() -> None:
    (of_set,) = from_problems([make_warning()])
    (of_plan,) = from_plan(make_plan(definition_warnings=[problem_entry(make_warning())]))

    for finding in (of_set, of_plan):
        assert (finding.severity, finding.rule, finding.line) == (Severity.WARNING, "cell-white-space", 3)
    (strict,) = from_problems(make_problems(make_warning()).strict().problems)
    assert strict.severity is Severity.ERROR


def test_a_problem_is_an_error_at_its_place() -> None:
    (finding,) = from_problems([make_problem()])

    assert (finding.severity, finding.rule) == (Severity.ERROR, "property-not-string")
    assert (finding.file, finding.line, finding.column) == ("bulletins.d/x.yaml", 9, 19)
    assert finding.text == ('properties.program_id is the number 234567; CleverTap takes only text. Write "234567".')


def test_a_plan_alone_shows_what_is_blocked_edited_or_late_and_is_silent_about_the_rest() -> None:
    findings = from_plan(make_plan(*(make_planned(action.value, action.value) for action in Action)))

    assert {finding.rule: finding.severity for finding in findings} == {
        AnnotationRule.EXPIRED: Severity.WARNING,
        AnnotationRule.EDITED_AFTER_SENDING: Severity.WARNING,
        AnnotationRule.DUPLICATE: Severity.WARNING,
        AnnotationRule.IN_DOUBT: Severity.WARNING,
    }


def test_a_comparison_shows_what_its_own_changes_send_and_leaves_old_matters_alone() -> None:
    names = ("fire", "retry", "changed", "expired", "wait", "done")
    firings = [make_planned(f"{name}-{side}", name) for name in names for side in ("mine", "old")]
    changes = make_changes([make_bulletin_change("changed", f"{name}-mine") for name in names])

    assert [
        (finding.severity, finding.rule, finding.subject) for finding in from_plan(make_plan(*firings, changes=changes))
    ] == [
        (Severity.NOTE, AnnotationRule.SENDS_NOW, "fire-mine in india"),
        (Severity.NOTE, AnnotationRule.SENDS_NOW, "retry-mine in india"),
        (Severity.WARNING, AnnotationRule.EDITED_AFTER_SENDING, "changed-mine in india"),
        (Severity.WARNING, AnnotationRule.EXPIRED, "expired-mine in india"),
    ]


@pytest.mark.parametrize(
    ("action", "rule"), [("duplicate", AnnotationRule.DUPLICATE), ("in_doubt", AnnotationRule.IN_DOUBT)]
)
def test_what_is_blocked_is_reported_though_the_change_touches_another_bulletin(
    action: str, rule: AnnotationRule
) -> None:
    plan = make_plan(make_planned("old", action), changes=make_changes([make_bulletin_change(id="new")]))

    assert [finding.rule for finding in from_plan(plan)] == [rule]


def test_a_rename_is_reported_with_the_id_to_keep() -> None:
    plan = make_plan(changes=make_changes([make_bulletin_change("renamed", "new-id")]))

    assert said(from_plan(plan)) == [
        (
            Severity.WARNING,
            AnnotationRule.SENDS_AGAIN,
            "new-id: was sent as old-id: the same payload would go out again. Keep the id old-id.",
        )
    ]


def test_an_account_that_moves_is_reported_at_its_own_line() -> None:
    (finding,) = from_plan(make_plan(changes=make_changes(accounts=[make_shared_change()])))

    assert (finding.severity, finding.rule, finding.file, finding.line) == (
        Severity.WARNING,
        AnnotationRule.ACCOUNT_MOVES,
        "bulletins.d/accounts.yaml",
        2,
    )
    assert finding.text == "account india: region in1 → sg1; 12 bulletins would go there"


@pytest.mark.parametrize(
    "change",
    [
        make_shared_change(fields=[make_field("concurrency", "3", "1")]),
        make_shared_change(fields=[make_field("passcode_env", "A", "B")]),
        make_shared_change("added"),
        make_shared_change("removed", file=None, line=None),
    ],
    ids=["concurrency", "passcode", "added", "removed"],
)
def test_an_account_that_reaches_the_same_people_is_left_alone(change: dict[str, object]) -> None:
    assert from_plan(make_plan(changes=make_changes(accounts=[change]))) == []


def test_a_report_shows_what_did_not_end_well() -> None:
    outcomes = ("fired", "failed", "in_doubt", "expired", "skipped", "would_fire", None)
    findings = from_report(make_report(*(make_result(str(outcome), outcome) for outcome in outcomes)))

    assert [(finding.severity, finding.rule) for finding in findings] == [
        (Severity.ERROR, AnnotationRule.FAILED),
        (Severity.ERROR, AnnotationRule.IN_DOUBT),
        (Severity.ERROR, AnnotationRule.EXPIRED),
        (Severity.WARNING, AnnotationRule.SKIPPED),
    ]
    assert findings[0].text == "failed in india was not sent: HTTP 400: Business Event Not Found"


def test_a_bulletin_that_reached_nobody_is_a_warning() -> None:
    warning = "0 bulletins were sent: check that a bulletin is published for the business event"
    findings = from_report(make_report(make_result(bulletins_sent=0, warnings=[warning])))

    assert said(findings) == [
        (Severity.WARNING, AnnotationRule.SENT_ODDLY, f"sa-re-ga-ma-12 in india was sent, but {warning}")
    ]


def test_accounts_of_which_the_same_is_said_share_a_finding() -> None:
    results = [make_result(outcome="failed", account=account) for account in ("india", "singapore")]
    other = make_result(outcome="failed", account="us", reason="HTTP 404")

    assert [finding.subject for finding in from_report(make_report(*results, other))] == [
        "sa-re-ga-ma-12 in india, singapore",
        "sa-re-ga-ma-12 in us",
    ]


def test_a_later_revision_is_named() -> None:
    (finding,) = from_report(make_report(make_result(outcome="failed", occurrence="r2", reason=None, error="gone")))

    assert finding.text == "sa-re-ga-ma-12 r2 in india was not sent: gone"


def test_errors_come_first_and_all_are_counted() -> None:
    levels = [Severity.NOTE, Severity.WARNING, Severity.ERROR, Severity.WARNING, Severity.ERROR]
    findings = [Annotation(level, AnnotationRule.FAILED, str(place), "x", 1) for place, level in enumerate(levels)]

    assert [finding.message for finding in by_severity(findings)] == ["2", "4", "1", "3", "0"]
    assert tally(findings) == "2 errors, 2 warnings, 1 note"
    assert tally([]) == "nothing found"


def test_every_rule_is_explained_and_none_has_the_name_of_a_problem() -> None:
    assert set(RULES) == {*map(str, AnnotationRule), *map(str, Code)}
    assert len(RULES) == len(AnnotationRule) + len(Code)
    assert all(rule.summary and rule.why for rule in RULES.values())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_is_said_stays_one_line_of_bearable_length(text: str) -> None:
    findings = [
        *from_problems(hostile_problems(text).problems),
        *from_plan(hostile_plan(text)),
        *from_report(hostile_report(text)),
    ]

    assert len({finding.rule for finding in findings}) > 10
    for finding in findings:
        assert finding.rule in RULES
        assert finding.text == printable(finding.text)
        assert len(finding.text) < 20_000


@given(st.text())
def test_a_message_is_the_text_made_plain(text: str) -> None:
    assert Annotation(Severity.NOTE, AnnotationRule.FAILED, text, "x", 1).text == printable(text)


def test_rows_with_one_problem_share_a_finding_with_their_places() -> None:
    rows = [OfRow(RowLine("bulletins.d/s.csv", line), f"'show-{line}' is not allowed") for line in range(2, 202)]
    problem = replace(make_problem(message="'show-2' is not allowed"), rows=fold(rows, common=type)[0])
    (finding,) = from_problems([problem])

    assert str(finding.row) == "bulletins.d/s.csv:2"
    assert list(map(str, finding.others)) == ["bulletins.d/s.csv:3", "bulletins.d/s.csv:4"]
    assert "'show-3' is not allowed" in finding.text
    whole = from_problems([problem], whole=True)
    assert [each.row for each in whole] == [each.row for each in rows]
    assert {each.file for each in whole} == {problem.file}


def test_firings_that_failed_alike_share_a_finding() -> None:
    failed = [
        make_result(f"b-{number}", "failed", line=number, reason=f"HTTP 400: event 'E{number}' not found")
        for number in range(1, 41)
    ]
    other = make_result("other", "failed", reason="HTTP 400: name is blank")
    findings = from_report(make_report(*failed, other))

    assert [finding.subject for finding in findings] == ["b-1 in india", "other in india"]
    assert findings[0].message.endswith("; the same for b-2 in india, b-3 in india and 37 more")
    assert [place.line for place in findings[0].others] == [2, 3]
    assert len(from_report(make_report(*failed, other), whole=True)) == 41


def test_the_bulletins_of_one_template_share_a_finding_of_a_plan() -> None:
    made = [make_planned(f"row-{number}", "fire", line=3) for number in range(200)]
    plain = make_planned("plain", "fire", line=9)
    ids = [each["id"] for each in (*made, plain)]
    changes = make_changes([make_bulletin_change("added", name) for name in ids])
    findings = from_plan(make_plan(*made, plain, changes=changes))

    assert [finding.line for finding in findings] == [3, 9]
    assert "197 more" in findings[0].message
