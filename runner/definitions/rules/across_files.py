"""Rules across entries and files: known accounts, the catalog; and the rules of the other modules here.

Pure functions: the `SetContents` of a whole set come in, findings go out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from runner.definitions.building.set_contents import SetContents
from runner.definitions.model import Bulletin, BusinessEvent, Recurrence
from runner.definitions.problem import MAX_PROBLEMS, Finding, dotted
from runner.definitions.problem_codes import Code
from runner.definitions.rules import (
    account_identities,
    budget_rules,
    catalog_names,
    duplicates,
    property_values,
    schema_cost,
)
from runner.definitions.rules.bulletin_finding import about_bulletin
from runner.definitions.rules.occurrence_samples import sampled
from runner.definitions.schema.schemas import UnusableSchema, fast_validator, is_valid
from runner.definitions.suggest import did_you_mean, listed, quoted

if TYPE_CHECKING:
    import jsonschema_rs

_Validators = dict[str, dict[str, "jsonschema_rs.Validator"]]  # event -> property -> its compiled schema


class _Hints(dict[tuple[str, ...], str]):
    """A cache of "did you mean" hints. Each is computed once, and only as many as can be shown.

    Computing a hint is slow, and thousands of rows may be wrong.
    """

    def of(self, wrong: tuple[str, ...], make: Callable[[], str]) -> str:
        """Return the hint about `wrong`; empty if there are too many hints already."""
        if wrong not in self and len(self) < MAX_PROBLEMS:
            self[wrong] = make()
        return self.get(wrong, "")


def check(parts: SetContents, *, whole: bool) -> Iterator[Finding]:
    """Yield all findings about the set. `whole` is false if a file could not be read: it may define any name."""
    yield from duplicates.check_names("account", "accounts", parts.accounts)
    yield from account_identities.check(parts.accounts)
    yield from duplicates.check_names("business event", "business_events", parts.events)
    yield from catalog_names.check(parts.events)
    yield from duplicates.check_ids(parts.bulletins)
    hints = _Hints()
    yield from _accounts(parts, whole, hints)
    yield from budget_rules.check(parts, whole=whole)
    validators: _Validators = {}
    for event in parts.events:
        yield from _catalog_schemas(event, validators)
    if parts.has_catalog:
        yield from _catalog(parts, validators, whole, hints)
    yield from duplicates.check_payloads(parts.bulletins)


def with_accounts(parts: SetContents) -> SetContents:
    """Fill in the account of bulletins that name none, if the set has only one account."""
    names = {account.name for account in parts.accounts} | parts.broken_accounts
    if len(names) == 1:
        only = tuple(names)
        parts.bulletins = [
            bulletin if bulletin.accounts else replace(bulletin, accounts=only) for bulletin in parts.bulletins
        ]
    return parts


def _accounts(parts: SetContents, whole: bool, hints: _Hints) -> Iterator[Finding]:
    known = sorted({account.name for account in parts.accounts} | parts.broken_accounts)
    names = set(known)
    if not whole and not known:
        return
    for bulletin in parts.bulletins:
        if not bulletin.accounts and whole:
            found = f"the set defines {listed(known)}" if known else "the set defines no account"
            nothing_known = "Add a file with accounts to the set, or give the whole folder in place of one file."
            hint = f"Add accounts: [{known[0]}]." if known else nothing_known
            message = f"the bulletin names no account, and {found}"
            yield about_bulletin(bulletin, (), Code.ACCOUNT_NEEDED, message, hint)
        for number, name in enumerate(bulletin.accounts):
            if name not in names and whole:
                message = f"{quoted(name)} is not an account of this set"
                hint = hints.of(("account", name), partial(_meant, name, known))
                yield about_bulletin(bulletin, ("accounts", number), Code.UNKNOWN_ACCOUNT, message, hint)


def _meant(name: str, known: Sequence[str]) -> str:
    return did_you_mean(name, known) or (f"Known: {listed(known)}." if known else "Define it in a file of the set.")


def _catalog_schemas(event: BusinessEvent, validators: _Validators) -> Iterator[Finding]:
    compiled = validators.setdefault(event.name, {})
    for name, schema in (event.properties or {}).items():
        try:
            if reason := schema_cost.fault(schema):
                raise UnusableSchema(reason, ())
            compiled[name] = fast_validator({} if schema is None else schema)
        except UnusableSchema as error:
            path = ("business_events", event.name, "properties", name, *error.path)
            message = f"the schema of {name} can't be used: {str(error)[:300]}"
            hint = "Write a JSON Schema 2020-12 for a text."
            if error.path:
                message = f"the {dotted(error.path)} of {name} is not valid JSON Schema 2020-12"
            if error.path[-1:] == ("pattern",):
                hint = "Close all brackets of the pattern, and do not use (?=, (?!, (?<=, (?<! or \\1 in it."
            yield Finding(Code.CATALOG_SCHEMA, event.place.file, path, message, hint)


def _catalog(parts: SetContents, validators: _Validators, whole: bool, hints: _Hints) -> Iterator[Finding]:
    events = {event.name: event for event in parts.events}
    known = sorted(events)
    for bulletin in parts.bulletins:
        event = events.get(bulletin.business_event)
        if event is not None:
            yield from _properties(bulletin, event, validators[event.name], hints)
        elif whole and bulletin.business_event not in parts.broken_events:
            message = f"{bulletin.business_event!r} is not in the catalog of business events"
            hint = hints.of(("event", bulletin.business_event), partial(_meant, bulletin.business_event, known))
            yield about_bulletin(bulletin, ("business_event",), Code.UNKNOWN_EVENT, message, hint)


def _properties(
    bulletin: Bulletin, event: BusinessEvent, validators: Mapping[str, jsonschema_rs.Validator], hints: _Hints
) -> Iterator[Finding]:
    for name in event.required:
        if name not in bulletin.properties:
            message = f"properties has no {name}, which {event.name} requires"
            yield about_bulletin(
                bulletin,
                ("properties",),
                Code.PROPERTY_MISSING,
                message,
                property_values.addition(name, event.properties),
            )
    for name, value in bulletin.properties.items():
        path = ("properties", name)
        validator = validators.get(name)
        if validator is not None and (bad := _not_allowed(bulletin, value, validator)) is not None:
            message = f"properties.{name} is {quoted(bad) if bad else 'empty'}, which the catalog does not allow"
            message += "" if bad == value else f"; {quoted(value)} is filled in like this"
            made = partial(property_values.hint, (event.properties or {})[name], bad, validator)
            hint = hints.of(("value", event.name, name, bad), made)
            yield about_bulletin(bulletin, path, Code.PROPERTY_VALUE, message, hint)
        elif event.properties is not None and name not in event.properties and name not in event.required:
            hint = hints.of(("property", event.name, name), partial(_meant_property, name, event))
            message = f"{event.name} has no property {name!r} in the catalog"
            yield about_bulletin(bulletin, path, Code.PROPERTY_UNKNOWN, message, hint, at_key=True)


def _meant_property(name: str, event: BusinessEvent) -> str:
    return _meant(name, list(dict.fromkeys((*(event.properties or ()), *event.required))))


def _not_allowed(bulletin: Bulletin, value: str, validator: jsonschema_rs.Validator) -> str | None:
    """Return the value that is not allowed, filled in for an occurrence if the schedule is recurring, or None."""
    schedule = bulletin.schedule
    texts = sampled(value, schedule) if isinstance(schedule, Recurrence) else (value,)
    return next((text for text in texts if not is_valid(validator, text)), None)
