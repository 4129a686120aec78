"""Rules across entries and files: unique ids and names, known accounts, the catalog, duplicate payloads.

Pure functions: the `Parts` of a whole set come in, findings go out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from runner.definitions.building.parts import Parts
from runner.definitions.model import Account, Bulletin, BusinessEvent, Place, Recurrence, Schedule
from runner.definitions.problem import MAX_PROBLEMS, Finding, dotted
from runner.definitions.problem_codes import Code
from runner.definitions.rules import account_identities, budget_rules, property_values, schema_cost
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


def check(parts: Parts, *, whole: bool) -> Iterator[Finding]:
    """Yield all findings about the set. `whole` is false if a file could not be read: it may define any name."""
    yield from _duplicate_names("account", "accounts", parts.accounts)
    yield from account_identities.check(parts.accounts)
    yield from _duplicate_names("business event", "business_events", parts.events)
    yield from _duplicate_ids(parts.bulletins)
    hints = _Hints()
    yield from _accounts(parts, whole, hints)
    yield from budget_rules.check(parts, whole=whole)
    validators: _Validators = {}
    for event in parts.events:
        yield from _catalog_schemas(event, validators)
    if parts.has_catalog:
        yield from _catalog(parts, validators, whole, hints)
    yield from _duplicate_payloads(parts.bulletins)


def with_accounts(parts: Parts) -> Parts:
    """Fill in the account of bulletins that name none, if the set has only one account."""
    names = {account.name for account in parts.accounts} | parts.broken_accounts
    if len(names) == 1:
        only = tuple(names)
        parts.bulletins = [
            bulletin if bulletin.accounts else replace(bulletin, accounts=only) for bulletin in parts.bulletins
        ]
    return parts


def _about(
    bulletin: Bulletin, path: tuple[str | int, ...], code: Code, message: str, hint: str, *, at_key: bool = False
) -> Finding:
    place = bulletin.place
    return Finding(code, place.file, ("bulletins", place.entry, *path), message, hint, at_key, place.row)


def _duplicate_names(what: str, kind: str, entries: Iterable[Account] | Iterable[BusinessEvent]) -> Iterator[Finding]:
    first: dict[str, Place] = {}
    for entry in entries:
        if entry.name in first:
            message = f"the {what} {entry.name!r} is already defined at {first[entry.name]}"
            path = (kind, entry.name)
            yield Finding(
                Code.DUPLICATE_NAME, entry.place.file, path, message, "Remove or rename one of the two.", True
            )
        first.setdefault(entry.name, entry.place)


def _duplicate_ids(bulletins: Iterable[Bulletin]) -> Iterator[Finding]:
    first: dict[str, Place] = {}
    for bulletin in bulletins:
        if bulletin.id in first:
            message = f"the id {bulletin.id!r} is already used at {first[bulletin.id]}"
            hint = "Give this one an id of its own; to send the same bulletin again, raise its revision."
            if bulletin.place.row:
                hint = "Add a column to the id that differs between these rows."
            yield _about(bulletin, ("id",), Code.DUPLICATE_ID, message, hint)
        first.setdefault(bulletin.id, bulletin.place)


def _accounts(parts: Parts, whole: bool, hints: _Hints) -> Iterator[Finding]:
    known = sorted({account.name for account in parts.accounts} | parts.broken_accounts)
    names = set(known)
    if not whole and not known:
        return
    for bulletin in parts.bulletins:
        if not bulletin.accounts and whole:
            found = f"the set defines {listed(known)}" if known else "the set defines no account"
            hint = f"Add accounts: [{known[0]}]." if known else "Add a file with accounts to the set."
            message = f"the bulletin names no account, and {found}"
            yield _about(bulletin, (), Code.ACCOUNT_NEEDED, message, hint)
        for number, name in enumerate(bulletin.accounts):
            if name not in names and whole:
                message = f"{quoted(name)} is not an account of this set"
                hint = hints.of(("account", name), partial(_meant, name, known))
                yield _about(bulletin, ("accounts", number), Code.UNKNOWN_ACCOUNT, message, hint)


def _meant(name: str, known: Sequence[str]) -> str:
    return did_you_mean(name, known) or (f"Known: {listed(known)}." if known else "Define it.")


def _catalog_schemas(event: BusinessEvent, validators: _Validators) -> Iterator[Finding]:
    compiled = validators.setdefault(event.name, {})
    for name, schema in (event.properties or {}).items():
        try:
            if reason := schema_cost.fault(schema):
                raise UnusableSchema(reason, ())
            compiled[name] = fast_validator({} if schema is None else schema)
        except UnusableSchema as error:
            path = ("business_events", event.name, "properties", name, *error.path)
            message = f"the schema of {name} cannot be used: {str(error)[:300]}"
            hint = "Write a JSON Schema 2020-12 for a string."
            if error.path:
                message = f"the {dotted(error.path)} of {name} is not what JSON Schema 2020-12 takes there"
            if error.path[-1:] == ("pattern",):
                hint = "Write a regular expression that matches in linear time: no look-around, no back-reference."
            yield Finding(Code.CATALOG_SCHEMA, event.place.file, path, message, hint)


def _catalog(parts: Parts, validators: _Validators, whole: bool, hints: _Hints) -> Iterator[Finding]:
    events = {event.name: event for event in parts.events}
    known = sorted(events)
    for bulletin in parts.bulletins:
        event = events.get(bulletin.business_event)
        if event is not None:
            yield from _properties(bulletin, event, validators[event.name], hints)
        elif whole and bulletin.business_event not in parts.broken_events:
            message = f"{bulletin.business_event!r} is not in the catalog of business events"
            hint = hints.of(("event", bulletin.business_event), partial(_meant, bulletin.business_event, known))
            yield _about(bulletin, ("business_event",), Code.UNKNOWN_EVENT, message, hint)


def _properties(
    bulletin: Bulletin, event: BusinessEvent, validators: Mapping[str, jsonschema_rs.Validator], hints: _Hints
) -> Iterator[Finding]:
    for name in event.required:
        if name not in bulletin.properties:
            message = f"properties has no {name}, which {event.name} requires"
            yield _about(bulletin, ("properties",), Code.PROPERTY_MISSING, message, f"Add {name}.")
    for name, value in bulletin.properties.items():
        path = ("properties", name)
        validator = validators.get(name)
        if validator is not None and (bad := _not_allowed(bulletin, value, validator)) is not None:
            message = f"properties.{name} is {quoted(bad)}, which the catalog does not allow"
            message += "" if bad == value else f"; {quoted(value)} is filled in like this"
            made = partial(property_values.hint, (event.properties or {})[name], bad, validator)
            hint = hints.of(("value", event.name, name, bad), made)
            yield _about(bulletin, path, Code.PROPERTY_VALUE, message, hint)
        elif event.properties is not None and name not in event.properties and name not in event.required:
            hint = hints.of(("property", event.name, name), partial(_meant_property, name, event))
            message = f"{event.name} has no property {name!r} in the catalog"
            yield _about(bulletin, path, Code.PROPERTY_UNKNOWN, message, hint, at_key=True)


def _meant_property(name: str, event: BusinessEvent) -> str:
    return _meant(name, list(dict.fromkeys((*(event.properties or ()), *event.required))))


def _not_allowed(bulletin: Bulletin, value: str, validator: jsonschema_rs.Validator) -> str | None:
    """Return the value that is not allowed, filled in for an occurrence if the schedule is recurring, or None."""
    schedule = bulletin.schedule
    texts = sampled(value, schedule) if isinstance(schedule, Recurrence) else (value,)
    return next((text for text in texts if not is_valid(validator, text)), None)


def _times(schedule: Schedule | Recurrence | None) -> Hashable:
    """Return a key that is equal for two bulletins that are due at the same times."""
    match schedule:
        case Recurrence(cron, timezone, _, starts, ends):
            return cron.upper(), timezone, starts, ends
        case Schedule(at):
            return at
        case _:
            return None


def _duplicate_payloads(bulletins: Iterable[Bulletin]) -> Iterator[Finding]:
    first: dict[Hashable, Bulletin] = {}
    checked = [bulletin for bulletin in bulletins if bulletin.enabled and not bulletin.allow_duplicate]
    # Most bulletins of a large set share name and time with no other. Their whole payloads need not be compared.
    names = Counter((bulletin.name, _times(bulletin.schedule)) for bulletin in checked)
    for bulletin in checked:
        if names[bulletin.name, _times(bulletin.schedule)] == 1:
            continue
        content = bulletin.payload_key(), _times(bulletin.schedule)
        for account in bulletin.accounts:
            other = first.setdefault((account, content), bulletin)
            if other is bulletin or other.id == bulletin.id:
                continue
            message = f"{other.id} ({other.place}) sends the same content to {account} at the same time"
            hint = "Change one of the two, remove it, or add allow_duplicate: true."
            yield _about(bulletin, (), Code.DUPLICATE_PAYLOAD, message, hint)
            break
