"""The guards before a run sends anything, for the accounts that its plan needs.

In: the request, the set, the plan and the open ledger. Out: the needed accounts with their credentials, or a UserError.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from runner.errors import UserError
from runner.jobs.firing.request import FireRequest
from runner.jobs.firing.set_to_fire import SetToFire

if TYPE_CHECKING:
    from runner.definitions.model import Account, Definitions
    from runner.fire.api.credentials import Credentials
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan

SANDBOX_LATENCY_S = 0.05


def check_guards(
    request: FireRequest, set_to_fire: SetToFire, plan: Plan, ledger: Ledger, stack: ExitStack
) -> tuple[dict[str, Account], dict[str, Credentials]]:
    """Check every guard; return the needed accounts and their credentials. Raises UserError.

    For the sandbox, it is started until the end of `stack`, and takes the place of the accounts.
    """
    from runner.fire.api.credentials import check_hosts, load_credentials, read_credentials
    from runner.fire.guard import accounts_needed, check_identities, check_ledger_pins, check_maximum

    accounts = set_to_fire.loaded.accounts
    try:
        check_maximum(plan, request.maximum, is_reviewed=set_to_fire.reviewed is not None)
    except UserError:
        _record_due_occurrences(plan, ledger)
        raise
    needed = accounts_needed(plan, accounts)
    if request.ledger.is_sandbox:
        return _sandboxed(set_to_fire.definitions, needed, stack)
    check_ledger_pins(needed, ledger.id, ledger.place)
    check_hosts(needed, request.allowed_hosts)
    readings = read_credentials(accounts.values() if needed else (), os.environ)
    credentials = load_credentials(readings, needed, os.environ)
    check_identities(readings)
    return {account.name: account for account in needed}, credentials


def _record_due_occurrences(plan: Plan, ledger: Ledger) -> None:
    """Record that a run saw the due occurrences in time, although it was refused: `catch_up: none` counts that."""
    from runner.plan.missed import watches_to_record

    unreported = {step.firing.watch_key for step in plan.newly_expired}
    with suppress(UserError):  # the refusal is what matters
        ledger.watch(
            watches_to_record(plan, {key: at for key, at in plan.settled_until.items() if key not in unreported})
        )


def _sandboxed(
    definitions: Definitions, needed: list[Account], stack: ExitStack
) -> tuple[dict[str, Account], dict[str, Credentials]]:
    from runner.fire.api.credentials import Credentials
    from runner.sandbox.server import Sandbox

    events = {event.name: event.required for event in definitions.events.values()}
    sandbox = stack.enter_context(Sandbox(latency_s=SANDBOX_LATENCY_S, events=events or None))
    accounts = {account.name: replace(account, base_url=sandbox.base_url) for account in needed}
    return accounts, {name: Credentials(f"sandbox-{name}", "sandbox") for name in accounts}
