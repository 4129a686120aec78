"""Check the budgets of accounts: their events are in the catalog, and `per_hour` is at most `per_day`.

Pure functions: the `SetContents` of a set come in, findings go out.
"""

from __future__ import annotations

from collections.abc import Iterator

from runner.definitions.building.set_contents import SetContents
from runner.definitions.model import Account, Budget
from runner.definitions.problem import Finding, Path, dotted
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import did_you_mean, listed, quoted


def check(parts: SetContents, *, whole: bool) -> Iterator[Finding]:
    """Yield all findings about the budgets of accounts. `whole` is false if a file could not be read."""
    known = {event.name for event in parts.events}
    for account in parts.accounts:
        path: Path = ("accounts", account.name, "budget")
        yield from _hour_and_day(account, account.budget, path)
        for event, budget in account.event_budgets.items():
            yield from _hour_and_day(account, budget, (*path, "events", event))
            if whole and parts.has_catalog and event not in known | parts.broken_events:
                yield _unknown(account, event, sorted(known))


def _hour_and_day(account: Account, budget: Budget, path: Path) -> Iterator[Finding]:
    per_hour, per_day = budget.per_hour, budget.per_day
    if per_hour is not None and per_day is not None and per_hour > per_day:
        message = f"{dotted(path)} allows {per_hour} bulletins in an hour, but only {per_day} in a day"
        hint = f"Write {per_day} or less as per_hour, or remove per_hour."
        yield Finding(Code.NOT_ALLOWED, account.place.file, (*path, "per_hour"), message, hint)


def _unknown(account: Account, event: str, known: list[str]) -> Finding:
    message = f"{quoted(event)} is not in the catalog of business events, so its budget would have no effect"
    hint = did_you_mean(event, known) or (f"Known: {listed(known)}." if known else "Define it in a file of the set.")
    path = ("accounts", account.name, "budget", "events", event)
    return Finding(Code.UNKNOWN_EVENT, account.place.file, path, message, hint, at_key=True)
