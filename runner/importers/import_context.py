"""Fill in fields that imported bulletins lack: business event, creator, accounts and time zone.

In: the options and the set that the import is for. Out: fields, with a note for every assumption.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from runner.definitions import regions
from runner.definitions.model import Account, Definitions
from runner.definitions.schedules import times
from runner.definitions.sources import Source
from runner.definitions.suggest import did_you_mean, listed
from runner.errors import ErrorCode, Exit, UserError
from runner.importers.draft import Draft

_NO_SET = Definitions({}, {}, (), ())
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ImportContext:
    """The set at `path` with its sources, and the values of the options."""

    path: str
    definitions: Definitions = _NO_SET
    sources: Sequence[Source] = ()
    event: str | None = None
    c_by: str | None = None
    accounts: tuple[str, ...] = ()
    timezone: str | None = None
    literal_braces: bool = False  # placeholders in the input are meant
    now: datetime | None = None  # to warn of times in the past

    def given(self) -> dict[str, str]:
        """Return the fields that options give."""
        said = {"business_event": self.event, "c-by": self.c_by}
        return {name: value for name, value in said.items() if value is not None}

    def account_option(self) -> str:
        """Return the option that is needed to choose an account; empty if it is given, or not needed."""
        accounts = self.definitions.accounts
        return "" if self.accounts or len(accounts) < 2 else f"--account with {listed(accounts, 'or')}"


@dataclass(slots=True)
class ImportNotes:
    """Assumptions to show to the user."""

    texts: list[str] = field(default_factory=list)

    def add(self, text: str) -> None:
        """Add a note, unless it is already there."""
        if text not in self.texts:
            self.texts.append(text)


def filled_in(columns: Sequence[tuple[str | int, ...]], context: ImportContext, notes: ImportNotes) -> dict[str, str]:
    """Return values for missing columns of a table: from the options, or from the set if it leaves one choice."""
    given = context.given()
    properties = {str(column[1]) for column in columns if column[0] == "properties"}
    if "business_event" not in given and ("business_event",) not in columns:
        fitting = list(_fitting_events(properties, context.definitions))
        if len(fitting) == 1:
            given["business_event"] = fitting[0]
            notes.add(f"business_event is {fitting[0]}: no other event of the catalog has these properties")
    if "c-by" not in given and ("c-by",) not in columns:
        creators = {bulletin.c_by for bulletin in context.definitions.bulletins}
        if len(creators) == 1:
            given["c-by"] = creators.pop()
            notes.add(f"c-by is {given['c-by']}, as in every bulletin of {context.path}")
    return given


def _fitting_events(properties: set[str], definitions: Definitions) -> Iterator[str]:
    for event in definitions.events.values():
        taken = properties if event.properties is None else {*event.properties, *event.required}
        if set(event.required) <= properties <= taken:
            yield event.name


def accounts_for(drafts: Iterable[Draft], context: ImportContext, notes: ImportNotes) -> Iterator[tuple[str, ...]]:
    """Return the accounts of each draft; none if the set has only one. Raises UserError if they are unclear."""
    drafts = list(drafts)
    names = list(context.definitions.accounts)
    _check_named(context.accounts, names)
    without = [draft for draft in drafts if "accounts" not in draft.fields]
    meant = {address: _meant(address, notes) for address in dict.fromkeys(draft.base_url for draft in without)}
    addresses = list(dict.fromkeys(meant.values()))
    chosen = {address: context.accounts or _chosen(address, addresses, context, notes) for address in addresses}
    for draft in drafts:
        yield tuple(draft.fields["accounts"]) if "accounts" in draft.fields else chosen[meant[draft.base_url]]


def zone_for(
    fields: Mapping[str, Any], accounts: Sequence[str], context: ImportContext, notes: ImportNotes
) -> str | None:
    """Return the time zone of a draft that has none: the common zone of its accounts.

    None if its times need no zone, or if the accounts have no common zone.
    """
    schedule = fields.get("schedule", {})
    local = [name for name in ("at", "starts", "ends") if times.is_local(schedule.get(name))]
    if "timezone" in schedule or not (local or "cron" in schedule):
        return None
    if context.timezone is not None:
        return context.timezone
    defined = context.definitions.accounts
    names = accounts or list(defined)
    zones = {_zone(defined[name]) if name in defined else None for name in names}
    zone = zones.pop() if len(zones) == 1 else None
    if zone is not None:
        notes.add(f"times without an offset are local times of {zone}, the time zone of {listed(names)}")
    return zone


def lacks_zone(fields: Mapping[str, Any], context: ImportContext) -> bool:
    """Report whether a draft has local times or a cron, and no zone: not its own, of an option, or of its accounts."""
    schedule = fields.get("schedule", {})
    is_local = "cron" in schedule or any(times.is_local(schedule.get(name)) for name in ("at", "starts", "ends"))
    accounts = fields.get("accounts") or context.accounts
    return is_local and "timezone" not in schedule and zone_for(fields, accounts, context, ImportNotes()) is None


def _zone(account: Account) -> str | None:
    return account.timezone or regions.TIMEZONES.get(account.region or "")


def _meant(address: str | None, notes: ImportNotes) -> str | None:
    """Return the address; for CleverTap's own hosts always with https."""
    host = regions.usual_host(urlsplit(address).hostname or "") if address is not None else None
    if host not in regions.HOSTS.values():
        return address
    if urlsplit(address).scheme != "https":
        notes.add(f"calls go to {address}, which does not begin with https://; the account uses https")
    return f"https://{host}"


def _check_named(wanted: Sequence[str], names: Sequence[str]) -> None:
    for name in wanted:
        if names and name not in names:
            help_ = did_you_mean(name, names) or f"Known: {listed(names)}."
            raise UserError(
                ErrorCode.NO_SUCH_ACCOUNT,
                f"the set defines no account {name}, which --account gives",
                help=help_,
                exit_code=Exit.USAGE,
            )


def _chosen(
    address: str | None, addresses: Sequence[str | None], context: ImportContext, notes: ImportNotes
) -> tuple[str, ...]:
    accounts = context.definitions.accounts
    if not accounts:
        if len(addresses) > 1:
            message = f"the calls go to {listed(map(str, addresses))}, but {context.path} defines no accounts for them"
            raise UserError(
                ErrorCode.ACCOUNT_UNCLEAR,
                message,
                help="Define the accounts there, or import each address separately.",
                exit_code=Exit.USAGE,
            )
        why = f"because {context.path} defines none: they are needed unless it defines exactly one"
        notes.add(f"accounts were left out, {why}")
        return ()
    if address is None:
        if len(accounts) > 1:
            raise _which(f"the set defines {listed(accounts)}, and it is unclear which account is meant", accounts)
        notes.add("accounts were left out, because the set defines exactly one")
        return ()
    matching = [account.name for account in accounts.values() if _host(account.base_url) == _host(address)]
    if len(matching) == 1:
        notes.add(f"accounts are {matching[0]}, because the calls go to {address}")
        return (matching[0],)
    if matching:
        raise _which(f"the calls go to {address}, which serves {listed(matching)}", accounts)
    region = next((code for code, host in regions.HOSTS.items() if host == urlsplit(address).hostname), None)
    more = f" (region {region})" if region else ""
    raise _which(f"the calls go to {address}{more}, but no account of the set uses this address", accounts)


def _which(message: str, accounts: Mapping[str, Account]) -> UserError:
    help_ = f"Give --account with {listed(accounts, 'or')}, or define the account that is meant."
    return UserError(ErrorCode.ACCOUNT_UNCLEAR, message, help=help_, exit_code=Exit.USAGE)


def _host(address: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(address)
        return regions.usual_host(parts.hostname or ""), parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", None
