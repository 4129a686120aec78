"""The vocabulary of reports: what every outcome and action is called, means, and looks like in each format.

In: an outcome of a run, an action of a plan, or its value in a document. Out: its term. No format has a table of its
own. Facts that decide something are not here but with the values: `Outcome.exit_code` and `Action.sends`.

Both tables are sorted by urgency: what a person has to look at comes first, in every format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from runner.errors import Exit
from runner.fire.outcome import Outcome, Sent
from runner.plan.decide import Action
from runner.report.annotation_rules import AnnotationRule, Severity


class Tone(StrEnum):
    """A colour of the pages; `page.css` has a class of that name."""

    GOOD = "good"
    BAD = "bad"
    DOUBT = "doubt"
    LATE = "late"
    PLAN = "plan"
    QUIET = "quiet"


class JUnitEnd(StrEnum):
    """The end of a JUnit case, which is also the name of its XML element."""

    PASSED = "passed"
    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


class CalendarGroup(StrEnum):
    """How the release calendar counts a firing: it goes out, it is blocked, it expired, or nothing is left to do."""

    GOING = "going"
    BLOCKED = "blocked"
    EXPIRED = "expired"
    OVER = "over"


class Firings(StrEnum):
    """The firings of a plan that a remark is made about."""

    ALL = "all"
    TOUCHED = "touched"  # of bulletins that a change touches; without a comparison with a git ref, all
    COMPARED = "compared"  # of bulletins that a change touches; without a comparison, none


@dataclass(frozen=True, slots=True)
class Remark:
    """An annotation about a firing. Its message is `text` and the reason; `help` is what a person does about it."""

    severity: Severity
    rule: AnnotationRule
    text: str
    help: str = ""
    about: Firings = Firings.ALL


@dataclass(frozen=True, slots=True)
class OutcomeTerm:
    """An outcome of a run, as people and programs read it.

    `colour` is for terminals, `tone` for pages. `mark` and `symbol` show the same without colour: on pages, and in
    Markdown. `goes_out`: the firing was sent, or would have been. `remark` is its annotation, if it deserves one.
    """

    label: str
    meaning: str
    colour: str
    tone: Tone
    mark: str
    symbol: str
    junit: JUnitEnd
    goes_out: bool = False
    remark: Remark | None = None

    @property
    def severity(self) -> Severity | None:
        """How much a person has to look at it; None if nobody has to."""
        return self.remark.severity if self.remark else None


@dataclass(frozen=True, slots=True)
class ActionTerm:
    """An action of a plan, as people and programs read it; `colour`, `tone`, `mark` and `remark` as in `OutcomeTerm`.

    `page_label` and `page_plural` are its names on the calendar, for one firing and for several. `left_label` is its
    name in the report of a run that left the firing alone, and `left_hint` what to do about it. `not_sent` is the
    cause that the calendar states for firings that do not go out. `is_news`: a plan shows it unfolded.
    """

    label: str
    meaning: str
    colour: str
    tone: Tone
    mark: str
    junit: JUnitEnd
    calendar: CalendarGroup
    page_label: str
    left_label: str
    page_plural: str = ""
    left_hint: str = ""
    not_sent: str = ""
    is_news: bool = True
    remark: Remark | None = None


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


@dataclass(frozen=True, slots=True)
class VerdictTerm:
    """Whether a request sent the bulletin, as pages show it."""

    label: str
    tone: Tone


VERDICTS: Mapping[str, VerdictTerm] = {
    Sent.YES: VerdictTerm("sent", Tone.GOOD),
    Sent.NO: VerdictTerm("not sent", Tone.BAD),
    Sent.UNKNOWN: VerdictTerm("may have been sent", Tone.DOUBT),
}

_EXIT_MEANINGS: Mapping[int, str] = {
    Exit.OK: "everything went well",
    Exit.FAILED: "at least one firing failed or expired unsent, or the run was cut short after it had sent",
    Exit.IN_DOUBT: "at least one firing is in doubt",
    Exit.REFUSED: "refused, or unable to send; no request was sent",
    Exit.HUNG_UP: "interrupted because its terminal closed",
    Exit.INTERRUPTED: "interrupted by Ctrl-C",
    Exit.TERMINATED: "interrupted by a signal to terminate",
}


def exit_meaning(code: int | None) -> str:
    """Return the meaning of a run's exit code."""
    if code is None:
        return "the run ended without recording a result; this page shows what the ledger holds"
    return _EXIT_MEANINGS.get(code, "unknown")


def colour_of(name: str) -> str | None:
    """Return a terminal's colour for an outcome or an action; None for another name, such as of a released claim."""
    term = OUTCOMES.get(name) or ACTIONS.get(name)
    return term.colour if term else None
