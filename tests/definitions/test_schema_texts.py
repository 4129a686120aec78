"""What editors show comes from the schemas: every field is described, and has an example or a list of its values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from runner.definitions.schema.schemas import KINDS, fast_validator, published

_VALUES = {"examples", "enum", "const"}


def fields(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field of a schema, by its path, with what its reference says."""
    whole = published(kind)
    for name, value in whole["properties"].items():
        yield name, resolved(value, whole)
    for part, definition in whole["$defs"].items():
        yield from below(f"$defs.{part}", definition, whole)


def below(path: str, definition: dict[str, Any], whole: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, value in definition.get("properties", {}).items():
        found = resolved(value, whole)
        yield f"{path}.{name}", found
        if "$ref" not in value:
            yield from below(f"{path}.{name}", found, whole)


def resolved(value: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    found: Any = whole
    if "$ref" not in value:
        return value
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return {**resolved(found, whole), **value}


FIELDS = [pytest.param(field, kind, id=f"{kind}: {path}") for kind in KINDS for path, field in fields(kind)]


@pytest.mark.parametrize(("field", "kind"), FIELDS)
def test_every_field_is_described_and_shown(field: dict[str, Any], kind: str) -> None:
    assert field["description"].endswith(".")
    assert set(field) & _VALUES
    assert "enumDescriptions" not in field or len(field["enumDescriptions"]) == len(field["enum"])


@pytest.mark.parametrize(("field", "kind"), FIELDS)
def test_every_example_is_valid(field: dict[str, Any], kind: str) -> None:
    validator = fast_validator({**field, "$defs": published(kind)["$defs"]})
    for example in field.get("examples", ()):
        assert validator.is_valid(example), example


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_is_described(kind: str) -> None:
    parts = {name: part for name, part in published(kind)["$defs"].items() if name != "complete"}
    assert [name for name, part in parts.items() if "description" not in part] == []
