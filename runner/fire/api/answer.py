"""The answer to one request: takes an HTTP status and the body's bytes, returns the fields that decide the outcome.

Every value that is returned has a maximum size. A body is read strictly: UTF-8 without a byte order mark, one JSON
object, no NaN. Only the exact texts "success" and "fail" are known statuses.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from runner.definitions.characters import FORBIDDEN

SUCCESS = "success"
FAIL = "fail"
MAX_TARGETS = 2**31 - 1  # the largest number that the ledger's column can store
_MAX_DIGITS = 18  # of an integer; a longer one counts as infinite, because Python raises an error for 4,301 digits
_DECIDING = ("status", "error", "errors", "code")  # if one of these occurs twice, the two may contradict each other
_ERRORS = ("error", "errors", "unprocessed")
_CODE = re.compile(r"([0-9]{1,9})\b", re.ASCII)
_SUCCESS_WORD = re.compile(rb"""["']success["']""", re.IGNORECASE)
_UNKNOWN_STATUS = object()


@dataclass(frozen=True, slots=True)
class Said:
    """The fields of an answer's JSON object.

    `status` is None if the field is missing or null. `error` is the API's own text, on one line. `code` is None if the
    field contains no number. `targets` is None if the field is not an integer from 0 to MAX_TARGETS; `has_targets` is
    true if a field of that name, in any form, reports at least one. `has_error` is true if an error field is not empty.
    `repeated` is the name of a field that occurs twice and decides the outcome.
    """

    status: object = None
    error: str = ""
    has_error: bool = False
    code: float | None = None
    targets: int | None = None
    has_targets: bool = False
    repeated: str | None = None

    def contradiction(self, http_status: int) -> str | None:
        """Return how the answer contradicts itself or its HTTP status, or None if it does not.

        `fail` under HTTP 200 is documented by CleverTap, and is no contradiction.
        """
        if self.repeated:
            return f"the field {self.repeated} occurs twice"
        is_refused = 300 <= http_status < 500
        if self.status == SUCCESS:
            if not 200 <= http_status < 300:
                return f"status success under HTTP {http_status}"
            if self.has_error:
                return "status success together with an error"
            if self.code is not None and not 0 <= self.code < 300:
                return f"status success together with code {self.code:g}"
        elif self.status == FAIL or is_refused:
            if self.status not in (None, FAIL):
                return f"an unknown status under HTTP {http_status}"
            if self.has_targets:
                return "a refusal together with a number of targets"
            if self.code is not None and 200 <= self.code < 300:
                return f"a refusal together with code {self.code:g}"
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What this machine observed of one request and its answer.

    `left` is true if any byte of the request may have left this machine. `http_status` is None if no answer arrived.
    `complete` is false if the body is incomplete, too long or too late, or if more bytes followed it. `error` describes
    the failure.
    """

    started_at: datetime
    latency_ms: float
    left: bool
    http_status: int | None = None
    body: bytes = b""
    complete: bool = False
    error: str | None = None


def is_success(http_status: int, body: bytes) -> bool:
    """Whether a complete answer with this HTTP status and body reports success and does not contradict itself."""
    said = read(body)
    return said is not None and said.status == SUCCESS and said.contradiction(http_status) is None


def read(body: bytes) -> Said | None:
    """Return the fields of the body, or None if it is not one JSON object."""
    try:
        pairs = _DECODER.decode(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, _Pairs):
        return None
    exact = dict(pairs)
    loose = [(name.strip().lower(), value) for name, value in pairs]
    names, fields = [name for name, _ in loose], dict(loose)
    error = fields.get("error")
    return Said(
        # Only the exact name is known; a status by another spelling may still say the opposite of a refusal.
        status=exact.get("status", _UNKNOWN_STATUS if "status" in fields else None),
        error=one_line(error) if isinstance(error, str) else "",
        has_error=any(fields.get(name) for name in _ERRORS),
        code=_number(fields.get("code")),
        targets=_targets(exact.get("targets")) if names.count("targets") == 1 else None,
        has_targets=any(_speaks_of_targets(value) for name, value in loose if name == "targets"),
        repeated=next((name for name in _DECIDING if names.count(name) > 1), None),
    )


def unreadable(body: bytes) -> Said:
    """Return the fields of a body that is not one JSON object: an unknown status if it contains the word success."""
    return Said(status=_UNKNOWN_STATUS if _SUCCESS_WORD.search(body) else None)


def one_line(text: str) -> str:
    """Return text of the API on one line, without control characters and characters that can't be encoded."""
    return FORBIDDEN.sub("\ufffd", " ".join(text.split()))


class _Pairs(tuple[tuple[str, Any], ...]):
    """The fields of a JSON object as pairs in order. A field that occurs twice is in two pairs."""

    __slots__ = ()

    def __new__(cls, pairs: Iterable[tuple[str, Any]]) -> _Pairs:
        return super().__new__(cls, pairs)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MAX_DIGITS else math.inf


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_Pairs, parse_int=_integer, parse_constant=_refuse_constant)


def _number(value: object) -> float | None:
    if isinstance(value, str) and (code := _CODE.match(value.strip())):  # also "400 Bad Request"
        return int(code[1])
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _targets(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= MAX_TARGETS else None


def _speaks_of_targets(value: object) -> bool:
    if isinstance(value, str):
        return value.strip() not in ("", "0")
    return value > 0 if isinstance(value, int | float) else bool(value)
