"""The keyword `maxBytes` of the schemas, which limits the bytes of a text in UTF-8, for both validators.

The limits themselves are in schemas/bulletins.schema.json: a property value takes at most 512 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


def utf8_bytes(text: str) -> int:
    """Return the number of bytes of `text` in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


class FastMaxBytes:
    """The keyword `maxBytes` for jsonschema-rs."""

    def __init__(self, _parent: Any, limit: int, _path: Any) -> None:
        if type(limit) is not int or limit < 0:
            raise ValueError("maxBytes must be a number of bytes")
        self.limit = limit

    def validate(self, instance: Any) -> None:
        if type(instance) is str and utf8_bytes(instance) > self.limit:
            raise ValueError(f"more than {self.limit} bytes")


def max_bytes(_validator: Any, limit: int, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """Yield an error if the text is too long; for jsonschema."""
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and utf8_bytes(instance) > limit:
        yield ValidationError(f"more than {limit} bytes")
