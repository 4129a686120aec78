"""What a term of the vocabulary consists of: the columns of the tables in `vocabulary.py`, and their values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from runner.definitions.problem_codes import Severity
from runner.report.annotation_rules import AnnotationRule


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


@dataclass(frozen=True, slots=True)
class VerdictTerm:
    """Whether a request sent the bulletin, as pages show it."""

    label: str
    tone: Tone
