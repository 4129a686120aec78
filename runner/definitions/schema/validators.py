"""Build validators of jsonschema: slower than jsonschema-rs, but their errors name the failed keyword and the path."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import ValidationError

from runner.definitions.schema.byte_limit import max_bytes
from runner.definitions.schema.schemas import fast_validator, is_valid
from runner.definitions.suggest import quoted

if TYPE_CHECKING:
    import jsonschema_rs
    from jsonschema.protocols import Validator


def explaining_validator(definition: Any) -> Validator:
    """Return a jsonschema validator that agrees with jsonschema-rs about patterns and `maxBytes`."""
    keywords = {"maxBytes": max_bytes, "pattern": _pattern, "uniqueItems": _unique_items}
    extended: Any = validators.extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    validator: Validator = extended(definition)
    return validator


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not is_valid(_compiled(pattern), instance):
        yield ValidationError(f"{quoted(instance)} does not match {pattern!r}")


@cache
def _compiled(pattern: str) -> jsonschema_rs.Validator:
    return fast_validator({"pattern": pattern})


def _unique_items(_validator: Any, wanted: bool, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    # The rule of jsonschema compares all pairs of items that can't be sorted, which is slow.
    if wanted and isinstance(instance, list) and first_repeated(instance) is not None:
        yield ValidationError("an item is written twice")


def first_repeated(items: Sequence[Any]) -> int | None:
    """Return the index of the first item that equals an earlier one, or None."""
    seen = set()
    for number, item in enumerate(items):
        text = json.dumps(item, sort_keys=True)
        if text in seen:
            return number
        seen.add(text)
    return None
