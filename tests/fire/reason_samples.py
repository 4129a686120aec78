"""The reasons and the warnings of a run: the answers of the API through `judge`, the others from their functions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from runner.errors import ErrorCode, UserError
from runner.fire import reasons
from runner.fire.api.answer import Answer
from runner.fire.outcome import judge
from runner.fire.result import reach_warnings
from runner.plan.event_time import event_time_warnings
from runner.reason import Reason

NOW = datetime(2026, 12, 1, 13, tzinfo=UTC)
_FAIL = {"status": "fail", "error": "Business Event Not Found"}
_DISK_FULL = UserError(ErrorCode.LEDGER_NOT_WRITABLE, "the ledger l.sqlite3 can't be written: the disk is full")


def samples() -> Iterator[Reason]:
    """Yield the reasons, at least one for each code."""
    yield from _of_answers()
    yield from _of_firings()
    yield from _of_accounts()
    yield from _left_behind()


def _of_answers() -> Iterator[Reason]:
    answers = [
        _answer(None, left=False, error="Connection refused"),
        _answer(None, error="it did not answer in 10 s"),
        _answer(200, complete=False, error="the body broke off"),
        _answer(200, {"status": "success", "error": "no"}),
        _answer(400, {"status": "success"}),
        _answer(200, {"status": "queued"}),
        _answer(302),
        *(_answer(status, _FAIL) for status in (200, 400, 401, 403, 404, 405, 429, 503)),
        *(_answer(status) for status in (400, 429, 503)),
    ]
    for answer in answers:
        reason = judge(answer).reason
        assert reason is not None
        yield reason


def _answer(
    status: int | None,
    body: object = None,
    *,
    left: bool = True,
    complete: bool = True,
    error: str | None = None,
) -> Answer:
    raw = b"" if body is None else json.dumps(body).encode()
    return Answer(NOW, 1.0, left, status, raw, complete, error)


def _of_firings() -> Iterator[Reason]:
    refused = reasons.refused_by_api(400, "Business Event Not Found")
    yield reasons.claimed_by_another_run(expires=False)
    yield reasons.claimed_by_another_run(expires=True)
    yield reasons.ledger_cannot_store("the ledger l.sqlite3 can't store it: value too long")
    yield reasons.stopped_by(_DISK_FULL)
    yield reasons.stopped_by(KeyError("x"))
    yield reasons.interrupted()
    yield reasons.run_refused("2 firings would be sent, and --max allows 1")
    yield reasons.run_ended_in_flight()
    yield reasons.run_ended_before_sending()
    yield reasons.fault_in_flight(KeyError("x"))
    yield reasons.fault_before_sending(KeyError("x"))
    yield reasons.outcome_not_recorded("fired", None, _DISK_FULL)
    yield reasons.outcome_not_recorded("failed", refused, _DISK_FULL)
    yield reasons.expiry_not_recorded(_DISK_FULL)
    yield reasons.grace_ended()
    yield reasons.after_tries(reasons.grace_ended(), reasons.too_many_requests(""))


def _of_accounts() -> Iterator[Reason]:
    yield reasons.account_refused(reasons.refused_by_api(401, "Invalid Credentials"))
    yield reasons.account_address_unusable("https://in1.api.clevertap.com")
    yield reasons.account_slots_unusable(KeyError("x"))
    yield reasons.account_in_doubt(3)
    yield reasons.account_faulty(3)
    yield reasons.canary_not_fired("HTTP 400: Business Event Not Found")
    yield reasons.canary_not_fired("skipped")


def _left_behind() -> Iterator[Reason]:
    yield reasons.no_outcome_recorded()
    yield reasons.as_recorded("HTTP 400: Business Event Not Found")
    yield reasons.expired_unsent(NOW)
    yield reasons.expired_unsent(None)


def warnings() -> Iterator[str]:
    """Yield the warnings about a firing that was sent."""
    yield from reach_warnings(None)
    yield from reach_warnings(0)
    for hours in (-3, 1):
        for is_later in (False, True):
            yield from event_time_warnings(int(NOW.timestamp()) + hours * 3600, NOW, is_later=is_later)
