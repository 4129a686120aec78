"""Recognise misspelt field names, so that the missing fields they cause are not reported in addition. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from runner.definitions.problem import Path
from runner.definitions.reading.document import Document
from runner.definitions.schema.schemas import schema
from runner.definitions.suggest import did_you_mean
from runner.definitions.templates import is_template

_Error = Any  # jsonschema's ValidationError, whose type stubs leave every field open

_MOST_LOOKED_AT = 100  # comparing names is slow, and a hostile file may have any number of fields


def known_fields(error: _Error, path: Path) -> list[str]:
    """Return the fields that are allowed in the mapping at `path`, which the error is about."""
    # The failed part of a schema may not list all fields. An entry without for_each is checked as a plain bulletin,
    # whose schema does not list for_each.
    match path:
        case ("bulletins", _):
            return list(schema("bulletins")["$defs"]["template"]["properties"])
        case ("accounts", _):
            return list(schema("accounts")["$defs"]["account"]["properties"])
        case _:
            return list(error.schema.get("properties", {}))


def is_misspelt(names: Sequence[str], error: _Error, path: Path) -> bool:
    """Whether a missing field of the error is present under a wrong name. That name is reported separately."""
    known = known_fields(error, path)
    known += [name for name in names if name not in known]
    others = islice((key for key in error.instance if key not in known), _MOST_LOOKED_AT)
    meant = {did_you_mean(name, known) for name in names}
    return any(did_you_mean(key, known) in meant for key in others)


def may_be_filled_in(text: str, path: Path, document: Document) -> bool:
    """Whether a text is a template in an entry with an unknown field, which may be a misspelt for_each."""
    if path[:1] != ("bulletins",) or len(path) < 3 or path[2] == "for_each" or not is_template(text):
        return False
    known = schema("bulletins")["$defs"]["template"]["properties"]
    return any(key not in known for key in document.value["bulletins"][path[1]])


def empty_group_above(value: Mapping[str, Any], key: str, known: list[str]) -> str:
    """Return the group above `key` that is empty because its fields are not indented; empty if there is none."""
    names = [name for name in value if name == key or name in known]
    before = names[: names.index(key)][-1:]
    return before[0] if before and before[0] in ("properties", "schedule") and value[before[0]] is None else ""
