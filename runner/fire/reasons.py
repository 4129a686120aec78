"""The reasons for the outcomes of a run: one function for each, with its code and its text.

In: an answer of the API, an error's text, or another reason. Out: a Reason. This is the place to review
the language of outcomes. Texts of the API have to be redacted before they come here.
"""

from __future__ import annotations

from datetime import datetime

from runner.fire.api.refusal_causes import HINTS
from runner.fire.fault_scope import fault_text, is_internal
from runner.ledger.values import SWEPT, FiringRow
from runner.plan.history import State
from runner.plan.time_text import utc_text
from runner.reason import Reason, ReasonCode

_REFUSALS = {
    400: ReasonCode.HTTP_400,
    401: ReasonCode.HTTP_401,
    403: ReasonCode.HTTP_403,
    404: ReasonCode.HTTP_404,
}


# Answers of the API. `said` is the API's own error text, which may be empty.


def no_connection(error: str | None) -> Reason:
    """No byte of the request left this machine."""
    return Reason(ReasonCode.NO_CONNECTION, f"no connection: {error}")


def no_answer(error: str | None) -> Reason:
    """A byte of the request may have left, and no answer came."""
    return Reason(ReasonCode.NO_ANSWER, f"no answer after the request was sent: {error}")


def answer_incomplete(status: int, error: str | None) -> Reason:
    """The answer broke off, or more bytes followed it."""
    return Reason(ReasonCode.ANSWER_INCOMPLETE, f"HTTP {status}, but the answer is not complete: {error}")


def answer_contradictory(status: int, contradiction: str) -> Reason:
    """One part of the answer contradicts another."""
    return Reason(ReasonCode.ANSWER_CONTRADICTORY, f"HTTP {status}, but the answer contradicts itself: {contradiction}")


def answer_unknown(status: int) -> Reason:
    """The answer is complete and states neither success nor failure."""
    return Reason(ReasonCode.ANSWER_UNKNOWN, f"HTTP {status}, but the answer contains no known status")


def redirected(status: int) -> Reason:
    """The server answered with another address."""
    found = f"HTTP {status}: the server redirected the request, and redirects are never followed"
    text = f"{found}; check the account's region"
    return Reason(ReasonCode.REDIRECTED, text)


def too_many_requests(said: str) -> Reason:
    """The account had too many requests in progress."""
    return Reason(ReasonCode.HTTP_429, f"HTTP 429: {said or 'too many concurrent requests'}{HINTS[429]}")


def server_failed(status: int, said: str) -> Reason:
    """The server failed, perhaps after it had sent the bulletin."""
    return Reason(ReasonCode.HTTP_5XX, f"HTTP {status}{_quoted(said)}: the bulletin may have been sent nevertheless")


def refused_by_api(status: int, said: str) -> Reason:
    """The API refused the request."""
    code = _REFUSALS.get(status, ReasonCode.REFUSED_BY_API)
    return Reason(code, f"HTTP {status}{_quoted(said)}{HINTS.get(status, '')}")


def _quoted(said: str) -> str:
    return f": {said}" if said else ""


# What prevented a request, or the record of its outcome.


def claimed_by_another_run(*, expires: bool) -> Reason:
    """Another run took the firing. `expires`: the firing has a grace period."""
    ended = "claimed it, sent it or recorded it as expired" if expires else "claimed or sent it"
    return Reason(ReasonCode.CLAIMED_BY_ANOTHER_RUN, f"another run {ended} meanwhile")


def ledger_cannot_store(message: str) -> Reason:
    """The ledger refuses the texts of this firing."""
    return Reason(ReasonCode.LEDGER_CANNOT_STORE, message)


def stopped_by(error: Exception) -> Reason:
    """An error that stops the whole run, or a firing before its claim."""
    return Reason(ReasonCode.INTERNAL_ERROR if is_internal(error) else ReasonCode.LEDGER_FAILED, fault_text(error))


def interrupted() -> Reason:
    """A signal ended the run early."""
    return Reason(ReasonCode.INTERRUPTED, "the run was interrupted")


def run_refused(message: str) -> Reason:
    """The run was refused before it began."""
    return Reason(ReasonCode.RUN_REFUSED, message)


def run_ended_in_flight() -> Reason:
    """The request was in progress at the end of the run."""
    return Reason(ReasonCode.RUN_ENDED_IN_FLIGHT, "the run ended while the request was in progress")


def run_ended_before_sending() -> Reason:
    """The firing was claimed and not sent at the end of the run."""
    return Reason(ReasonCode.RUN_ENDED_BEFORE_SENDING, "the run ended before the request was sent")


def fault_in_flight(error: Exception) -> Reason:
    """An unexpected error while the request was in progress."""
    return Reason(ReasonCode.FAULT_IN_FLIGHT, f"{fault_text(error)}, while the request was in progress")


def fault_before_sending(error: Exception) -> Reason:
    """An unexpected error before the request was sent."""
    return Reason(ReasonCode.FAULT_BEFORE_SENDING, f"{fault_text(error)}, before the request was sent")


def outcome_not_recorded(outcome: str, reason: Reason | None, error: Exception) -> Reason:
    """The ledger did not record the outcome."""
    ending = f"{outcome} ({reason})" if reason else outcome
    text = f"{ending}, but the ledger could not record this: {fault_text(error)}"
    return Reason(ReasonCode.OUTCOME_NOT_RECORDED, text)


def expiry_not_recorded(error: Exception) -> Reason:
    """The ledger did not record that a firing expired."""
    text = f"the firing expired, but the ledger could not record this: {fault_text(error)}"
    return Reason(ReasonCode.EXPIRY_NOT_RECORDED, text)


def grace_ended() -> Reason:
    """The grace period ended after the firing was claimed."""
    return Reason(ReasonCode.GRACE_ENDED, "its grace period ended before it could be sent")


def after_tries(reason: Reason, last: Reason | None) -> Reason:
    """Add to a reason the reason why the last request failed."""
    return Reason(reason.code, f"{reason}; before that: {last}")


# Why no more firings of an account are sent.


def account_refused(reason: Reason | None) -> Reason:
    """A firing ended in a way in which every other firing of the account would end."""
    return Reason(ReasonCode.ACCOUNT_REFUSED, f"the run stopped sending to the account: {reason}")


def account_address_unusable(base_url: str) -> Reason:
    """The address of the account, or a proxy of the environment, can't be used."""
    text = (
        f"no request can be made to {base_url}: check the account's base_url and the proxy variables of the environment"
    )
    return Reason(ReasonCode.ACCOUNT_UNUSABLE, text)


def account_slots_unusable(error: Exception) -> Reason:
    """The slots of the account can't be taken."""
    return Reason(ReasonCode.ACCOUNT_UNUSABLE, f"the run stopped sending to the account: {fault_text(error)}")


def account_in_doubt(in_a_row: int) -> Reason:
    """Too many firings in a row ended in doubt."""
    text = f"the run stopped sending to the account: {in_a_row} firings in a row ended in doubt"
    return Reason(ReasonCode.ACCOUNT_IN_DOUBT, text)


def account_faulty(in_a_row: int) -> Reason:
    """Too many firings in a row met an internal error."""
    text = f"the run stopped sending to the account: {in_a_row} firings in a row met an internal error"
    return Reason(ReasonCode.ACCOUNT_FAULTY, text)


def canary_not_fired(why: str) -> Reason:
    """The first firing of the account was not fired. `why`: its reason, or its outcome."""
    return Reason(ReasonCode.CANARY_NOT_FIRED, f"the canary, the first firing of the account, was not fired: {why}")


# What an earlier run left behind.


def no_outcome_recorded() -> Reason:
    """The run that held the firing ended without an outcome."""
    return Reason(ReasonCode.NO_OUTCOME_RECORDED, SWEPT)


def as_recorded(text: str) -> Reason:
    """The reason that a row of the ledger contains. The ledger stores texts only."""
    return no_outcome_recorded() if text == SWEPT else Reason(ReasonCode.RECORDED_EARLIER, text)


def expired_unsent(due_at: datetime | None) -> Reason:
    """The reason for a row of an expired firing that contains no reason."""
    due = "" if due_at is None else f"was due {utc_text(due_at)}; "
    return Reason(ReasonCode.GRACE_ENDED, f"{due}its grace period ended before it was sent")


def left_behind(row: FiringRow, run: str) -> Reason:
    """The reason for a row that `run` reports, because the run that recorded it ended before its report."""
    reason = as_recorded(row.reason or SWEPT)
    if row.state is State.EXPIRED and row.reason is None:
        reason = expired_unsent(row.due_at)
    recorder = row.swept_by or row.run
    if recorder == run:
        return reason
    return Reason(reason.code, f"{reason}; recorded by run {recorder}, which ended before its report")
