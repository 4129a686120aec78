"""The reviewed plan: what somebody agreed to, held against the plan of now. Exactly that is sent, or nothing.

Pure functions. What moved beside the firings that were to be sent does not matter: it changes nothing that goes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from runner.definitions.model import Account, Definitions
from runner.plan.changes import changes
from runner.plan.decide import Plan, Step
from runner.plan.firing import Firing, FiringKey, definition, firings_of
from runner.plan.occurrence import occurrence_named, occurrences
from runner.plan.time_text import moment


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an account's requests go, and with which credentials, by the names of what holds them.

    What the variables hold is not known where plans are made, so it is no part of a review.
    """

    base_url: str
    account_id_env: str
    passcode_env: str | None
    passcode_file: str | None

    @staticmethod
    def of(account: Account) -> Destination:
        """The destination of an account."""
        return Destination(account.base_url, account.account_id_env, account.passcode_env, account.passcode_file)


@dataclass(frozen=True, slots=True)
class ReviewedFiring:
    """A firing that was to be sent, as it was reviewed."""

    key: FiringKey
    fingerprint: str
    payload: Mapping[str, Any]
    due_at: datetime | None
    expires_at: datetime | None
    allow_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class ReviewedPlan:
    """What was agreed to: these firings, to these destinations, by this ledger. `path` are the definitions."""

    path: str
    ledger: str | None
    destinations: Mapping[str, Destination]
    to_send: tuple[ReviewedFiring, ...]

    @property
    def keys(self) -> frozenset[FiringKey]:
        """The firings that it sends."""
        return frozenset(each.key for each in self.to_send)


def firings_for(reviewed: ReviewedPlan, definitions: Definitions, now: datetime) -> Iterator[Firing]:
    """The firings of the set that a reviewed plan is about, as far as they are still defined.

    Of a bulletin that recurs also what may go beside them at `now`: that can mean that they do not go any more.
    """
    wanted: dict[str, list[FiringKey]] = {}
    for key in reviewed.keys:
        wanted.setdefault(key.bulletin, []).append(key)
    for bulletin in definitions.bulletins:
        keys = wanted.get(bulletin.id, ())
        accounts = tuple(name for name in bulletin.accounts if any(key.account == name for key in keys))
        if accounts:
            here = replace(bulletin, accounts=accounts)
            found = {each.name: each for each in occurrences(here, now)}
            for name in sorted({key.occurrence for key in keys} - found.keys()):
                if earlier := occurrence_named(here, name):
                    found[name] = earlier
            yield from firings_of(here, found.values())


def only_reviewed(reviewed: ReviewedPlan, plan: Plan) -> Plan:
    """The steps of the plan that were reviewed. It settles nothing: what else it would tell is not in it."""
    steps = tuple(step for step in plan.steps if step.firing.key in reviewed.keys)
    return replace(plan, steps=steps, settled={})


def moved(reviewed: ReviewedPlan, plan: Plan, accounts: Mapping[str, Account], ledger_id: str | None) -> list[str]:
    """What differs now from what was reviewed, a line for each; empty where all of it can be sent as it was reviewed.

    `plan` holds those firings of the set whose keys are in `reviewed.keys`.
    """
    lines = []
    if reviewed.ledger is None:
        lines.append("it was made without a ledger, so nobody knew what had been sent")
    elif reviewed.ledger != ledger_id:
        here = f"this is {ledger_id}" if ledger_id else "there is none here"
        lines.append(f"it was made with the ledger {reviewed.ledger}, and {here}")
    for name, destination in reviewed.destinations.items():
        lines += _moved_account(name, destination, accounts.get(name))
    steps = {step.firing.key: step for step in plan.steps}
    for each in reviewed.to_send:
        lines += [f"{_named(each.key)}: {what}" for what in _moved_firing(each, steps.get(each.key))]
    return lines


def _moved_account(name: str, before: Destination, account: Account | None) -> Iterator[str]:
    if account is None:
        yield f"the account {name} is not defined any more"
        return
    now = Destination.of(account)
    if now.base_url != before.base_url:
        yield f"the account {name} was at {before.base_url}, and is at {now.base_url} now"
    if replace(now, base_url=before.base_url) != before:
        yield f"the credentials of the account {name} are taken from elsewhere now"


def _moved_firing(before: ReviewedFiring, step: Step | None) -> Iterator[str]:
    if step is None:
        yield f"it is not defined any more as {before.key.occurrence}: it was removed, or has another revision"
        return
    if step.firing.fingerprint != before.fingerprint:
        old = definition(dict(before.payload), before.due_at)
        for change in changes(old, step.firing.definition):
            yield f"{change.field} was {_shown(change.old)}, and is {_shown(change.new)} now"
    elif step.firing.occurrence.expires_at != before.expires_at:
        until = step.firing.occurrence.expires_at
        yield f"it could be sent until {_until(before.expires_at)}, and now until {_until(until)}"
    if step.firing.bulletin.allow_duplicate is not before.allow_duplicate:
        yield f"allow_duplicate is {str(step.firing.bulletin.allow_duplicate).lower()} now"
    if not step.action.sends:
        yield f"{step.action.value} now: {step.reason}"


def _named(key: FiringKey) -> str:
    return f"{key.bulletin} in {key.account}" + ("" if key.occurrence == "r1" else f" ({key.occurrence})")


def _shown(value: str | None) -> str:
    return "nothing" if value is None else repr(value)


def _until(at: datetime | None) -> str:
    return "any time" if at is None else moment(at)
