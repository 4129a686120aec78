"""The reason of a plan's action or of a run's outcome: a stable code, and a text for people.

Programs and tests compare codes. Texts may be reworded at any time: those of a plan are made in `plan/reasons.py`,
those of a run in `fire/reasons.py`. The ledger stores texts only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ReasonCode(StrEnum):
    """The kind of a reason, as documents contain it and `bulletins explain` explains it."""

    # Reasons of a plan, by action: fire, retry, wait.
    DUE = "due"
    DUE_AT_ONCE = "due-at-once"
    FAILED_BEFORE = "failed-before"
    RETRIED_LATER = "retried-later"
    NOT_DUE = "not-due"
    BUDGET_USED_UP = "budget-used-up"
    BUDGET_FOR_OTHERS = "budget-for-others"
    # expired
    GRACE_ENDED = "grace-ended"
    GRACE_ENDED_BY_BUDGET = "grace-ended-by-budget"
    EXPIRY_REPORTED = "expiry-reported"
    EXPIRY_REPORTED_EARLY = "expiry-reported-early"
    NEWER_WAS_SENT = "newer-was-sent"
    NEWER_IS_SENT = "newer-is-sent"
    NEWER_WAITS = "newer-waits"
    NO_RUN_IN_TIME = "no-run-in-time"
    ONLY_LATEST_AT_FIRST = "only-latest-at-first"
    ONLY_LATEST_AFTER_EDIT = "only-latest-after-edit"
    TOO_LATE_FOR_LAST_RUN = "too-late-for-last-run"
    TOO_LATE_FOR_FIRST_RUN = "too-late-for-first-run"
    # done, changed, in_doubt, claimed, disabled, duplicate
    SENT = "sent"
    SENT_AS_OTHER_OCCURRENCE = "sent-as-other-occurrence"
    EDITED_AFTER_SENDING = "edited-after-sending"
    MAY_HAVE_BEEN_SENT = "may-have-been-sent"
    BEING_SENT = "being-sent"
    ENABLED_FALSE = "enabled-false"
    DUPLICATE_IN_PLAN = "duplicate-in-plan"
    DUPLICATE_SENT = "duplicate-sent"
    ACCOUNT_RENAMED = "account-renamed"

    # Reasons of a run. The answers of the API.
    HTTP_400 = "http-400"
    HTTP_401 = "http-401"
    HTTP_403 = "http-403"
    HTTP_404 = "http-404"
    HTTP_429 = "http-429"
    HTTP_5XX = "http-5xx"
    REFUSED_BY_API = "refused-by-api"
    REDIRECTED = "redirected"
    NO_CONNECTION = "no-connection"
    NO_ANSWER = "no-answer"
    ANSWER_INCOMPLETE = "answer-incomplete"
    ANSWER_CONTRADICTORY = "answer-contradictory"
    ANSWER_UNKNOWN = "answer-unknown"
    # What prevented a request, or the record of its outcome.
    CLAIMED_BY_ANOTHER_RUN = "claimed-by-another-run"
    LEDGER_CANNOT_STORE = "ledger-cannot-store"
    LEDGER_FAILED = "ledger-failed"
    INTERNAL_ERROR = "internal-error"
    INTERRUPTED = "interrupted"
    RUN_ENDED_IN_FLIGHT = "run-ended-in-flight"
    RUN_ENDED_BEFORE_SENDING = "run-ended-before-sending"
    RUN_REFUSED = "run-refused"
    FAULT_IN_FLIGHT = "fault-in-flight"
    FAULT_BEFORE_SENDING = "fault-before-sending"
    OUTCOME_NOT_RECORDED = "outcome-not-recorded"
    EXPIRY_NOT_RECORDED = "expiry-not-recorded"
    # Why no more firings of an account are sent.
    ACCOUNT_REFUSED = "account-refused"
    ACCOUNT_UNUSABLE = "account-unusable"
    ACCOUNT_IN_DOUBT = "account-in-doubt"
    ACCOUNT_FAULTY = "account-faulty"
    CANARY_NOT_FIRED = "canary-not-fired"
    # What an earlier run left behind.
    NO_OUTCOME_RECORDED = "no-outcome-recorded"
    RECORDED_EARLIER = "recorded-earlier"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a firing has its action or its outcome. Formatted into a text, it gives its own text."""

    code: ReasonCode
    text: str

    def __str__(self) -> str:
        return self.text


REASON_MEANINGS: Mapping[ReasonCode, str] = {
    ReasonCode.DUE: "The firing is due and its grace period lasts: the next run sends it.",
    ReasonCode.DUE_AT_ONCE: "The bulletin has no schedule: the next run sends it.",
    ReasonCode.FAILED_BEFORE: "An earlier try certainly sent nothing. The next run tries again.",
    ReasonCode.RETRIED_LATER: (
        "The API refused the same content in three runs or more. It is tried once an hour until its grace period ends,"
        " and at once after an edit. In the last hour of the grace period, every run tries it."
    ),
    ReasonCode.NOT_DUE: "The due time has not come yet.",
    ReasonCode.BUDGET_USED_UP: "The budget of the account is used up by bulletins that were sent before.",
    ReasonCode.BUDGET_FOR_OTHERS: "Other bulletins of the same plan are sent first and use up the account's budget.",
    ReasonCode.GRACE_ENDED: "The grace period ended before the bulletin was sent. The firing is not sent any more.",
    ReasonCode.GRACE_ENDED_BY_BUDGET: "The grace period ended while the budget of the account was used up.",
    ReasonCode.EXPIRY_REPORTED: "The firing expired, and an earlier run recorded that.",
    ReasonCode.EXPIRY_REPORTED_EARLY: (
        "An earlier run reported the firing as expired, by a clock that was ahead. It is not sent, because somebody may"
        " have acted on that report. Change the grace period to send it."
    ),
    ReasonCode.NEWER_WAS_SENT: (
        "A later occurrence of the bulletin was sent, or may have been. With catch_up: latest, no earlier occurrence is"
        " sent."
    ),
    ReasonCode.NEWER_IS_SENT: (
        "A later occurrence of the bulletin is due as well. With catch_up: latest, only the later one is sent."
    ),
    ReasonCode.NEWER_WAITS: (
        "A later occurrence of the bulletin is due as well, and a budget holds it back. With catch_up: latest, only the"
        " later one is sent."
    ),
    ReasonCode.NO_RUN_IN_TIME: (
        "No run started within 15 minutes of the due time. With catch_up: none, later runs do not send the occurrence."
    ),
    ReasonCode.ONLY_LATEST_AT_FIRST: (
        "No run knew the bulletin when the occurrence was due. Of all such occurrences, only the latest is sent."
    ),
    ReasonCode.ONLY_LATEST_AFTER_EDIT: (
        "The schedule was edited after the due time. Of the occurrences before an edit, only the latest is sent."
    ),
    ReasonCode.TOO_LATE_FOR_LAST_RUN: "The occurrence had already expired when a run last checked the bulletin.",
    ReasonCode.TOO_LATE_FOR_FIRST_RUN: "The occurrence expired before the first run that knew the bulletin.",
    ReasonCode.SENT: "The firing was sent. It is never sent again.",
    ReasonCode.SENT_AS_OTHER_OCCURRENCE: (
        "The firing was sent under another occurrence name, before its schedule or time zone changed."
    ),
    ReasonCode.EDITED_AFTER_SENDING: "The bulletin was edited after it was sent. The edit alone sends nothing.",
    ReasonCode.MAY_HAVE_BEEN_SENT: (
        "Nobody knows whether the firing was sent. Check the dashboard, then run bulletins resolve."
    ),
    ReasonCode.BEING_SENT: "Another run is sending the firing.",
    ReasonCode.ENABLED_FALSE: "The bulletin contains enabled: false.",
    ReasonCode.DUPLICATE_IN_PLAN: "Another bulletin of the same plan sends the same payload to the same account.",
    ReasonCode.DUPLICATE_SENT: "Another bulletin sent the same payload to the same account recently.",
    ReasonCode.ACCOUNT_RENAMED: (
        "The firing was sent in an account that is no longer defined. If the account was only renamed, the same people"
        " would get it twice."
    ),
    ReasonCode.HTTP_400: "The API refused the content of the bulletin. Nothing was sent.",
    ReasonCode.HTTP_401: "The API refused the credentials of the account. Nothing was sent.",
    ReasonCode.HTTP_403: "The API does not allow the request. Nothing was sent.",
    ReasonCode.HTTP_404: "The server does not know the address of the request. Nothing was sent.",
    ReasonCode.HTTP_429: "The account had too many requests in progress. Nothing was sent.",
    ReasonCode.HTTP_5XX: "The server failed. The bulletin may have been sent before that.",
    ReasonCode.REFUSED_BY_API: "The API refused the request. Nothing was sent.",
    ReasonCode.REDIRECTED: "The server redirected the request. Redirects are never followed, and nothing was sent.",
    ReasonCode.NO_CONNECTION: "There was no connection to the API. Nothing was sent.",
    ReasonCode.NO_ANSWER: "The request was sent and no answer came. The bulletin may have been sent.",
    ReasonCode.ANSWER_INCOMPLETE: "The answer of the API broke off. The bulletin may have been sent.",
    ReasonCode.ANSWER_CONTRADICTORY: "The answer of the API contradicts itself. The bulletin may have been sent.",
    ReasonCode.ANSWER_UNKNOWN: "The answer of the API states no known status. The bulletin may have been sent.",
    ReasonCode.CLAIMED_BY_ANOTHER_RUN: "Another run claimed, sent or recorded the firing during this run.",
    ReasonCode.LEDGER_CANNOT_STORE: "The ledger can't store the firing, so it was not sent.",
    ReasonCode.LEDGER_FAILED: "The ledger failed during the run. The firing was not sent.",
    ReasonCode.INTERNAL_ERROR: "A mistake in this program ended the firing. The bulletin was not sent.",
    ReasonCode.INTERRUPTED: "The run was interrupted before the firing was sent.",
    ReasonCode.RUN_ENDED_IN_FLIGHT: "The run ended while the request was in progress. The bulletin may have been sent.",
    ReasonCode.RUN_ENDED_BEFORE_SENDING: "The run claimed the firing, and ended before it sent the request.",
    ReasonCode.RUN_REFUSED: "The run was refused before anything was sent.",
    ReasonCode.FAULT_IN_FLIGHT: "An error occurred while the request was in progress. The bulletin may have been sent.",
    ReasonCode.FAULT_BEFORE_SENDING: "An error occurred before the request was sent. Nothing was sent.",
    ReasonCode.OUTCOME_NOT_RECORDED: "The ledger could not record the outcome, so the firing is in doubt.",
    ReasonCode.EXPIRY_NOT_RECORDED: "The firing expired, and the ledger could not record that.",
    ReasonCode.ACCOUNT_REFUSED: (
        "An earlier firing failed for a cause that concerns the whole account. The run sends the account nothing more."
    ),
    ReasonCode.ACCOUNT_UNUSABLE: "No request can be sent to the account. Its firings failed, and nothing was sent.",
    ReasonCode.ACCOUNT_IN_DOUBT: "Several firings in a row ended in doubt, so the run sends the account nothing more.",
    ReasonCode.ACCOUNT_FAULTY: (
        "Several firings in a row met an internal error, so the run sends the account nothing more."
    ),
    ReasonCode.CANARY_NOT_FIRED: "With --canary, the first firing of an account must succeed before all others.",
    ReasonCode.NO_OUTCOME_RECORDED: (
        "The run that held the firing ended without an outcome. The bulletin may have been sent."
    ),
    ReasonCode.RECORDED_EARLIER: "The text of the reason was recorded in the ledger by an earlier run.",
}
