"""Accounts and business events: the valid fields of one of them → the value. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.definitions import regions
from runner.definitions.model import MAX_CONCURRENCY, Account, Budget, BusinessEvent, Place
from runner.definitions.problem import Finding, dotted
from runner.definitions.problem_codes import Code
from runner.definitions.schedules import times
from runner.definitions.schema.credential_fields import is_quotable


def has_good_timezone(name: str, entry: Mapping[str, Any], file: str, findings: list[Finding]) -> bool:
    """Whether the time zone of an account is one; if not, that is added to the findings."""
    try:
        times.zone(entry.get("timezone", "UTC"))
    except times.TimeProblem as error:
        path = ("accounts", name, "timezone")
        is_harmless = is_quotable(path, entry["timezone"])
        message = f"{dotted(path)}: {error.message}" if is_harmless else f"{dotted(path)} is not an IANA time zone"
        findings.append(Finding(Code.BAD_TIME, file, path, message, error.help))
        return False
    return True


def account(name: str, entry: Mapping[str, Any], place: Place) -> Account:
    """The account of that name, from its valid fields."""
    return Account(
        name=name,
        base_url=regions.base_url(entry["region"]) if "region" in entry else entry["base_url"].rstrip("/"),
        account_id_env=entry["account_id_env"],
        passcode_env=entry.get("passcode_env"),
        passcode_file=entry.get("passcode_file"),
        concurrency=int(entry.get("concurrency", MAX_CONCURRENCY)),
        ledger=entry.get("ledger"),
        region=entry.get("region"),
        timezone=entry.get("timezone"),
        budget=_budget(entry.get("budget", {})),
        event_budgets={name: _budget(budget) for name, budget in entry.get("budget", {}).get("events", {}).items()},
        place=place,
    )


def _budget(entry: Mapping[str, Any]) -> Budget:
    return Budget(*(int(entry[name]) if name in entry else None for name in ("per_hour", "per_day")))


def event(name: str, entry: Mapping[str, Any], place: Place) -> BusinessEvent:
    """The business event of that name, from its valid fields."""
    properties = entry.get("properties")
    return BusinessEvent(name, place, tuple(entry.get("required", ())), properties)
