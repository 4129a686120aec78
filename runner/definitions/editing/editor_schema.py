"""Narrow a schema to one set, for editors: `Definitions` come in, a JSON Schema with their names goes out.

Editors complete accounts, events and properties from it. It accepts everything that `validate` accepts: fields that
defaults may set are not required, and templates are allowed in every text.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from runner.definitions.editing.editor_schema_events import TEMPLATE, add_events, event_text, one_of_events
from runner.definitions.model import Definitions, Recurrence
from runner.definitions.schedules.cron import meaning
from runner.definitions.schedules.cron_surprises import surprises
from runner.definitions.schedules.zones import names
from runner.definitions.schema.schemas import published

Schema = dict[str, Any]

_MOST_HINTS = 50


def narrow_schema(kind: str, definitions: Definitions) -> Schema:
    """Return the schema of a kind of file, one of `KINDS`, for this set."""
    whole = published(kind)
    whole.pop("$id", None)  # an editor must not confuse it with the general schema of this $id
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
    _explain_crons(known["editors"]["$defs"]["cron"], definitions)
    for field in (known["c-by"], in_defaults["c-by"]):
        _suggest(field, (bulletin.c_by for bulletin in definitions.bulletins))
    for field in (known["tags"], in_defaults["tags"]):
        _suggest(field["items"], (tag for bulletin in definitions.bulletins for tag in bulletin.tags))
    if definitions.accounts:
        _narrow_account_names(known, in_defaults, list(definitions.accounts))
    if definitions.events:
        events = list(definitions.events.values())
        # A default that every bulletin overrides is not wrong, so the names are only suggestions there.
        in_defaults["business_event"] |= {
            "then": copy.deepcopy(known["business_event"]),
            "examples": list(definitions.events),
        }
        known["business_event"] = one_of_events(known["business_event"], events)
        known["editors"]["$defs"]["file"]["allOf"].append(_taken("business_event"))
        in_template["business_event"] = one_of_events(in_template["business_event"], events)
        add_events(whole, events)


def _explain_crons(field: Schema, definitions: Definitions) -> None:
    """Let editors show in words when each cron of the set is due. Every other cron stays valid."""
    schedules = (bulletin.schedule for bulletin in definitions.bulletins)
    crons = list(dict.fromkeys(each.cron for each in schedules if isinstance(each, Recurrence)))[:_MOST_HINTS]
    if crons:
        words = [f"{_in_words(cron)}. `bulletins plan` shows the next times." for cron in crons]
        known = {"enum": crons, "enumDescriptions": words, "markdownEnumDescriptions": words}
        field |= {"if": {"enum": crons}, "then": known, "examples": crons}


def _in_words(cron: str) -> str:
    return meaning(cron) or "; ".join(message for message, _ in surprises(cron))


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
    """Return the rule that a default must be valid for an entry, if some entry inherits it."""
    takes = {"type": "array", "contains": {"type": "object", "not": {"required": [field]}}}
    return {
        "if": {"properties": {"bulletins": takes}},
        "then": {"properties": {"defaults": {"properties": {field: {"$ref": f"#/$defs/{field}"}}}}},
    }


def _needed(field: str) -> Schema:
    """Return the rule that each entry must have a field, if the file has defaults without this field."""
    lacks = {"type": "object", "not": {"required": [field]}}
    return {
        "if": {"required": ["defaults"], "properties": {"defaults": lacks}},
        "then": {"properties": {"bulletins": {"items": {"required": [field]}}}},
    }
