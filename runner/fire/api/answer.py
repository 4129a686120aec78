"""What came back for one request, as a value, and what its JSON body says, before anybody judges it.

In come an HTTP status and bytes of the far end; every value that goes out is bounded. A body is read strictly: UTF-8
without a byte order mark, one JSON object, no NaN. Only the exact texts "success" and "fail" are known statuses.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from runner.definitions.reading.characters import FORBIDDEN

SUCCESS = "success"
FAIL = "fail"
MAX_TARGETS = 2**31 - 1  # what the ledger's column holds
_MAX_DIGITS = 18  # of an integer that is read; Python itself refuses more than 4,300
_DECIDING = ("status", "error", "errors", "code")  # a second one of these may say the opposite
_ERRORS = ("error", "errors", "unprocessed")
_CODE = re.compile(r"([0-9]{1,9})\b", re.ASCII)
_SUCCESS_WORD = re.compile(rb"""["']success["']""", re.IGNORECASE)
_UNKNOWN_STATUS = object()


@dataclass(frozen=True, slots=True)
class Said:
    """What the JSON object of an answer says.

    `status` is None where the field is missing or null. `error` is the API's own text, on one line. `code` is None
    where there is no number. `targets` is None where it is not an integer from 0 to MAX_TARGETS; `has_targets` says
    whether the field speaks of any, whatever its form. `has_error` says whether an error field holds anything;
    `repeated` names a deciding field that occurs twice.
    """

    status: object = None
    error: str = ""
    has_error: bool = False
    code: float | None = None
    targets: int | None = None
    has_targets: bool = False
    repeated: str | None = None

    def contradiction(self, http_status: int) -> str | None:
        """What in the answer contradicts the rest of it, its HTTP status included; None where nothing does.

        `fail` under HTTP 200 is documented, so it is none.
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
    """What was seen of one request.

    `left` says whether any byte of the request may have left this machine. `http_status` is None where no answer
    came. `complete` is false where the body broke off, was too long or came too late, or where more bytes followed it.
    `error` says what broke.
    """

    started_at: datetime
    latency_ms: float
    left: bool
    http_status: int | None = None
    body: bytes = b""
    complete: bool = False
    error: str | None = None

    @property
    def keeps_connection(self) -> bool:
        """Whether the connection may carry another request: only after a complete success that nothing contradicts.

        After a refusal it is closed although the server has no more to say. So a refusal that is read later on the same
        connection can't be a second copy of an earlier one, and a bulletin that was sent is never taken for refused.
        """
        return self.http_status is not None and self.complete and is_success(self.http_status, self.body)


def is_success(http_status: int, body: bytes) -> bool:
    """Whether a whole answer with that HTTP status and body says success, and nothing else."""
    said = read(body)
    return said is not None and said.status == SUCCESS and said.contradiction(http_status) is None


def read(body: bytes) -> Said | None:
    """What the body says; None where it is not one JSON object."""
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
    """What a body says that is not one JSON object: nothing certain, but perhaps the opposite of a refusal."""
    return Said(status=_UNKNOWN_STATUS if _SUCCESS_WORD.search(body) else None)


def one_line(text: str) -> str:
    """Text of the far end without line breaks, and without characters that a terminal obeys or no encoding takes."""
    return FORBIDDEN.sub("\ufffd", " ".join(text.split()))


class _Pairs(tuple[tuple[str, Any], ...]):
    """The fields of a JSON object in order, with all that occur twice."""

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
