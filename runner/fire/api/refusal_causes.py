"""The refusals and failures of the API: the meaning of each, its usual causes, and what to do.

Sources: CleverTap's pages on errors and on request limits, in their newest and older editions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Appended to the reason of a firing that got this HTTP status.
HINTS: Mapping[int, str] = {
    401: "; usual causes: wrong region, wrong passcode or expired passcode; see bulletins explain http-401",
    429: "; see bulletins explain http-429",
}
_STATUS = re.compile(r"(?:https?[\s-]*)?([1-5][0-9]{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AnswerExplanation:
    """The meaning of an answer, what the program does, and what a person can do."""

    summary: str
    meaning: str
    handling: str
    remedies: tuple[str, ...]


_NOT_SENT = "Nothing was sent. The firing is recorded as failed. Until its grace period ends, the next run tries again."
_UNLESS_STATED = (
    "An answer that states a failure counts as failed: nothing was sent. Any other answer leaves the firing in doubt."
)
_LOOK = (
    "If the firing is in doubt, look in the activity log of the dashboard whether the bulletin was sent.",
    "Then record what you found with bulletins resolve.",
)
_STOPS = " The run sends nothing more to the account."
ANSWERS: Mapping[str, AnswerExplanation] = {
    "http-400": AnswerExplanation(
        "the API refuses the content of the bulletin",
        "The answer states the cause, such as `Business Event Not Found` or a missing property.",
        _NOT_SENT,
        ("Compare the bulletin with the business event in the dashboard, and correct the one with the mistake.",),
    ),
    "http-401": AnswerExplanation(
        "the API refuses the credentials",
        "There are three usual causes: the account's region is wrong, the passcode is wrong, or the passcode has"
        " expired. The host of a wrong region doesn't redirect: it refuses the credentials. A user passcode expires"
        " 1 to 365 days after its creation, unless it was created for ten years.",
        _NOT_SENT + _STOPS,
        (
            "Region: compare the account's region with the address of its dashboard.",
            "Passcode: compare the account id and the passcode in the account's variables with the dashboard.",
            "Expiry: create a new passcode in the dashboard, and note the day on which it expires.",
        ),
    ),
    "http-403": AnswerExplanation(
        "the API doesn't allow the request",
        "The API knows the credentials, but they don't allow sending bulletins.",
        _NOT_SENT + _STOPS,
        ("Ask an administrator of the account whether the passcode may send bulletins.",),
    ),
    "http-404": AnswerExplanation(
        "the server doesn't know the address of the request",
        "The usual cause is a base_url that is not an address of CleverTap.",
        _NOT_SENT,
        ("In the account, write region instead of base_url, or correct base_url.",),
    ),
    "http-405": AnswerExplanation(
        "the server doesn't accept requests of this kind at the address",
        "The usual cause is a base_url that is not an address of CleverTap.",
        _NOT_SENT,
        ("In the account, write region instead of base_url, or correct base_url.",),
    ),
    "http-429": AnswerExplanation(
        "too many requests of the account are in progress at once",
        "CleverTap allows three requests at once for each account, including those of other programs. The answer"
        " doesn't state when to try again. An older edition of CleverTap's page on errors adds: try again after 10"
        " minutes. The newest edition has no such sentence.",
        "Nothing was sent. The run tries again a few times. It learns how long the server counts a request after its"
        " answer, or slows down. If all tries fail, the firing is recorded as failed. If nothing else was accepted"
        " meanwhile, the run stops the account. Until its grace period ends, the next run tries again.",
        (
            "Start a run every few minutes, and write a grace of more than 10 minutes: then nothing is lost.",
            "If other programs use the account, write a lower concurrency for it.",
        ),
    ),
    "http-5xx": AnswerExplanation(
        "the server, or a gateway in front of it, failed",
        "The bulletin may have been sent before the failure.",
        "The firing is in doubt. It is never sent again without your decision.",
        (
            "Look in the activity log of the dashboard whether the bulletin was sent.",
            "Then record what you found with bulletins resolve.",
        ),
    ),
    "http-4xx": AnswerExplanation(
        "another refusal, such as 408 or 413",
        "CleverTap doesn't document this status. It may come from a proxy or a gateway on the way.",
        _UNLESS_STATED,
        _LOOK,
    ),
    "http-3xx": AnswerExplanation(
        "the server answers with another address",
        "The usual causes are a wrong base_url, and a proxy that wants a sign-in. Status 304 is no redirect: it leaves"
        " the firing in doubt.",
        _NOT_SENT + " Redirects are never followed.",
        ("In the account, write region instead of base_url, or correct base_url.",),
    ),
    "http-2xx": AnswerExplanation(
        "the server accepted the request",
        "Whether the bulletin was sent is stated in the answer, not by the status.",
        "An answer that states success counts as fired. " + _UNLESS_STATED,
        _LOOK,
    ),
    "http-1xx": AnswerExplanation(
        "an interim answer; another one follows",
        "It says nothing about the bulletin.",
        "It is skipped. If no other answer follows, the firing is in doubt.",
        _LOOK,
    ),
}


def answer_code(text: str) -> str | None:
    """Return the key in ANSWERS for a text such as `429`, `http-429` or `HTTP 503`, or None if it is no HTTP status."""
    code = text.strip().lower()
    if found := _STATUS.fullmatch(code):
        code = f"http-{found[1]}"
        return code if code in ANSWERS else f"http-{found[1][0]}xx"
    return code if code in ANSWERS else None
