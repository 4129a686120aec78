"""Decides what the API answers: takes a request and the settings of the accounts, returns an answer. Pure functions.

Texts marked *documented* are quoted from CleverTap's documentation; the others have the same form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NoReturn

from runner.sandbox.client_connection import MAX_BODY_BYTES, CannedAnswer, ReceivedRequest, phrase
from runner.sandbox.faults import Fault, FaultKind

TRIGGER_PATH = "/1/targets/trigger.json"
REDIRECT_PATH = "/1/targets/elsewhere.json"
TOO_MANY = 429  # the status of a request too many in flight
MAX_IN_FLIGHT = 3  # per account: documented, page "API request limits"
MAX_KEY_CHARACTERS = 120  # of the event's name and property names: documented, page "Bulletins"
MAX_VALUE_BYTES = 512  # of UTF-8, per property value: the same page
_MAX_WHEN_S = 10_000_000_000  # beyond it, the number can only be milliseconds
_MAX_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """The settings of the dashboard: passcodes by account id, required properties by event, and how many bulletins an
    event sends. None accepts all accounts or all events."""

    credentials: Mapping[str, str] | None = None
    events: Mapping[str, Collection[str]] | None = None
    targets: int = 1


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request after it was read: its account, its content and its answer.

    `is_counted`: it counts as one of its account's requests in flight.
    """

    account_id: str | None
    name: str | None
    body: dict[str, object] | None
    answer: CannedAnswer
    is_counted: bool


def answer_json(status: int, value: object, *, accepted: bool = False) -> CannedAnswer:
    """Return an answer with `value` as its JSON body."""
    return CannedAnswer(status, json.dumps(value).encode(), accepted=accepted)


def fail(code: int, error: str, *, status: int | None = None) -> CannedAnswer:
    """Return the API's form of a failure; the HTTP status is the code unless given."""
    return answer_json(status or code, {"status": "fail", "error": error, "code": code})


def too_many() -> CannedAnswer:
    """Return the answer to one request too many in flight (documented); it has no Retry-After."""
    return fail(TOO_MANY, "Too many concurrent requests")


def check_request(request: ReceivedRequest, account: SandboxAccount) -> CheckedRequest:
    """Return how the API answers a request, without its concurrency limit and without any fault."""
    body = _read_json_object(request.body)
    named = body.get("name") if body else None
    account_id = request.headers.get("x-clevertap-account-id") or None
    refusal = _refusal(request, account, account_id)
    return CheckedRequest(
        account_id=account_id,
        name=named if isinstance(named, str) else None,
        body=body,
        answer=refusal or _raise_bulletin(body, account),
        is_counted=refusal is None,
    )


def _refusal(request: ReceivedRequest, account: SandboxAccount, account_id: str | None) -> CannedAnswer | None:
    if request.flaw:
        return fail(*request.flaw)
    if request.path != TRIGGER_PATH:
        return fail(404, "Not Found")
    if request.method != "POST":
        refused = fail(405, "Method Not Allowed")
        return CannedAnswer(refused.status, refused.body, headers=(("Allow", "POST"),))
    passcode = request.headers.get("x-clevertap-passcode")
    known = account.credentials is None or (account_id and account.credentials.get(account_id) == passcode)
    return None if account_id and passcode and known else fail(401, "Invalid Credentials")


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _read_json_object(text: bytes) -> dict[str, object] | None:
    try:
        value = _DECODER.decode(text.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _raise_bulletin(body: dict[str, object] | None, account: SandboxAccount) -> CannedAnswer:
    if body is None:
        return fail(400, "Malformed JSON: the body is not one JSON object")
    error = _find_error(body, account.events)
    if error:
        return fail(400, error)
    return answer_json(200, {"status": "success", "targets": account.targets}, accepted=True)


def _find_error(body: dict[str, object], events: Mapping[str, Collection[str]] | None) -> str | None:
    event, properties, when = body.get("business_event"), body.get("properties"), body.get("when")
    if not isinstance(event, str) or not event:
        return _incorrect("business_event", event)
    if len(event) > MAX_KEY_CHARACTERS:
        return f"Business Event name is longer than {MAX_KEY_CHARACTERS} characters"
    if events is not None and event not in events:
        return "Business Event Not Found"  # documented
    name, creator = body.get("name"), body.get("c-by")
    if not isinstance(name, str) or not name.strip():
        return _incorrect("name", name)
    if not isinstance(creator, str) or "@" not in creator:
        return _incorrect("c-by", creator)
    if not _is_time(when):
        return _incorrect("when", when)  # documented
    if not isinstance(properties, dict):
        return _incorrect("properties", properties)
    missing = (key for key in (events or {}).get(event, ()) if key not in properties)
    if (key := next(missing, None)) is not None:
        return f"Property{key}missing"  # documented, without spaces
    return next((error for item in properties.items() if (error := _property_error(*item))), None)


def _incorrect(field: str, value: object) -> str:
    text = json.dumps(value)
    shown = text if len(text) <= _MAX_SHOWN_CHARACTERS else f"{text[:_MAX_SHOWN_CHARACTERS]}..."
    return f'"{field}" has an incorrect value - {shown}'


def _is_time(when: object) -> bool:
    if isinstance(when, str):
        return when == "now" or (re.fullmatch("[0-9]{1,10}", when) is not None)
    return isinstance(when, int) and not isinstance(when, bool) and 0 <= when < _MAX_WHEN_S


def _property_error(key: str, value: object) -> str | None:
    if not 1 <= len(key) <= MAX_KEY_CHARACTERS:
        return f"Property name is not 1 to {MAX_KEY_CHARACTERS} characters long"
    if not isinstance(value, str):
        return f"Property {key} is not a string"
    if len(value.encode("utf-8", "surrogatepass")) > MAX_VALUE_BYTES:
        return f"Property {key} is longer than {MAX_VALUE_BYTES} bytes"
    return None


def answer_of_fault(fault: Fault, success: CannedAnswer) -> CannedAnswer:
    """Return the answer with which a fault replaces a success. A fault of the connection returns the success itself."""
    match fault.kind:
        case FaultKind.STATUS:
            return _answer_of_status(fault, success)
        case FaultKind.REDIRECT:
            return CannedAnswer(302, headers=(("Location", REDIRECT_PATH),))
        case FaultKind.FAIL:
            return fail(400, fault.text or "", status=200)
        case FaultKind.FOREIGN:
            return _page(200, "Welcome")
        case FaultKind.NO_STATUS:
            return answer_json(200, {"targets": 1}, accepted=True)
        case FaultKind.HUGE:
            padding = "x" * (2 * MAX_BODY_BYTES)
            return answer_json(200, {"status": "success", "targets": 1, "padding": padding}, accepted=True)
        case _:
            return success


def _answer_of_status(fault: Fault, success: CannedAnswer) -> CannedAnswer:
    status = fault.status or 500
    if status < 300:
        return CannedAnswer(status, b"" if status == 204 else success.body, accepted=True)
    if status < 400:
        return CannedAnswer(status, headers=(("Location", REDIRECT_PATH),))
    if fault.after and status >= 500:
        # The API has accepted the bulletin by then. Such an answer comes from a gateway, which sends HTML.
        return _page(status, f"{status} {phrase(status)}")
    return too_many() if status == TOO_MANY else fail(status, phrase(status))


def _page(status: int, title: str) -> CannedAnswer:
    page = f"<!doctype html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return CannedAnswer(status, page.encode(), "text/html; charset=utf-8", accepted=True)
