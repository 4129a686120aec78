"""The reviewed plan: compare a plan that a person approved with the plan of now. Pure.

In: the reviewed plan, the definitions, the plan of now, the id of the ledger. Out: the steps to send, or the
differences. Exactly the reviewed firings are sent, or nothing. Changes to other firings don't matter.
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
from runner.plan.time_text import utc_text


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the requests of an account go, and the names of the variables or file with its credentials.

    The credentials themselves are unknown where plans are made, so they are not part of a review.
    """

    base_url: str
    account_id_env: str
    passcode_env: str | None
    passcode_file: str | None

    @staticmethod
    def of(account: Account) -> Destination:
        """Return the destination of an account."""
        return Destination(account.base_url, account.account_id_env, account.passcode_env, account.passcode_file)


@dataclass(frozen=True, slots=True)
class ReviewedFiring:
    """A firing to send, as it was reviewed."""

    key: FiringKey
    fingerprint: str
    payload: Mapping[str, Any]
    due_at: datetime | None
    expires_at: datetime | None
    allow_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class ReviewedPlan:
    """The approved plan: the firings to send, their destinations, the ledger's id, and the path of the definitions."""

    path: str
    ledger: str | None
    destinations: Mapping[str, Destination]
    to_send: tuple[ReviewedFiring, ...]

    @property
    def keys(self) -> frozenset[FiringKey]:
        """The keys of the firings to send."""
        return frozenset(each.key for each in self.to_send)


def firings_for(reviewed: ReviewedPlan, definitions: Definitions, now: datetime) -> Iterator[Firing]:
    """Yield the firings of a reviewed plan, as far as they are still defined in the set.

    For a recurring bulletin, its other occurrences around `now` are included, because they can replace a reviewed one.
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
    """Return the plan with the reviewed steps only. It settles no bulletin, because other steps are left out."""
    steps = tuple(step for step in plan.steps if step.firing.key in reviewed.keys)
    return replace(plan, steps=steps, settled_until={})


def differences(
    reviewed: ReviewedPlan, plan: Plan, accounts: Mapping[str, Account], ledger_id: str | None
) -> list[str]:
    """Return the differences between the reviewed plan and now, one line each; empty if it can be sent as reviewed.

    `plan` holds the firings of the set whose keys are in `reviewed.keys`.
    """
    lines = []
    if reviewed.ledger is None:
        lines.append("it was made without a ledger, so it could not know what had been sent before")
    elif reviewed.ledger != ledger_id:
        here = f"the ledger used now is {ledger_id}" if ledger_id else "no ledger exists here"
        lines.append(f"it was made with the ledger {reviewed.ledger}, but {here}")
    for name, destination in reviewed.destinations.items():
        lines += _account_differences(name, destination, accounts.get(name))
    steps = {step.firing.key: step for step in plan.steps}
    for each in reviewed.to_send:
        lines += [f"{_named(each.key)}: {what}" for what in _firing_differences(each, steps.get(each.key))]
    return lines


def _account_differences(name: str, before: Destination, account: Account | None) -> Iterator[str]:
    if account is None:
        yield f"the account {name} is no longer defined"
        return
    now = Destination.of(account)
    if now.base_url != before.base_url:
        yield f"the URL of the account {name} was {before.base_url}, and is now {now.base_url}"
    if replace(now, base_url=before.base_url) != before:
        yield f"the credentials of the account {name} now come from another variable or file"


def _firing_differences(before: ReviewedFiring, step: Step | None) -> Iterator[str]:
    if step is None:
        yield "it is no longer defined: it was removed, or its schedule or revision was changed"
        return
    if step.firing.fingerprint != before.fingerprint:
        old = definition(dict(before.payload), before.due_at)
        for change in changes(old, step.firing.definition):
            yield f"{change.field} was {_shown(change.old)}, and is now {_shown(change.new)}"
    elif step.firing.occurrence.expires_at != before.expires_at:
        until = step.firing.occurrence.expires_at
        yield f"it could be sent until {_until(before.expires_at)}, and can now be sent until {_until(until)}"
    if step.firing.bulletin.allow_duplicate is not before.allow_duplicate:
        yield f"allow_duplicate is now {str(step.firing.bulletin.allow_duplicate).lower()}"
    if not step.action.sends:
        yield f"its action is now {step.action.value}: {step.reason}"


def _named(key: FiringKey) -> str:
    return f"{key.bulletin} in {key.account}" + ("" if key.occurrence == "r1" else f" ({key.occurrence})")


def _shown(value: str | None) -> str:
    return "nothing" if value is None else repr(value)


def _until(at: datetime | None) -> str:
    return "any time" if at is None else utc_text(at)
