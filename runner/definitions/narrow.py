"""A schema narrowed to one set: definitions in, a JSON Schema out that knows their accounts and their catalog.

For editors, which complete and explain by it. It refuses nothing that the set's own check accepts: fields that the
defaults of a file may give are not missed, and texts that hold a template are taken everywhere.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

from runner.definitions.model import BusinessEvent, Definitions
from runner.definitions.schema import KINDS, schema
from runner.definitions.suggest import listed

Schema = dict[str, Any]

NARROWED = KINDS
_TEMPLATE: Schema = {"pattern": r"\{[{%#]"}
_MOST_HINTS = 50
_ANNOTATIONS = ("title", "description", "markdownDescription", "examples", "default")


def narrowed(kind: str, definitions: Definitions) -> Schema:
    """The schema of a kind of file, one of `NARROWED`, for this set."""
    whole = copy.deepcopy(schema(kind))
    whole.pop("$id", None)  # an editor that knows the general one by its name must not take one for the other
    if kind == "bulletins":
        _narrow_bulletins(whole, definitions)
    elif kind == "accounts":
        _narrow_accounts(whole, definitions)
    return whole


def _narrow_accounts(whole: Schema, definitions: Definitions) -> None:
    budgets = whole["$defs"]["account"]["properties"].get("budget", {}).get("properties", {}).get("events")
    if budgets is not None:
        budgets["properties"] = {
            event.name: {"description": _event_text(event), **copy.deepcopy(budgets["additionalProperties"])}
            for event in definitions.events.values()
        }


def _narrow_bulletins(whole: Schema, definitions: Definitions) -> None:
    known = whole["$defs"]
    in_defaults = known["defaults"]["properties"]
    in_template = known.get("template", {}).get("properties", {})
    _suggest(known["c-by"], (bulletin.c_by for bulletin in definitions.bulletins))
    _suggest(known["tags"]["items"], (tag for bulletin in definitions.bulletins for tag in bulletin.tags))
    if definitions.accounts:
        _narrow_account_names(known, in_defaults, list(definitions.accounts))
    if definitions.events:
        events = list(definitions.events.values())
        in_defaults["business_event"] = _hinted(known["business_event"], definitions.events)
        known["business_event"] = _one_of_events(known["business_event"], events)
        if "business_event" in in_template:
            in_template["business_event"] = _one_of_events(in_template["business_event"], events)
        _add_events(whole, events)


def _suggest(field: Schema, values: Iterable[str]) -> None:
    found = list(dict.fromkeys(values))[:_MOST_HINTS]
    if found:
        field["examples"] = found


def _hinted(field: Schema, names: Iterable[str]) -> Schema:
    """The field as it was, with the names as examples: what no bulletin takes from the defaults is not wrong there."""
    return {**copy.deepcopy(field), "examples": list(names)}


def _narrow_account_names(known: Schema, in_defaults: Schema, names: list[str]) -> None:
    accounts = known["accounts"]
    in_defaults["accounts"] = {**copy.deepcopy(accounts), "items": {"type": "string", "examples": names}}
    accounts["items"] = {**accounts["items"], "anyOf": [{"enum": names}, _TEMPLATE]}
    accounts["examples"] = [[name] for name in names[:_MOST_HINTS]]
    if len(names) > 1:
        known["complete"]["required"].append("accounts")


def _one_of_events(field: Schema, events: list[BusinessEvent]) -> Schema:
    allowed = {"enum": [event.name for event in events], "enumDescriptions": [_event_text(event) for event in events]}
    narrow = {name: value for name, value in field.items() if name != "examples"}
    return {**narrow, "anyOf": [allowed, _TEMPLATE]}


def _event_text(event: BusinessEvent) -> str:
    optional = [name for name in event.properties or () if name not in event.required]
    required = f"Requires {listed(event.required)}." if event.required else "Requires no property."
    if event.properties is None:
        return f"{required} Takes any other property."
    return f"{required} May have {listed(optional)}." if optional else required


def _add_events(whole: Schema, events: list[BusinessEvent]) -> None:
    """What the catalog says of each event, for entries that name it and for those that have it from the defaults."""
    known = whole["$defs"]
    of_entry, of_file, needs = [], [], []
    for number, event in enumerate(events, start=1):
        taken, needed = f"event-{number}", f"event-{number}-needs"
        known[taken] = {"properties": {"properties": _properties(event)}}
        known[needed] = {"if": _has_no("for_each"), "then": {"properties": {"properties": _requires(event)}}}
        names_it = _has("business_event", event.name)
        of_entry.append({"if": names_it, "then": {"$ref": f"#/$defs/{taken}"}})
        needs.append({"if": names_it, "then": {"$ref": f"#/$defs/{needed}"}})
        inherits_it = _has_no("business_event")
        of_file.append(
            {
                "if": {"required": ["defaults"], "properties": {"defaults": names_it}},
                "then": {
                    "properties": {
                        "defaults": {"properties": {"properties": _suggested_properties(event)}},
                        "bulletins": {"items": {"if": inherits_it, "then": {"$ref": f"#/$defs/{taken}"}}},
                    },
                    "if": _no_inherited_properties(),
                    "then": _items({"if": inherits_it, "then": {"$ref": f"#/$defs/{needed}"}}),
                },
            }
        )
    items = whole["properties"]["bulletins"]["items"]
    items["allOf"] = [*items.get("allOf", ()), *of_entry]
    needing = {"if": _no_inherited_properties(), "then": _items({"allOf": needs})}
    whole["allOf"] = [*whole.get("allOf", ()), needing, *of_file]


def _items(item: Schema) -> Schema:
    return {"properties": {"bulletins": {"items": item}}}


def _has(name: str, value: str) -> Schema:
    return {"type": "object", "required": [name], "properties": {name: {"const": value}}}


def _has_no(name: str) -> Schema:
    return {"type": "object", "not": {"required": [name]}}


def _no_inherited_properties() -> Schema:
    return {"not": {"required": ["defaults"], "properties": {"defaults": {"required": ["properties"]}}}}


def _requires(event: BusinessEvent) -> Schema:
    return {"required": list(dict.fromkeys(event.required))}


def _properties(event: BusinessEvent) -> Schema:
    found = {name: _property(event, name) for name in _names(event)}
    narrow: Schema = {"description": f"The properties of {event.name}. {_event_text(event)}", "properties": found}
    if event.properties is not None:
        narrow |= {"patternProperties": {_TEMPLATE["pattern"]: True}, "additionalProperties": False}
    return narrow


def _names(event: BusinessEvent) -> list[str]:
    return list(dict.fromkeys((*event.required, *(event.properties or ()))))


def _property(event: BusinessEvent, name: str) -> Schema:
    """What the catalog says of a property, its description and examples in front, for a text or a template."""
    said = (event.properties or {}).get(name)
    noted = {"description": _property_text(event, name, said), **_examples(said)}
    if said is None or said is True or _refers_elsewhere(said):
        return noted
    rules = {key: value for key, value in said.items() if key not in _ANNOTATIONS} if isinstance(said, dict) else said
    return {**noted, "anyOf": [rules, _TEMPLATE]} if rules != {} else noted


def _suggested_properties(event: BusinessEvent) -> Schema:
    """The same as hints alone: a default that every entry of the file overrides is not wrong."""
    return {
        "properties": {
            name: {"description": _property_text(event, name, said), **_examples(said)}
            for name in _names(event)
            for said in [(event.properties or {}).get(name)]
        }
    }


def _property_text(event: BusinessEvent, name: str, said: Any) -> str:
    own = said.get("description") if isinstance(said, Mapping) else None
    needed = f"Required by {event.name}." if name in event.required else f"Optional for {event.name}."
    return f"{own.rstrip()} {needed}" if isinstance(own, str) else needed


def _examples(said: Any) -> Schema:
    if not isinstance(said, Mapping):
        return {}
    for key in ("examples", "enum"):
        if isinstance(said.get(key), list):
            return {"examples": [value for value in said[key] if isinstance(value, str)]}
    found = [said[key] for key in ("const", "default") if isinstance(said.get(key), str)]
    return {"examples": found} if found else {}


def _refers_elsewhere(said: Any) -> bool:
    """Whether a schema holds a reference, which would lead elsewhere from within another schema."""
    if isinstance(said, Mapping):
        return any(str(key).startswith("$") or _refers_elsewhere(value) for key, value in said.items())
    return isinstance(said, list) and any(map(_refers_elsewhere, said))
