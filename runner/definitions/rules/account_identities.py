"""Check that no CleverTap account has two names, and that no account id is a passcode. Pure functions.

The ledger knows an account by its name. If one CleverTap account had two names, its people could get a bulletin
twice. Two accounts are the same if `regions.identify_service` and `account_id_env` are equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.definitions import regions
from runner.definitions.model import Account
from runner.definitions.problem import Finding
from runner.definitions.problem_codes import Code
from runner.definitions.schema.credential_fields import VARIABLES

_FIELD = "account_id_env"


def check(accounts: Iterable[Account]) -> Iterator[Finding]:
    """Yield findings about accounts with the same id, and about ids read from the variable of a passcode."""
    accounts = list(accounts)
    yield from _shared_ids(accounts)
    yield from _passcodes_as_ids(accounts)


def _shared_ids(accounts: Iterable[Account]) -> Iterator[Finding]:
    first: dict[tuple[str, str], Account] = {}
    for account in accounts:
        other = first.setdefault((regions.identify_service(account.base_url), account.account_id_env), account)
        if other.name == account.name:
            continue  # the same account, or a second definition of its name, which another rule reports
        message = (
            f"{account.name} is the same CleverTap account as {other.name} ({other.place}):"
            f" both have account_id_env: {account.account_id_env}"
        )
        hint = "Keep one name and use it in all bulletins. If they are two accounts, name two variables."
        yield _at_id(account, Code.DUPLICATE_ACCOUNT, message, hint)


def _passcodes_as_ids(accounts: Iterable[Account]) -> Iterator[Finding]:
    holders: dict[str, Account] = {}
    for account in accounts:
        if account.passcode_env is not None:
            holders.setdefault(account.passcode_env, account)
    for account in accounts:
        holder = holders.get(account.account_id_env)
        if holder is not None:
            whose = "the same account" if holder.name == account.name else f"{holder.name} ({holder.place})"
            message = f"account_id_env of {account.name} is {account.account_id_env}, the passcode_env of {whose}"
            hint = f"Write the name of the variable that contains the account id, like {VARIABLES[_FIELD][1]}."
            yield _at_id(account, Code.ID_IS_PASSCODE, message, hint)


def _at_id(account: Account, code: Code, message: str, hint: str) -> Finding:
    return Finding(code, account.place.file, ("accounts", account.name, _FIELD), message, hint)
