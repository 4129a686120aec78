"""The outcome table: takes the answer to a request, returns whether the bulletin was sent and what may follow.

The rule: the API has no idempotency key. So a request is repeated only if it certainly raised nothing. If it may have
raised the bulletin, the firing is in doubt until a person decides. Source of the table: CleverTap's pages on bulletins,
errors and limits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from runner.fire import reasons
from runner.fire.api.answer import FAIL, SUCCESS, Answer, read, unreadable
from runner.reason import Reason

_REJECTED = (400, 401, 403, 404, 405)
_BAD_CREDENTIALS = (401, 403)
_TOO_MANY = 429
_REDIRECTS = tuple(status for status in range(300, 400) if status != 304)  # 304 answers a GET, never this request
_ERROR_KEPT = 300  # characters of the API's error text that a reason quotes


class Outcome(StrEnum):
    """How a firing ended in a run."""

    FIRED = "fired"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    WOULD_FIRE = "would_fire"


class Sent(StrEnum):
    """Whether a request raised the bulletin."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The meaning of an answer: whether the bulletin was sent, and what may follow.

    `retry`: it certainly was not sent, and another try may succeed. `slow_down`: the account had too many requests in
    flight. `stop_account`: every other firing of the account would end in the same way.
    """

    sent: Sent
    reason: Reason | None = None
    retry: bool = False
    slow_down: bool = False
    stop_account: bool = False
    bulletins_sent: int | None = None

    @property
    def outcome(self) -> Outcome:
        """The outcome of a firing whose last request has this judgement."""
        return {Sent.YES: Outcome.FIRED, Sent.NO: Outcome.FAILED, Sent.UNKNOWN: Outcome.IN_DOUBT}[self.sent]


def judge(answer: Answer, redacted: Callable[[str], str] = str) -> Judgement:
    """Return the meaning of the answer. Each text of the API that a reason quotes goes through `redacted` first."""
    status = answer.http_status
    if status is None:
        if not answer.left:
            return Judgement(Sent.NO, reasons.no_connection(answer.error), retry=True)
        return Judgement(Sent.UNKNOWN, reasons.no_answer(answer.error))
    if not answer.complete:
        return Judgement(Sent.UNKNOWN, reasons.answer_incomplete(status, answer.error))
    said = read(answer.body) or unreadable(answer.body)
    if contradiction := said.contradiction(status):
        return Judgement(Sent.UNKNOWN, reasons.answer_contradictory(status, contradiction))
    if said.status == SUCCESS:
        return Judgement(Sent.YES, bulletins_sent=said.targets)
    if status in _REDIRECTS:
        return Judgement(Sent.NO, reasons.redirected(status))
    error = redacted(said.error)[:_ERROR_KEPT]
    if status == _TOO_MANY:
        return Judgement(Sent.NO, reasons.too_many_requests(error), retry=True, slow_down=True)
    if status >= 500:
        # A gateway may give this answer after the bulletin was raised, whatever the body contains.
        return Judgement(Sent.UNKNOWN, reasons.server_failed(status, error))
    if status in _REJECTED or said.status == FAIL:
        return Judgement(Sent.NO, reasons.refused_by_api(status, error), stop_account=status in _BAD_CREDENTIALS)
    return Judgement(Sent.UNKNOWN, reasons.answer_unknown(status))
