"""Build the plan document, from which every format is made, and read a reviewed plan file.

In: a plan and facts about it. Out: plain values as in `schemas/plan.schema.json`. `reviewed_plan` reads them again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runner.definitions.model import Account, Budget, canonical
from runner.definitions.problem import Problem
from runner.errors import ErrorCode, UserError
from runner.plan.changes import Change
from runner.plan.decide import Action, Plan, Step
from runner.plan.event_time import step_warnings
from runner.plan.firing import FiringKey, digest, fingerprint_of
from runner.plan.review.reviewed import Destination, ReviewedFiring, ReviewedPlan
from runner.report.document import reading
from runner.report.document.entry_fields import row_field, timestamp, timestamp_or_none
from runner.report.document.problem_entries import problem_entry
from runner.report.next_times import reason_with_next_times

SCHEMA_VERSION = 1
# Left out of the hash: when and by which version the plan was made, and what the version warns about.
_UNHASHED = ("hash", "now", "version", "git", "definition_warnings")
_UNHASHED_OF_FIRINGS = ("reason", "reason_code", "may_go_at", "warnings")


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """Facts on how the plan was made. `selection` holds the selection options that were given.

    `until` is the end of the shown time, if any; `later` counts the firings after it. `warnings` are those about the
    definitions.
    """

    version: str
    path: str
    accounts: Mapping[str, Account]
    ledger: str | None = None
    selection: Mapping[str, Sequence[str]] = field(default_factory=dict)
    git_commit: str | None = None
    git_dirty: bool | None = None
    until: datetime | None = None
    later: int = 0
    warnings: Sequence[Problem] = ()


def plan_document(plan: Plan, facts: PlanFacts, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the document as plain values in the schema's order; `changes` is its part about a git ref."""
    used = {step.firing.key.account for step in plan.steps}
    selection = {kind: list(values) for kind, values in facts.selection.items()}
    summary = {"selected": sum(plan.counts().values()), **plan.counts()}
    if facts.ledger is not None:
        summary["newly_expired"] = len(plan.newly_expired)  # a run reports and records these
    if facts.until is not None:
        selection["until"] = [timestamp(facts.until)]
        summary["later"] = facts.later
    document = {
        "schema_version": SCHEMA_VERSION,
        "now": timestamp(plan.now),
        "version": facts.version,
        "ledger": facts.ledger,
        "path": facts.path,
        "selection": selection,
        "git": None if facts.git_commit is None else {"commit": facts.git_commit, "dirty": bool(facts.git_dirty)},
        "summary": summary,
        "accounts": {name: _account(account) for name, account in facts.accounts.items() if name in used},
        "firings": [_firing(step, plan.now, is_near=facts.until is None) for step in plan.steps],
        "changes": changes,
        **({"definition_warnings": [problem_entry(each) for each in facts.warnings]} if facts.warnings else {}),
    }
    return {**document, "hash": plan_hash(document)}


def until_of(document: Mapping[str, Any]) -> str | None:
    """Up to when the plan of the document shows what comes; None where nobody said."""
    return next(iter(document["selection"].get("until", ())), None)


def plan_hash(document: Mapping[str, Any]) -> str:
    """Return the hash of a plan's content: definitions, selection, ledger and the firings' states.

    Reasons, warnings and times at which budgets have room are left out, because they depend on when the plan is made.
    """
    whole = {name: value for name, value in document.items() if name not in _UNHASHED}
    firings = [
        {name: value for name, value in each.items() if name not in _UNHASHED_OF_FIRINGS}
        for each in document["firings"]
    ]
    return digest(canonical({**whole, "firings": firings}))


def plan_file_text(document: Mapping[str, Any]) -> str:
    """Return the text of a plan file. Equal documents give equal bytes."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def reviewed_plan(text: str | bytes) -> ReviewedPlan:
    """Read a plan file. Raises UserError if it is not a plan, was edited, or has another version."""
    again = "Make it with bulletins plan --out, and fire it as it is."
    try:
        document = reading.parsed(text, of_pairs=_without_repeats)
        if isinstance(document, dict) and document.get("schema_version", SCHEMA_VERSION) != SCHEMA_VERSION:
            version = repr(document["schema_version"])[:80]
            raise UserError(
                ErrorCode.PLAN_VERSION, f"it is a plan of version {version}, not {SCHEMA_VERSION}", help=again
            )
        reading.check(document, "plan")
    except ValueError as error:
        raise UserError(ErrorCode.NOT_A_PLAN, f"it is not a plan: {error}", help=again) from None
    if plan_hash(document) != document["hash"]:
        raise UserError(ErrorCode.PLAN_EDITED, "it was edited after it was made: its hash does not fit", help=again)
    try:
        to_send = tuple(_reviewed(each) for each in document["firings"] if Action(each["action"]).sends)
        accounts = {each.key.account: document["accounts"][each.key.account] for each in to_send}
    except (ValueError, KeyError) as error:
        raise UserError(ErrorCode.NOT_A_PLAN, f"it is not a plan: {error}", help=again) from None
    names = ("base_url", "account_id_env", "passcode_env", "passcode_file")
    return ReviewedPlan(
        path=document["path"],
        ledger=document["ledger"],
        destinations={name: Destination(*(each[part] for part in names)) for name, each in accounts.items()},
        to_send=to_send,
    )


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a JSON object and refuse repeated keys: a reviewer could read one value, and the program use the other."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _account(account: Account) -> dict[str, Any]:
    return {
        "base_url": account.base_url,
        "region": account.region,
        "timezone": account.zone,
        "account_id_env": account.account_id_env,
        "passcode_env": account.passcode_env,
        "passcode_file": account.passcode_file,
        "concurrency": account.concurrency,
        **_budget(account),
    }


def _budget(account: Account) -> dict[str, Any]:
    """Return the account's budget as in its definition; empty without a budget."""
    events = {event: _limits(budget) for event, budget in account.event_budgets.items()}
    whole = {**_limits(account.budget), **({"events": events} if events else {})}
    return {"budget": whole} if whole else {}


def _limits(budget: Budget) -> dict[str, int]:
    limits = {"per_hour": budget.per_hour, "per_day": budget.per_day}
    return {name: count for name, count in limits.items() if count is not None}


def _firing(step: Step, now: datetime, *, is_near: bool) -> dict[str, Any]:
    """Return the entry of a firing. `is_near`: the plan shows only the next time of a recurring bulletin."""
    firing, occurrence = step.firing, step.firing.occurrence
    warnings = step_warnings(step, now)
    return {
        "id": firing.key.bulletin,
        "account": firing.key.account,
        "occurrence": firing.key.occurrence,
        "action": step.action.value,
        "reason": reason_with_next_times(step) if is_near else step.reason.text,
        "reason_code": step.reason.code.value,
        "file": firing.bulletin.place.file,
        "line": firing.bulletin.place.line,
        **row_field(firing.bulletin.place.row),
        "business_event": firing.bulletin.business_event,
        "name": firing.bulletin.name,
        "due_at": timestamp_or_none(occurrence.due_at),
        "expires_at": timestamp_or_none(occurrence.expires_at),
        "may_go_at": timestamp_or_none(step.may_go_at),
        "payload": firing.bulletin.payload(),
        "fingerprint": firing.fingerprint,
        "allow_duplicate": firing.bulletin.allow_duplicate,
        "changes": [{"field": change.field, "old": change.old, "new": change.new} for change in step.changes],
        **({"warnings": list(warnings)} if warnings else {}),
    }


def field_entries(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Return the document's entries for changed fields."""
    return [
        {"field": change.field, "old": change.old, "new": change.new, "inherited": change.inherited}
        for change in changes
    ]


def _reviewed(entry: Mapping[str, Any]) -> ReviewedFiring:
    due_at, expires_at = (
        None if entry[name] is None else datetime.fromisoformat(entry[name]) for name in ("due_at", "expires_at")
    )
    key = FiringKey(entry["account"], entry["id"], entry["occurrence"])
    if fingerprint_of(entry["payload"], due_at) != entry["fingerprint"]:
        raise ValueError(f"the fingerprint of {key.bulletin} is not that of its payload")
    return ReviewedFiring(key, entry["fingerprint"], entry["payload"], due_at, expires_at, entry["allow_duplicate"])
