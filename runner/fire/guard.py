"""What must hold before anything is sent: functions that raise UserError, with exit code 5, and name the way out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from runner.definitions import regions
from runner.definitions.model import Account
from runner.errors import UserError
from runner.fire.api.credentials import Reading
from runner.plan.decide import Action, Plan

# A firing that waits will be sent by a later run of the same job: what it needs had better be there now.
_NEEDS_ACCOUNT = (Action.FIRE, Action.RETRY, Action.WAIT)


def accounts_needed(plan: Plan, accounts: Mapping[str, Account]) -> list[Account]:
    """The accounts that the plan sends to, now or later."""
    names = {step.firing.key.account for step in plan.steps if step.action in _NEEDS_ACCOUNT}
    return [account for name, account in accounts.items() if name in names]


def check_maximum(plan: Plan, maximum: int, *, is_reviewed: bool = False) -> None:
    """Refuses a run that would send more than `maximum`; what was reviewed is sent whole or not at all."""
    if (count := len(plan.to_send)) > maximum:
        otherwise = "make a smaller plan" if is_reviewed else "narrow the selection"
        raise UserError(
            f"{count:,} firings would be sent, and --max allows {maximum:,}",
            help=f"If all of them are meant, run again with --max {count}; else {otherwise}.",
        )


def check_ledger_pins(accounts: Iterable[Account], ledger_id: str, place: str) -> None:
    """Refuses to fire an account with another ledger than the one it names."""
    for account in accounts:
        if account.ledger is not None and account.ledger != ledger_id:
            raise UserError(
                f"the account {account.name} may only be fired with the ledger {account.ledger},"
                f" and {place} is the ledger {ledger_id}",
                help="Give the right one with --ledger; another would not know what was sent already.",
            )


def check_identities(readings: Sequence[Reading]) -> None:
    """Refuses a set in which two accounts are one CleverTap account, or an account id is somebody's passcode.

    Looks at all accounts of the set whose variables are set here, and quotes no value.
    """
    first: dict[tuple[str, str], Account] = {}
    holders = {reading.passcode: reading.account for reading in readings if reading.passcode}
    for reading in readings:
        account = reading.account
        if not reading.account_id:
            continue
        if holder := holders.get(reading.account_id):
            raise UserError(
                f"the variable {account.account_id_env}, which should hold the account id of {account.name},"
                f" holds the passcode of {holder.name}",
                help=f"Set {account.account_id_env} to the account id, and the passcode in its own place.",
            )
        # Whether the API takes an id in small letters too is not documented: it counts as the same.
        other = first.setdefault((regions.service(account.base_url), reading.account_id.upper()), account)
        if other is not account:
            raise UserError(
                f"the accounts {other.name} and {account.name} are the same CleverTap account: the variables"
                f" {other.account_id_env} and {account.account_id_env} hold the same account id",
                help="Keep one of the two names in the definitions, or set each variable to the id of its own account.",
            )
