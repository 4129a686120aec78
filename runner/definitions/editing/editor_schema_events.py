"""Turn the catalog of business events into parts of the editor schema for bulletins. Pure functions.

An entry has its event and properties itself or from the defaults of its file. The parts refuse a file only if
`validate` refuses it, so properties that defaults may set are not required.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from runner.definitions.model import BusinessEvent
from runner.definitions.suggest import listed

Schema = dict[str, Any]

TEMPLATE: Schema = {"pattern": r"\{[{%#]"}
_ANNOTATIONS = ("title", "description", "markdownDescription", "examples", "default")


def one_of_events(field: Schema, events: Iterable[BusinessEvent]) -> Schema:
    """Return the field `business_event` narrowed to these events or a template."""
    found = list(events)
    allowed = {"enum": [event.name for event in found], "enumDescriptions": [event_text(event) for event in found]}
    narrow = {name: value for name, value in field.items() if name != "examples"}
    return {**narrow, "anyOf": [allowed, TEMPLATE]}


def add_events(whole: Schema, events: Sequence[BusinessEvent]) -> None:
    """Add to a schema the properties that each event allows and requires, for entries and defaults that name it."""
    of_entry, of_file = [], []
    for number, event in enumerate(events, start=1):
        taken = f"event-{number}"
        whole["$defs"][taken] = {"properties": {"properties": _properties(event)}}
        then = {"$ref": f"#/$defs/{taken}"}
        of_entry.append({"if": _has("business_event", [event.name]), "then": then})
        of_file.append(
            {
                "if": _in_defaults(_has("business_event", [event.name])),
                "then": {
                    "properties": {
                        "defaults": {"properties": {"properties": _suggested_properties(event)}},
                        "bulletins": {"items": {"if": _has_no("business_event"), "then": then}},
                    },
                },
            }
        )
    items = whole["properties"]["bulletins"]["items"]
    items["allOf"] = [*items.get("allOf", ()), *of_entry]
    whole["allOf"] = [*whole.get("allOf", ()), *of_file, *_needs(events)]


def _needs(events: Sequence[BusinessEvent]) -> Iterable[Schema]:
    """Yield a rule for each required property: entries of such an event must have it, unless the defaults do."""
    for name in dict.fromkeys(name for event in events for name in event.required):
        names_one = _has("business_event", [event.name for event in events if name in event.required])
        needs = {"required": ["properties"], "properties": {"properties": {"required": [name]}}}
        yield {
            "if": {
                "not": _in_defaults({"properties": {"properties": {"required": [name]}}, "required": ["properties"]})
            },
            "then": {
                **_items({"if": names_one, "then": needs}),
                "if": _in_defaults(names_one),
                "then": _items({"if": _has_no("business_event"), "then": needs}),
            },
        }


def _items(item: Schema) -> Schema:
    return {"properties": {"bulletins": {"items": item}}}


def _in_defaults(part: Schema) -> Schema:
    return {"required": ["defaults"], "properties": {"defaults": part}}


def _has(name: str, values: list[str]) -> Schema:
    return {"type": "object", "required": [name], "properties": {name: {"enum": values}}}


def _has_no(name: str) -> Schema:
    return {"type": "object", "not": {"required": [name]}}


def event_text(event: BusinessEvent) -> str:
    """Return the required and the optional properties of an event, in one or two sentences."""
    optional = [name for name in event.properties or () if name not in event.required]
    required = f"Requires {listed(event.required)}." if event.required else "Requires no property."
    if event.properties is None:
        return f"{required} May have any other property."
    return f"{required} May have {listed(optional)}." if optional else required


def _properties(event: BusinessEvent) -> Schema:
    found = {name: _property(event, name) for name in _names(event)}
    narrow: Schema = {"description": f"The properties of {event.name}. {event_text(event)}", "properties": found}
    if event.properties is not None:
        narrow |= {"patternProperties": {TEMPLATE["pattern"]: True}, "additionalProperties": False}
    return narrow


def _names(event: BusinessEvent) -> list[str]:
    return list(dict.fromkeys((*event.required, *(event.properties or ()))))


def _property(event: BusinessEvent, name: str) -> Schema:
    """Return the schema of a property: description and examples first, then its rules or a template."""
    said = (event.properties or {}).get(name)
    noted = {"description": _property_text(event, name, said), **_examples(said)}
    if said is None or said is True or _refers_elsewhere(said):
        return noted
    rules = {key: value for key, value in said.items() if key not in _ANNOTATIONS} if isinstance(said, dict) else said
    return {**noted, "anyOf": [rules, TEMPLATE]} if rules != {} else noted


def _suggested_properties(event: BusinessEvent) -> Schema:
    """Return only suggestions: a default that every entry of the file overrides is not wrong."""
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
    """Whether a schema contains a reference, which would have another target inside another schema."""
    if isinstance(said, Mapping):
        return any(str(key).startswith("$") or _refers_elsewhere(value) for key, value in said.items())
    return isinstance(said, list) and any(map(_refers_elsewhere, said))
