"""The vocabulary of reports: what every outcome and action is called, means, and looks like in each format.

In: an outcome of a run, an action of a plan, or its value in a document. Out: its term. No format has a table of its
own. Facts that decide something are not here but with the values: `Outcome.exit_code` and `Action.sends`.

Both tables are sorted by urgency: tables, tiles and filters show first what a person has to look at.
"""

from __future__ import annotations

from collections.abc import Mapping

from runner.definitions.problem_codes import Severity
from runner.errors import Exit
from runner.fire.outcome import Outcome, Sent
from runner.plan.decide import Action
from runner.report.annotation_rules import AnnotationRule
from runner.report.terms import ActionTerm, CalendarGroup, Firings, JUnitEnd, OutcomeTerm, Remark, Tone, VerdictTerm

OUTCOMES: Mapping[str, OutcomeTerm] = {
    Outcome.IN_DOUBT: OutcomeTerm(
        "in doubt",
        "it may have been sent; a person has to check and resolve it",
        colour="red",
        tone=Tone.DOUBT,
        mark="?",
        symbol="❓",
        junit=JUnitEnd.ERROR,
        remark=Remark(
            Severity.ERROR,
            AnnotationRule.IN_DOUBT,
            "may have been sent",
            "Look for it in the dashboard's activity log, and decide with bulletins resolve.",
        ),
    ),
    Outcome.FAILED: OutcomeTerm(
        "failed",
        "it was certainly not sent",
        colour="red",
        tone=Tone.BAD,
        mark="✕",
        symbol="❌",
        junit=JUnitEnd.FAILURE,
        remark=Remark(Severity.ERROR, AnnotationRule.FAILED, "was not sent"),
    ),
    Outcome.EXPIRED: OutcomeTerm(
        "expired",
        "its grace period ended, so it was not sent",
        colour="yellow",
        tone=Tone.LATE,
        mark="!",
        symbol="⌛",
        junit=JUnitEnd.FAILURE,
        remark=Remark(Severity.ERROR, AnnotationRule.EXPIRED, "was not sent in time and never will be"),
    ),
    Outcome.SKIPPED: OutcomeTerm(
        "skipped",
        "the run did not attempt it; it was not sent",
        colour="yellow",
        tone=Tone.LATE,
        mark="–",
        symbol="⏭️",
        junit=JUnitEnd.SKIPPED,
        remark=Remark(Severity.WARNING, AnnotationRule.SKIPPED, "was skipped"),
    ),
    Outcome.FIRED: OutcomeTerm(
        "fired",
        "it was sent",
        colour="green",
        tone=Tone.GOOD,
        mark="✓",
        symbol="✅",
        junit=JUnitEnd.PASSED,
        goes_out=True,
    ),
    Outcome.WOULD_FIRE: OutcomeTerm(
        "would fire",
        "a dry run: it was not sent",
        colour="green",
        tone=Tone.PLAN,
        mark="→",
        symbol="✅",
        junit=JUnitEnd.PASSED,
        goes_out=True,
    ),
}

ACTIONS: Mapping[str, ActionTerm] = {
    Action.IN_DOUBT: ActionTerm(
        "in doubt",
        "it may have been sent; blocked until a person resolves it",
        colour="red",
        tone=Tone.DOUBT,
        mark="?",
        junit=JUnitEnd.FAILURE,
        calendar=CalendarGroup.BLOCKED,
        page_label="in doubt",
        left_label="in doubt before",
        left_hint="bulletins status",
        not_sent="in doubt (decide with bulletins resolve)",
        remark=Remark(Severity.WARNING, AnnotationRule.IN_DOUBT, "is in doubt"),
    ),
    Action.DUPLICATE: ActionTerm(
        "duplicate",
        "the same payload was sent to the account under another id; blocked",
        colour="yellow",
        tone=Tone.BAD,
        mark="✕",
        junit=JUnitEnd.FAILURE,
        calendar=CalendarGroup.BLOCKED,
        page_label="duplicate",
        left_label="blocked as duplicate",
        not_sent="blocked as duplicate",
        remark=Remark(Severity.WARNING, AnnotationRule.DUPLICATE, "is blocked as a duplicate"),
    ),
    Action.CHANGED: ActionTerm(
        "changed",
        "the edit sends nothing; a higher revision would send it again",
        colour="yellow",
        tone=Tone.LATE,
        mark="±",
        junit=JUnitEnd.SKIPPED,
        calendar=CalendarGroup.OVER,
        page_label="edited since",
        left_label="sent before and edited since",
        left_hint="raise revision to send again",
        not_sent="edited after they were sent (the edit sends nothing)",
        remark=Remark(
            Severity.WARNING, AnnotationRule.EDITED_AFTER_SENDING, "is not sent again", about=Firings.TOUCHED
        ),
    ),
    Action.EXPIRED: ActionTerm(
        "expired",
        "its grace period ended; it is never sent",
        colour="yellow",
        tone=Tone.LATE,
        mark="!",
        junit=JUnitEnd.FAILURE,
        calendar=CalendarGroup.EXPIRED,
        page_label="expired",
        left_label="expired before",
        not_sent="expired unsent",
        remark=Remark(Severity.WARNING, AnnotationRule.EXPIRED, "is too late and never sent", about=Firings.TOUCHED),
    ),
    Action.FIRE: ActionTerm(
        "fire",
        "it is due and was never sent",
        colour="green",
        tone=Tone.GOOD,
        mark="→",
        junit=JUnitEnd.PASSED,
        calendar=CalendarGroup.GOING,
        page_label="goes out now",
        page_plural="go out now",
        left_label="due",
        remark=Remark(Severity.NOTE, AnnotationRule.SENDS_NOW, "goes out as soon as fire runs", about=Firings.COMPARED),
    ),
    Action.RETRY: ActionTerm(
        "retry",
        "earlier tries certainly did not send it",
        colour="green",
        tone=Tone.GOOD,
        mark="↻",
        junit=JUnitEnd.PASSED,
        calendar=CalendarGroup.GOING,
        page_label="goes out now, again",
        page_plural="go out now, again",
        left_label="due, to be tried again",
        remark=Remark(Severity.NOTE, AnnotationRule.SENDS_NOW, "goes out as soon as fire runs", about=Firings.COMPARED),
    ),
    Action.CLAIMED: ActionTerm(
        "claimed",
        "another run is sending it",
        colour="yellow",
        tone=Tone.LATE,
        mark="…",
        junit=JUnitEnd.SKIPPED,
        calendar=CalendarGroup.BLOCKED,
        page_label="being sent",
        left_label="held by another run",
        not_sent="being sent by another run",
    ),
    Action.WAIT: ActionTerm(
        "wait",
        "it is due later, or held back by the budget of its account",
        colour="blue",
        tone=Tone.PLAN,
        mark="◷",
        junit=JUnitEnd.SKIPPED,
        calendar=CalendarGroup.GOING,
        page_label="waits",
        page_plural="wait",
        left_label="not due yet",
        is_news=False,
    ),
    Action.DONE: ActionTerm(
        "done",
        "it was sent, and has not changed",
        colour="bright_black",
        tone=Tone.QUIET,
        mark="✓",
        junit=JUnitEnd.SKIPPED,
        calendar=CalendarGroup.OVER,
        page_label="sent before",
        left_label="sent before",
        is_news=False,
    ),
    Action.DISABLED: ActionTerm(
        "disabled",
        "it has enabled: false",
        colour="bright_black",
        tone=Tone.QUIET,
        mark="–",
        junit=JUnitEnd.SKIPPED,
        calendar=CalendarGroup.OVER,
        page_label="disabled",
        left_label="disabled",
        is_news=False,
    ),
}

# A firing that a budget holds back until after its grace period.
EXPIRES_HELD_BACK = Remark(Severity.WARNING, AnnotationRule.EXPIRED, "is held back")


VERDICTS: Mapping[str, VerdictTerm] = {
    Sent.YES: VerdictTerm("sent", Tone.GOOD),
    Sent.NO: VerdictTerm("not sent", Tone.BAD),
    Sent.UNKNOWN: VerdictTerm("may have been sent", Tone.DOUBT),
}

# Codes that reports, annotations and `status` print in addition to those of problems, errors, reasons and outcomes.
OTHER_CODES: Mapping[str, str] = {
    "released": "a run gave the firing back before it sent a request; nothing was sent",
    "held_back": "a firing is due, and a budget of its account holds it back",
    "yes": "the request sent the bulletin",
    "no": "the request did not send the bulletin",
    "unknown": "the request may have sent the bulletin",
}

EXIT_MEANINGS: Mapping[int, str] = {
    Exit.OK: "everything went well",
    Exit.FAILED: "at least one firing failed or expired unsent, or the run was cut short after it had sent",
    Exit.USAGE: "the command line can't be understood",
    Exit.PROBLEMS: "the definitions have problems; nothing was sent",
    Exit.IN_DOUBT: "at least one firing is in doubt",
    Exit.REFUSED: "refused, or unable to send; no request was sent",
    Exit.WOULD_FIRE: "something would be sent; only with plan --detailed-exitcode",
    Exit.HUNG_UP: "interrupted because its terminal closed",
    Exit.INTERRUPTED: "interrupted by Ctrl-C",
    Exit.TERMINATED: "interrupted by a signal to terminate",
}


def exit_meaning(code: int | None) -> str:
    """Return the meaning of a run's exit code."""
    if code is None:
        return "the run ended without recording a result; this page shows what the ledger holds"
    return EXIT_MEANINGS.get(code, "unknown")


def colour_of(name: str) -> str | None:
    """Return a terminal's colour for an outcome or an action; None for another name, such as of a released claim."""
    term = OUTCOMES.get(name) or ACTIONS.get(name)
    return term.colour if term else None
