"""The rules of annotations: what a kind of finding is about, and why it matters, besides the codes of problems."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from runner.definitions.problem_codes import EXPLANATIONS, Explanation


class AnnotationRule(StrEnum):
    """The kind of a finding, in addition to the codes of problems."""

    SENDS_NOW = "sends-now"
    SENDS_AGAIN = "sends-again"
    ACCOUNT_MOVES = "account-moves"
    EDITED_AFTER_SENDING = "edited-after-sending"
    DUPLICATE = "duplicate"
    EXPIRED = "expired"
    IN_DOUBT = "in-doubt"
    FAILED = "failed"
    SKIPPED = "skipped"
    SENT_ODDLY = "sent-oddly"
    EVENT_TIME = "event-time"


# Every rule of findings with its explanation: the codes of problems, and the rules for plans and reports.
RULES: Mapping[str, Explanation] = {
    **{code.value: explanation for code, explanation in EXPLANATIONS.items()},
    AnnotationRule.SENDS_NOW.value: Explanation(
        "a bulletin that the change adds or edits is sent by the next run",
        "What was sent can't be called back: this is the last moment to check it.",
        "",
        "",
    ),
    AnnotationRule.SENDS_AGAIN.value: Explanation(
        "a bulletin under a new id would be sent again",
        "The ledger knows bulletins by id. The same payload under another id is another bulletin: people get it twice.",
        "- id: episode-12  # it was sent as sa-re-ga-ma-12",
        "- id: sa-re-ga-ma-12",
    ),
    AnnotationRule.ACCOUNT_MOVES.value: Explanation(
        "an account's bulletins would reach other people",
        "The account's region, address or id changes, so every bulletin of the account reaches other people.",
        "",
        "",
    ),
    AnnotationRule.EDITED_AFTER_SENDING.value: Explanation(
        "a bulletin that was sent has been edited since",
        "The edit sends nothing. Raising revision is the only way to send it again.",
        "",
        "",
    ),
    AnnotationRule.DUPLICATE.value: Explanation(
        "the same payload was or will be sent to the same account under another id",
        "People would get the message twice, so it is blocked unless the bulletin has allow_duplicate: true.",
        "",
        "",
    ),
    AnnotationRule.EXPIRED.value: Explanation(
        "a bulletin was not sent during its grace period, and never will be",
        "A message that comes too late may be worse than none. To send it anyway, give it a later time.",
        "",
        "",
    ),
    AnnotationRule.IN_DOUBT.value: Explanation(
        "a bulletin may or may not have been sent",
        "The API can't answer whether it was sent. A person can see this in the dashboard's activity log, and decides"
        " with bulletins resolve. Until then the bulletin is blocked.",
        "",
        "",
    ),
    AnnotationRule.FAILED.value: Explanation(
        "a bulletin was certainly not sent",
        "The API refused it or could not be reached. The next run tries again during its grace period.",
        "",
        "",
    ),
    AnnotationRule.SKIPPED.value: Explanation(
        "a bulletin was due and was not attempted",
        "The run stopped sending to its account, or ended too early. The next run sends it during its grace period.",
        "",
        "",
    ),
    AnnotationRule.SENT_ODDLY.value: Explanation(
        "a bulletin was sent, but the answer is unusual",
        "The API accepted it, but maybe nobody got it: check the campaign that the business event triggers.",
        "",
        "",
    ),
    AnnotationRule.EVENT_TIME.value: Explanation(
        "`when` is far from the time at which the bulletin is sent",
        "CleverTap refuses user events older than 2 hours or more than 2 minutes ahead. It may do so here.",
        "when: 1796130000  # the schedule is two days later",
        "when: now",
    ),
}
