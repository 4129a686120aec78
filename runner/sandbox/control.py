"""The sandbox's own pages, for people and for tests in another process: the recorded requests, and the faults.

`GET` and `DELETE /_sandbox/requests`, `POST` and `DELETE /_sandbox/faults`, and `GET /`, which describes the sandbox.
Requests for these pages are not recorded.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from runner.sandbox.answers import TRIGGER_PATH, answer_json, fail
from runner.sandbox.client_connection import CannedAnswer, ReceivedRequest
from runner.sandbox.faults import FaultKind, format_fault, parse_fault

if TYPE_CHECKING:
    from runner.sandbox.server import Sandbox

_ABOUT = f"""\
This is the bulletins sandbox, a stand-in of the CleverTap API: POST {TRIGGER_PATH} reaches nobody.
See GET /_sandbox/requests for what came, POST /_sandbox/faults {{"fault": "503@*Hindi*"}} to make it fail.
"""


def is_for(request: ReceivedRequest) -> bool:
    """Whether a request is for these pages."""
    return not request.flaw and (request.path == "/" or request.path.startswith("/_sandbox/"))


def answer_control(request: ReceivedRequest, sandbox: Sandbox) -> CannedAnswer:
    """Do what the request asks of the sandbox, and return the page."""
    match request.method, request.path:
        case "GET", "/":
            return CannedAnswer(200, _ABOUT.encode(), "text/plain; charset=utf-8")
        case "GET", "/_sandbox/requests":
            requests = [asdict(received) for received in sandbox.received()]
            return answer_json(200, {"requests": requests, "peak_in_flight": sandbox.peaks_in_flight()})
        case "DELETE", "/_sandbox/requests":
            sandbox.clear_record()
            return CannedAnswer(204)
        case "POST", "/_sandbox/faults":
            return _add_fault(request.body, sandbox)
        case "DELETE", "/_sandbox/faults":
            sandbox.clear_faults()
            return CannedAnswer(204)
        case _, "/" | "/_sandbox/requests" | "/_sandbox/faults":
            return fail(405, "Method Not Allowed")
        case _:
            return fail(404, "Not Found")


def _add_fault(body: bytes, sandbox: Sandbox) -> CannedAnswer:
    try:
        asked = json.loads(body)
        fault = parse_fault(asked["fault"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        why = str(error) if isinstance(error, ValueError) else "the body is not {'fault': 'TEXT'}"
        return fail(400, why)
    if fault.kind is FaultKind.REFUSE:
        return fail(400, "refuse would shut this page out too; start the sandbox with it")
    sandbox.add_fault(fault)
    return answer_json(200, {"fault": format_fault(fault)})
