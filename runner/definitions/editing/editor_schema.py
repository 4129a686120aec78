"""A schema narrowed to one set: definitions in, a JSON Schema out that knows their accounts and their catalog.

For editors, which complete and explain by it. It refuses nothing that the set's own check accepts: fields that the
defaults of a file may give are not missed, and texts that hold a template are taken everywhere.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from runner.definitions.editing.editor_schema_events import TEMPLATE, add_events, event_text, one_of_events
from runner.definitions.model import Definitions
from runner.definitions.schedules.zones import names
from runner.definitions.schema.schemas import KINDS, published

Schema = dict[str, Any]

NARROWED = KINDS
_MOST_HINTS = 50


def narrowed(kind: str, definitions: Definitions) -> Schema:
    """The schema of a kind of file, one of `NARROWED`, for this set."""
    whole = published(kind)
    whole.pop("$id", None)  # an editor that knows the general one by its name must not take one for the other
    if kind == "bulletins":
        _narrow_bulletins(whole, definitions)
    elif kind == "accounts":
        _narrow_accounts(whole, definitions)
    return whole


def _narrow_accounts(whole: Schema, definitions: Definitions) -> None:
    whole["$defs"]["editors"]["$defs"]["timezone"] |= _time_zones()
    budgets = whole["$defs"]["account"]["properties"]["budget"]["properties"]["events"]
    budgets["properties"] = {
        event.name: {"description": event_text(event), **copy.deepcopy(budgets["additionalProperties"])}
        for event in definitions.events.values()
    }
    if definitions.events:
        budgets["propertyNames"] = {"enum": list(definitions.events)}


def _time_zones() -> Schema:
    return {
        "enum": sorted(names()),
        "errorMessage": "Write it like Asia/Kolkata or Europe/Berlin.",
    }


def _narrow_bulletins(whole: Schema, definitions: Definitions) -> None:
    known = whole["$defs"]
    in_defaults = known["defaults"]["properties"]
    in_template = known["template"]["properties"]
    zone = known["editors"]["$defs"]["timezone"]
    known["editors"]["$defs"]["timezone"] = {"description": zone["description"], "anyOf": [_time_zones(), TEMPLATE]}
    for field in (known["c-by"], in_defaults["c-by"]):
        _suggest(field, (bulletin.c_by for bulletin in definitions.bulletins))
    for field in (known["tags"], in_defaults["tags"]):
        _suggest(field["items"], (tag for bulletin in definitions.bulletins for tag in bulletin.tags))
    if definitions.accounts:
        _narrow_account_names(known, in_defaults, list(definitions.accounts))
    if definitions.events:
        events = list(definitions.events.values())
        # What no bulletin takes from the defaults is not wrong there: by themselves the names are hints alone.
        in_defaults["business_event"] |= {
            "then": copy.deepcopy(known["business_event"]),
            "examples": list(definitions.events),
        }
        known["business_event"] = one_of_events(known["business_event"], events)
        known["editors"]["$defs"]["file"]["allOf"].append(_taken("business_event"))
        in_template["business_event"] = one_of_events(in_template["business_event"], events)
        add_events(whole, events)


def _suggest(field: Schema, values: Iterable[str]) -> None:
    found = list(dict.fromkeys(values))[:_MOST_HINTS]
    if found:
        field["examples"] = found


def _narrow_account_names(known: Schema, in_defaults: Schema, names: list[str]) -> None:
    accounts = known["accounts"]
    in_defaults["accounts"] = {**copy.deepcopy(accounts), "items": {"type": "string", "examples": names}}
    accounts["items"] = {**accounts["items"], "anyOf": [{"enum": names}, TEMPLATE]}
    accounts["examples"] = [[name] for name in names[:_MOST_HINTS]]
    known["editors"]["$defs"]["file"]["allOf"].append(_taken("accounts"))
    if len(names) > 1:
        known["complete"]["required"].append("accounts")
        known["editors"]["$defs"]["file"]["allOf"].append(_needed("accounts"))


def _taken(field: str) -> Schema:
    """That the default of a field is as an entry's own, where some entry takes it."""
    takes = {"type": "array", "contains": {"type": "object", "not": {"required": [field]}}}
    return {
        "if": {"properties": {"bulletins": takes}},
        "then": {"properties": {"defaults": {"properties": {field: {"$ref": f"#/$defs/{field}"}}}}},
    }


def _needed(field: str) -> Schema:
    """That each entry has a field, where the file has defaults and they do not give it."""
    lacks = {"type": "object", "not": {"required": [field]}}
    return {
        "if": {"required": ["defaults"], "properties": {"defaults": lacks}},
        "then": {"properties": {"bulletins": {"items": {"required": [field]}}}},
    }
