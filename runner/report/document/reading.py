"""Read a report or a plan from a file. In: text. Out: a document that fits its schema, or a ValueError."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from runner.definitions.schema.schemas import fast_validator, schema

Pairs = list[tuple[str, Any]]


def parsed(text: str | bytes, *, of_pairs: Callable[[Pairs], dict[str, Any]] = dict) -> Any:
    """Return the value of a JSON text; `of_pairs` makes its objects. Raises ValueError with a readable message."""
    try:
        value = json.loads(text, object_pairs_hook=of_pairs)
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("its values nest too deep") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except UnicodeEncodeError as error:
        raise ValueError(f"it holds {error.object[error.start]!a}, which is half of a character") from None
    except ValueError as error:
        too_long = "integer string conversion" in str(error)  # Python's words for more than 4300 digits
        raise ValueError("a number has too many digits" if too_long else str(error)) from None
    return value


def check(document: object, name: str) -> None:
    """Raise ValueError if the document does not fit the schema of that name."""
    try:
        found = next(iter(fast_validator(schema(name)).iter_errors(document)), None)
    except ValueError:  # the validator supports fewer levels than the JSON decoder
        raise ValueError("its values nest too deep") from None
    if found is not None:
        raise ValueError(found.message[:300])
