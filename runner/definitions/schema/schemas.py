"""The JSON Schemas: their files, and the fast verdict of jsonschema-rs by them.

It knows `maxBytes`, a keyword of our own; its regular expressions serve `explaining` too.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from runner.definitions.problem import Path

if TYPE_CHECKING:
    import jsonschema_rs

KINDS = ("accounts", "business_events", "bulletins")


def schema_names() -> list[str]:
    """The names of the schemas that come with the program."""
    return sorted(path.name.removesuffix(".schema.json") for path in _folder().glob("*.schema.json"))


def schema_text(name: str) -> str:
    """A schema as it stands in its file. Raises FileNotFoundError for a name that is none."""
    return (_folder() / f"{name}.schema.json").read_text(encoding="utf-8")


@cache
def schema(name: str) -> dict[str, Any]:
    """A schema as the program's own verdict goes by it; not to be changed.

    What its file says for editors alone is left out: times and the like are read, by code that says more about them.
    """
    value = published(name)
    for_editors = value.get("$defs", {}).get("editors", {})
    if for_editors:
        for_editors["$defs"] = dict.fromkeys(for_editors["$defs"], True)
    return value


def published(name: str) -> dict[str, Any]:
    """A schema as its file has it, with what it says for editors alone: a new value at each call."""
    value: dict[str, Any] = json.loads(schema_text(name))
    return value


@cache
def _folder() -> FilePath:
    # A wheel carries the schemas inside the package; a checkout has them beside it, where editors look.
    inside = FilePath(__file__).parents[2] / "schemas"
    return inside if inside.is_dir() else FilePath(__file__).parents[3] / "schemas"


def document_kind(value: Any) -> str | None:
    """Which of the three kinds of file this is; None where it is none, or several at once."""
    if type(value) is dict:
        kinds = [kind for kind in KINDS if kind in value]
        if len(kinds) == 1:
            return kinds[0]
    return None


def is_valid(validator: jsonschema_rs.Validator, value: Any) -> bool:
    """The fast verdict. What the fast engine cannot even read, such as an endless number, is not valid."""
    try:
        return validator.is_valid(value)
    except (ValueError, OverflowError):
        return False


@cache
def validator_for(kind: str) -> jsonschema_rs.Validator:
    """The compiled schema of a kind of file."""
    return fast_validator(schema(kind))


class UnusableSchema(ValueError):
    """A schema that cannot be compiled; `path` leads to the part of it that is wrong, where one part is."""

    def __init__(self, message: str, path: Path) -> None:
        super().__init__(message)
        self.path = path


def fast_validator(schema: Any) -> jsonschema_rs.Validator:
    """A compiled JSON Schema 2020-12 that fetches nothing and matches patterns in linear time.

    Raises UnusableSchema where the schema cannot be used.
    """
    import jsonschema_rs

    try:
        return jsonschema_rs.Draft202012Validator(
            schema,
            keywords={"maxBytes": _FastMaxBytes},
            pattern_options=jsonschema_rs.RegexOptions(),
            offline=True,
            validate_formats=True,
        )
    except jsonschema_rs.ValidationError as error:
        raise UnusableSchema(error.message, tuple(error.instance_path)) from None


class _FastMaxBytes:
    """The keyword `maxBytes` for jsonschema-rs."""

    def __init__(self, _parent: Any, limit: int, _path: Any) -> None:
        if type(limit) is not int or limit < 0:
            raise ValueError("maxBytes takes a number of bytes")
        self.limit = limit

    def validate(self, instance: Any) -> None:
        if type(instance) is str and utf8_bytes(instance) > self.limit:
            raise ValueError(f"more than {self.limit} bytes")


def utf8_bytes(text: str) -> int:
    """How many bytes `text` has in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))
