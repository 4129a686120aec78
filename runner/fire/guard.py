"""The checks before a run sends anything. Each raises UserError with exit code 5 and states what to do.

They take the plan, the accounts and their credentials, and open no file and no socket.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from runner.definitions import regions
from runner.definitions.model import Account
from runner.errors import ErrorCode, UserError
from runner.fire.api.credentials import Reading
from runner.plan.decide import Action, Plan

# A later run of the same job sends the firings that wait, so their credentials must be set now.
_NEEDS_ACCOUNT = (Action.FIRE, Action.RETRY, Action.WAIT)


def accounts_needed(plan: Plan, accounts: Mapping[str, Account]) -> list[Account]:
    """Return the accounts to which the plan sends a firing, now or later."""
    names = {step.firing.key.account for step in plan.steps if step.action in _NEEDS_ACCOUNT}
    return [account for name, account in accounts.items() if name in names]


def check_maximum(plan: Plan, maximum: int, *, is_reviewed: bool = False) -> None:
    """Refuse a run that would send more than `maximum` firings. A reviewed plan file is sent whole or not at all."""
    if (count := len(plan.to_send)) > maximum:
        otherwise = "make a smaller plan" if is_reviewed else "select fewer bulletins"
        raise UserError(
            ErrorCode.TOO_MANY_FIRINGS,
            f"{count:,} firings would be sent, and --max allows {maximum:,}",
            help=f"If all of them should be sent, run again with --max {count}. Otherwise {otherwise}.",
        )


def check_ledger_pins(accounts: Iterable[Account], ledger_id: str, place: str) -> None:
    """Refuse to send to an account with a ledger other than the one that the account names."""
    for account in accounts:
        if account.ledger is not None and account.ledger != ledger_id:
            raise UserError(
                ErrorCode.WRONG_LEDGER,
                f"the account {account.name} may only be fired with the ledger {account.ledger},"
                f" and {place} is the ledger {ledger_id}",
                help="Name the right ledger with --ledger. No other ledger shows what was sent to this account.",
            )


def check_identities(readings: Sequence[Reading]) -> None:
    """Refuse a set in which two accounts are the same CleverTap account, or an account id is a passcode.

    The rule: one CleverTap account has one name. Under a second name, the ledger would not recognise a firing that was
    sent already. All accounts are checked whose variables are set on this machine. No message quotes a value.
    """
    first: dict[tuple[str, str], Account] = {}
    holders = {reading.passcode: reading.account for reading in readings if reading.passcode}
    for reading in readings:
        account = reading.account
        if not reading.account_id:
            continue
        if holder := holders.get(reading.account_id):
            raise UserError(
                ErrorCode.ACCOUNT_ID_IS_PASSCODE,
                f"the variable {account.account_id_env} should contain the account id of {account.name},"
                f" but contains the passcode of {holder.name}",
                help=f"Set {account.account_id_env} to the account id, and put the passcode in its own place.",
            )
        # Whether the API takes an id in small letters too is not documented: it counts as the same.
        other = first.setdefault((regions.identify_service(account.base_url), reading.account_id.upper()), account)
        if other is not account:
            raise UserError(
                ErrorCode.SAME_ACCOUNT_TWICE,
                f"the accounts {other.name} and {account.name} are the same CleverTap account: the variables"
                f" {other.account_id_env} and {account.account_id_env} contain the same account id",
                help="Keep only one of the two names in the definitions, or set each variable to the id of its own"
                " account.",
            )
