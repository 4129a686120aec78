"""Documents of plans and reports for tests: made as the program makes them, then overridden field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from plan import NOW, make_firing

from runner.alike_group import fold
from runner.definitions.model import Definitions
from runner.definitions.problem import OfRow, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.row_reference import row_of_document
from runner.fire.outcome import Outcome
from runner.fire.result import Result
from runner.plan.decide import Action, Plan, Step
from runner.reason import Reason, ReasonCode
from runner.report.document.plan import PlanFacts, plan_document, plan_hash
from runner.report.document.problem_entries import problem_entry
from runner.report.document.run import RunFacts, document_of, entry

COMMIT = "0123456789abcdef0123456789abcdef01234567"
RUN = "01JDX0000000000000000000AA"
LEDGER = "01JDX0000000000000000000ZZ"

_TEXTS = {
    "fire": "due since 2026-12-01T13:00:00Z",
    "retry": "due since 2026-12-01T13:00:00Z; failed once before: HTTP 429",
    "wait": "due 2026-12-01T13:00:00Z, in 1h",
    "expired": "was due 2026-12-01T13:00:00Z; its grace period of 1h ended 2h ago",
    "done": f"sent 2026-12-01T13:00:00Z by run {RUN}",
    "changed": "sent 2026-12-01T13:00:00Z, edited since: the edit sends nothing; raise revision to send it again",
    "duplicate": "the bulletin other sends the same payload to india now;"
    " change the payload, or write allow_duplicate: true",
    "in_doubt": "it may have been sent 2026-12-01T13:00:00Z: silence;"
    " look for it in the dashboard's activity log, then run bulletins resolve",
    "claimed": f"run {RUN} on builder (pid 4321) is sending it",
    "disabled": "enabled is false",
    "failed": "HTTP 400: Business Event Not Found",
    "skipped": "3 firings of the account in a row ended in doubt",
}
_CODES = {
    "fire": ReasonCode.DUE,
    "retry": ReasonCode.FAILED_BEFORE,
    "wait": ReasonCode.NOT_DUE,
    "expired": ReasonCode.GRACE_ENDED,
    "done": ReasonCode.SENT,
    "changed": ReasonCode.EDITED_AFTER_SENDING,
    "duplicate": ReasonCode.DUPLICATE_IN_PLAN,
    "in_doubt": ReasonCode.MAY_HAVE_BEEN_SENT,
    "claimed": ReasonCode.BEING_SENT,
    "disabled": ReasonCode.ENABLED_FALSE,
}


def _reason(action: str) -> Reason:
    return Reason(_CODES[action], _TEXTS[action])


def make_problem(row: str = "", **fields: Any) -> Problem:
    """A problem of a property that is no string; `row` is the text of its row."""
    values: dict[str, Any] = {
        "file": "bulletins.d/x.yaml",
        "line": 9,
        "column": 19,
        "code": Code.PROPERTY_NOT_STRING,
        "message": "properties.program_id is the number 234567; CleverTap takes only text",
        "help": 'Write "234567".',
        "source": "    properties: {program_id: 234567}",
    }
    values |= fields
    found = row_of_document(row, values["file"])
    rows = None if found is None else fold([OfRow(found, values["message"], values["help"])], common=type)[0]
    return Problem(**values, rows=rows)


def make_warning(**fields: Any) -> Problem:
    """A warning about a cell of a table."""
    values: dict[str, Any] = {
        "file": "bulletins.d/shows.csv",
        "line": 3,
        "column": 1,
        "code": Code.CELL_WHITE_SPACE,
        "message": "the cell 'show' ends with a space",
        "help": "Remove it.",
        "source": "12,Sa Re Ga Ma ",
    }
    return make_problem(**(values | fields))


def make_problems(*problems: Problem, files: Sequence[str] = ("bulletins.d/accounts.yaml",)) -> Definitions:
    """Definitions with these problems and warnings, in their files and these others."""
    names = dict.fromkeys([*files, *(problem.file for problem in problems)])
    errors = tuple(problem for problem in problems if problem.is_error)
    return Definitions({}, {}, (), tuple(names), errors, tuple(each for each in problems if not each.is_error))


def make_planned(id: str = "sa-re-ga-ma-12", action: str = "fire", **fields: Any) -> dict[str, Any]:  # noqa: A002
    """A firing of a plan's document."""
    step = Step(make_firing(id, at=NOW), Action(action), _reason(action))
    (firing,) = plan_document(Plan(NOW, (step,)), PlanFacts("0.1.0", "bulletins.d", {}))["firings"]
    return {**firing, **fields}


def make_plan(*firings: Mapping[str, Any], changes: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A plan's document of these firings; its accounts, summary and hash follow from them."""
    facts = PlanFacts("0.1.0", "bulletins.d", {}, LEDGER, git_commit=COMMIT, git_dirty=False)
    document = plan_document(Plan(NOW, ()), facts, changes)
    document |= {
        "firings": list(firings),
        "accounts": {name: make_account() for name in dict.fromkeys(each["account"] for each in firings)},
        **fields,
    }
    for firing in firings:
        document["summary"][firing["action"]] += 1
    document["summary"]["selected"] = len(firings)
    return {**document, "hash": plan_hash(document)}


def make_account(**fields: Any) -> dict[str, Any]:
    """An account of a plan's document."""
    values = {
        "base_url": "https://in1.api.clevertap.com",
        "region": "in1",
        "timezone": "Asia/Kolkata",
        "account_id_env": "CLEVERTAP_INDIA_ACCOUNT_ID",
        "passcode_env": "CLEVERTAP_INDIA_PASSCODE",
        "passcode_file": None,
        "concurrency": 3,
    }
    return {**values, **fields}


def make_changes(
    bulletins: Sequence[Mapping[str, Any]] = (),
    accounts: Sequence[Mapping[str, Any]] = (),
    events: Sequence[Mapping[str, Any]] = (),
    **fields: Any,
) -> dict[str, Any]:
    """The part of a plan's document that a comparison with a git ref gives."""
    parts = {"bulletins": list(bulletins), "accounts": list(accounts), "events": list(events)}
    return {"against": "origin/main", "base": COMMIT, "base_problems": 0, **parts, **fields}


def make_bulletin_change(kind: str = "added", id: str = "sa-re-ga-ma-12", **fields: Any) -> dict[str, Any]:  # noqa: A002
    """A changed bulletin of `make_changes`, with one effect."""
    effect = {
        "account": "india",
        "occurrence": "r1",
        "action": None if kind == "removed" else "fire",
        "due_at": "2026-12-01T13:00:00Z",
        "would_go": False,
        "text": "goes out as soon as fire runs",
    }
    values = {
        "kind": kind,
        "id": id,
        "was": "old-id" if kind == "renamed" else None,
        "file": "bulletins.d/a.yaml",
        "line": 4,
        "name": "Episode 12",
        "fields": [make_field("name", "Episode 11", "Episode 12")] if kind == "changed" else [],
        "effects": [effect],
        "warning": "was sent as old-id: the same payload would go out again" if kind == "renamed" else None,
    }
    return {**values, **fields}


def make_shared_change(kind: str = "changed", name: str = "india", **fields: Any) -> dict[str, Any]:
    """A changed account of `make_changes`, or with other fields a business event."""
    values = {
        "kind": kind,
        "name": name,
        "file": "bulletins.d/accounts.yaml",
        "line": 2,
        "fields": [make_field("region", "in1", "sg1")],
        "bulletins": 12,
        "unsent": 2,
    }
    return {**values, **fields}


def make_field(field: str, old: str | None, new: str | None, *, inherited: bool = False) -> dict[str, Any]:
    """A changed field of a bulletin, an account or a business event."""
    return {"field": field, "old": old, "new": new, "inherited": inherited}


def make_result(id: str = "sa-re-ga-ma-12", outcome: str | None = "fired", **fields: Any) -> dict[str, Any]:  # noqa: A002
    """A result of a report's document; where nothing was to be sent, because it is not due yet."""
    action = Action(fields.get("action") or ("fire" if outcome else "wait"))
    step = Step(make_firing(id, at=NOW), action, _reason(action.value))
    is_requested = outcome in ("fired", "failed", "in_doubt")
    made = Result(step, Outcome(outcome) if outcome else None, tries=1 if is_requested else 0)
    values: dict[str, Any] = {"reason": _TEXTS.get(outcome or action.value)}
    if is_requested and outcome:
        attempt = make_attempt(**_ANSWERS[outcome])
        values |= {name: attempt[name] for name in ("http_status", "error", "started_at", "latency_ms")}
        values |= {"attempts": [attempt]}
    if outcome == "fired":
        values |= {"reason": None, "bulletins_sent": 1}
    return {**entry(made), **values, **fields}


_ANSWERS: dict[str, dict[str, Any]] = {
    "fired": {},
    "failed": {
        "verdict": "no",
        "http_status": 400,
        "answer": '{"status":"fail","error":"Business Event Not Found","code":400}',
    },
    "in_doubt": {"verdict": "unknown", "http_status": None, "answer": None, "error": "read timed out"},
}


def make_attempt(number: int = 1, **fields: Any) -> dict[str, Any]:
    """A request of a result."""
    values = {
        "number": number,
        "started_at": "2026-12-01T13:00:00.250Z",
        "latency_ms": 212.4,
        "verdict": "yes",
        "http_status": 200,
        "answer": '{"status":"success","targets":1}',
        "error": None,
    }
    return {**values, **fields}


def make_report(*results: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A report's document of these results; `fields` are those of its run."""
    values: dict[str, Any] = {
        "id": RUN,
        "command": "fire",
        "dry_run": False,
        "started_at": NOW,
        "finished_at": NOW,
        "interrupted": False,
        "exit_code": 0,
        "version": "0.1.0",
        "ledger": LEDGER,
        "host": "builder",
        "git_commit": COMMIT,
        "git_dirty": False,
    }
    return document_of(RunFacts(**{**values, **fields}), results)


def hostile_problems(text: str) -> Definitions:
    """Problems that quote the text wherever they may."""
    alone = make_problem(message=text, help=text, source=text, row=text)
    of_row = make_problem(file=text, code=Code.BLANK, message="x", help="", row=f"{text}:12:9")
    warning = make_warning(file=text, message=text, help=text, row=text)
    return make_problems(alone, of_row, warning, files=[text])


def hostile_plan(text: str) -> dict[str, Any]:
    """A plan of every action and every kind of change, with the text in every place that is free."""
    own = {"id": text, "account": text, "file": text, "business_event": text, "name": text, "reason": text}
    own["row"] = f"{text}:12:9"  # the place of a row in that file
    payload = {"business_event": text, "name": text, "properties": {text: text}, "c-by": "a@example.com", "when": "now"}
    field = make_field(text, text, text)
    edits = [{"field": text, "old": text, "new": None}]
    effect = {"account": text, "occurrence": "r1", "action": "fire", "due_at": None, "would_go": False, "text": text}
    change: dict[str, Any] = {
        "id": text,
        "was": text,
        "file": text,
        "name": text,
        "fields": [field],
        "effects": [effect],
        "row": text,
    }
    change |= {"recurrence": {"cron": text, "timezone": text, "ends": None}}
    shared: dict[str, Any] = {"name": text, "file": text, "fields": [{**field, "field": "region"}, field]}
    changes = make_changes(
        [make_bulletin_change(kind, **change, warning=text) for kind in ("added", "changed", "renamed", "removed")],
        [make_shared_change(kind, **shared) for kind in ("added", "changed", "removed")],
        [make_shared_change(kind, **shared) for kind in ("added", "changed", "removed")],
        against=text,
    )
    firings = [
        make_planned(action=action.value, line=line, payload=payload, changes=edits, **own)
        for line, action in enumerate(Action, start=1)
    ]
    accounts = {text: make_account(base_url=text, region=text)}
    warnings = [problem_entry(make_warning(file=text, message=text, help=text, row=f"{text}:12:9"))]
    options = {"selection": {"id": [text]}, "accounts": accounts, "definition_warnings": warnings}
    return make_plan(*firings, changes=changes, path=text, **options)


def hostile_report(text: str) -> dict[str, Any]:
    """A report of every outcome, with the text in every place that is free."""
    own = {"id": text, "account": text, "file": text, "business_event": text, "name": text, "reason": text}
    own["row"] = text
    payload = {"business_event": text, "name": text, "properties": {text: text}, "c-by": "a@example.com", "when": "now"}
    results = [
        make_result(
            outcome=outcome,
            line=line,
            error=text,
            warnings=[text],
            payload=payload if outcome else None,
            attempts=[make_attempt(answer=text), make_attempt(2, http_status=None, answer=None, error=text)],
            **own,
        )
        for line, outcome in enumerate([*map(str, Outcome), None], start=1)
    ]
    return make_report(*results, host=text)
