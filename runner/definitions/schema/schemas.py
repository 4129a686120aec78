"""Read the JSON Schemas of the program, and validate with jsonschema-rs: fast, but without explanations.

Our own keyword `maxBytes` limits the bytes of a text in UTF-8. `validators` uses the same patterns to explain.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from runner.definitions.problem import Path
from runner.definitions.schema.byte_limit import FastMaxBytes

if TYPE_CHECKING:
    import jsonschema_rs

KINDS = ("accounts", "business_events", "bulletins")


def schema_names() -> list[str]:
    """Return the names of the schemas that come with the program."""
    return sorted(path.name.removesuffix(".schema.json") for path in _folder().glob("*.schema.json"))


def schema_text(name: str) -> str:
    """Return the text of a schema file. Raises FileNotFoundError for an unknown name."""
    return (_folder() / f"{name}.schema.json").read_text(encoding="utf-8")


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a schema as the program validates with it. Callers must not change it.

    The rules for editors are left out: the program reads times and the like itself, with better messages.
    """
    value = published(name)
    for_editors = value.get("$defs", {}).get("editors", {})
    if for_editors:
        for_editors["$defs"] = dict.fromkeys(for_editors["$defs"], True)
    return value


def published(name: str) -> dict[str, Any]:
    """Return a schema as in its file, rules for editors included. Each call returns a new value."""
    value: dict[str, Any] = json.loads(schema_text(name))
    return value


@cache
def _folder() -> FilePath:
    # A wheel has the schemas inside the package; a checkout has them next to it, where editors find them.
    inside = FilePath(__file__).parents[2] / "schemas"
    return inside if inside.is_dir() else FilePath(__file__).parents[3] / "schemas"


def document_kind(value: Any) -> str | None:
    """Return the kind of a file, one of `KINDS`; None if it has none of these keys or several."""
    if type(value) is dict:
        kinds = [kind for kind in KINDS if kind in value]
        if len(kinds) == 1:
            return kinds[0]
    return None


def is_valid(validator: jsonschema_rs.Validator, value: Any) -> bool:
    """Whether a value is valid. A value that jsonschema-rs can't read, such as infinity, is not valid."""
    try:
        return validator.is_valid(value)
    except (ValueError, OverflowError):
        return False


@cache
def validator_for(kind: str) -> jsonschema_rs.Validator:
    """Return the compiled schema of a kind of file."""
    return fast_validator(schema(kind))


class UnusableSchema(ValueError):
    """A schema that can't be compiled. `path` is the faulty part, if it is known."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


def fast_validator(schema: Any) -> jsonschema_rs.Validator:
    """Compile a JSON Schema 2020-12. The validator fetches nothing, and matches patterns in linear time.

    Raises UnusableSchema if the schema can't be compiled.
    """
    import jsonschema_rs

    try:
        return jsonschema_rs.Draft202012Validator(
            schema,
            keywords={"maxBytes": FastMaxBytes},
            pattern_options=jsonschema_rs.RegexOptions(),
            offline=True,
            validate_formats=True,
        )
    except jsonschema_rs.ValidationError as error:
        raise UnusableSchema(error.message, tuple(error.instance_path)) from None
