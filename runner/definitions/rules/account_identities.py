"""Which CleverTap accounts the accounts of a set are: each has one name, and its id is no secret. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.definitions import regions
from runner.definitions.model import Account
from runner.definitions.problem import Finding
from runner.definitions.problem_codes import Code
from runner.definitions.schema.credential_fields import VARIABLES

_FIELD = "account_id_env"


def check(accounts: Iterable[Account]) -> Iterator[Finding]:
    """Findings about ids that two accounts share, and about ids in a variable that holds a passcode.

    Under a second name, a CleverTap account would get a bulletin twice, and twice as many requests as it takes.
    """
    accounts = list(accounts)
    yield from _shared_ids(accounts)
    yield from _passcodes_as_ids(accounts)


def _shared_ids(accounts: Iterable[Account]) -> Iterator[Finding]:
    first: dict[tuple[str, str], Account] = {}
    for account in accounts:
        other = first.setdefault((regions.service(account.base_url), account.account_id_env), account)
        if other.name == account.name:
            continue  # the account itself; or a second definition of it, which is a duplicate name
        message = (
            f"{account.name} is the same CleverTap account as {other.name} ({other.place}):"
            f" both have the account_id_env {account.account_id_env}"
        )
        hint = "Keep one of the two names and use it in all bulletins, or name the variable of another account's id."
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
            message = f"the account_id_env of {account.name} is {account.account_id_env}, the passcode_env of {whose}"
            hint = f"Name the variable that holds the account id, like {VARIABLES[_FIELD][1]}."
            yield _at_id(account, Code.ID_IS_PASSCODE, message, hint)


def _at_id(account: Account, code: Code, message: str, hint: str) -> Finding:
    return Finding(code, account.place.file, ("accounts", account.name, _FIELD), message, hint)
