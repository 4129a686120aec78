"""The refusals and failures that the API may answer: what each means, its usual causes, and what to do.

Sources: CleverTap's pages on errors and on request limits, in their newest and older editions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Added to the reason of a firing that ended so.
HINTS: Mapping[int, str] = {
    401: "; usual causes: wrong region, wrong passcode or expired passcode; see bulletins explain http-401",
    429: "; see bulletins explain http-429",
}
_STATUS = re.compile(r"(?:https?[\s-]*)?([1-5][0-9]{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AnswerExplanation:
    """What an answer means, what the program does about it, and what a person can do."""

    summary: str
    meaning: str
    handling: str
    remedies: tuple[str, ...]


_NOT_SENT = "Nothing was sent. The firing is recorded as failed; the next run tries again while its grace lasts."
_STOPS = " The run sends nothing more to the account."
ANSWERS: Mapping[str, AnswerExplanation] = {
    "http-400": AnswerExplanation(
        "the API refuses what the bulletin says",
        "The answer names the fault, such as `Business Event Not Found` or a missing property.",
        _NOT_SENT,
        ("Compare the bulletin with the business event in the dashboard, and correct the one that is wrong.",),
    ),
    "http-401": AnswerExplanation(
        "the API refuses the credentials",
        "It has three usual causes: the account's region is wrong, the passcode is wrong, or the passcode has"
        " expired. A host of another region doesn't redirect: it refuses the credentials. A user passcode expires"
        " 1 to 365 days after it was made, unless it was made for ten years.",
        _NOT_SENT + _STOPS,
        (
            "Region: compare the account's region with the address of its dashboard.",
            "Passcode: compare the variables of account id and passcode with the dashboard's settings.",
            "Expiry: make a new passcode in the dashboard, and note when it expires.",
        ),
    ),
    "http-403": AnswerExplanation(
        "the API doesn't allow the request",
        "The credentials are known, and may not do this.",
        _NOT_SENT + _STOPS,
        ("Ask an administrator of the account whether the passcode may raise bulletins.",),
    ),
    "http-404": AnswerExplanation(
        "the address doesn't exist there",
        "A base_url that is not CleverTap's is the usual cause.",
        _NOT_SENT,
        ("Write region in place of base_url, or correct base_url.",),
    ),
    "http-429": AnswerExplanation(
        "too many requests of the account are in flight",
        "CleverTap allows three requests in flight for each account, counting those of other programs. The answer"
        " doesn't say when to try again. An older edition of CleverTap's page on errors adds: try again after 10"
        " minutes. The newest edition has no such sentence.",
        "Nothing was sent. The run slows down and tries again a few times. If all tries fail, the firing is recorded"
        " as failed, and the next run tries again while its grace lasts.",
        (
            "Start a run every few minutes, and write a grace of more than 10 minutes: then nothing is lost.",
            "If other programs use the account, write a lower concurrency for it.",
        ),
    ),
    "http-5xx": AnswerExplanation(
        "the server or a gateway before it failed",
        "The bulletin may have been sent before that happened.",
        "The firing is in doubt, and is never sent again without your decision.",
        ("Look at the activity log of the dashboard, then settle it with bulletins resolve.",),
    ),
}


def answer_code(text: str) -> str | None:
    """The key in ANSWERS that `429`, `http-429` or `HTTP 503` means; None where there is none."""
    code = text.strip().lower()
    if found := _STATUS.fullmatch(code):
        code = "http-5xx" if found[1].startswith("5") else f"http-{found[1]}"
    return code if code in ANSWERS else None
