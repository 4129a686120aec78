"""Compact JSON for a page. In: rows. Out: JSON with each column name and each repeated text once, safe in a script."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from runner.definitions.characters import OBEYED, TAGS, UNSEEN
from runner.report.safe_text import COMMAND

if TYPE_CHECKING:
    from markupsafe import Markup

PAYLOADS_KEPT_BYTES = 4_500_000  # for all rows together
# `</script>` and `<!--` end or change a script; lone surrogates are not UTF-8; `printable` escapes the others as well.
_UNSAFE = re.compile(f"[<>&{OBEYED}{UNSEEN}{TAGS}]|{COMMAND}")


def packed(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, pooled: Collection[str] = (), nested: Collection[str] = ()
) -> dict[str, Any]:
    """Pack the rows without repetitions; `data.js` unpacks them.

    In `pooled` columns, a text is replaced by its index in `texts`. In `nested` columns, a mapping or list is replaced
    by [index in `shapes`, indexes of its texts…]; its shape holds its keys. Other values stay.
    """
    texts: dict[str, int] = {}
    shapes: dict[str, int] = {}
    places = {name: columns.index(name) for name in (*pooled, *nested)}
    made = []
    for row in rows:
        values = list(row)
        for name in pooled:
            if values[places[name]] is not None:
                values[places[name]] = texts.setdefault(values[places[name]], len(texts))
        for name in nested:
            if isinstance(values[places[name]], dict | list):
                values[places[name]] = _flat(values[places[name]], shapes, texts)
        made.append(values)
    return {
        "columns": list(columns),
        "pooled": [places[name] for name in pooled],
        "rows": made,
        "texts": [*texts],
        "shapes": [json.loads(shape) for shape in shapes],
    }


def _flat(value: Any, shapes: dict[str, int], texts: dict[str, int]) -> list[Any]:
    leaves: list[Any] = []
    shape = json.dumps(_shape(value, leaves, texts))
    return [shapes.setdefault(shape, len(shapes)), *leaves]


def _shape(value: Any, leaves: list[Any], texts: dict[str, int]) -> Any:
    """Return the shape of a value: 0 for a text, 1 for another leaf, a list of keys and shapes for a mapping."""
    match value:
        case dict():
            return ["m", [*value], *(_shape(each, leaves, texts) for each in value.values())]
        case list():
            return ["l", *(_shape(each, leaves, texts) for each in value)]
        case str():
            leaves.append(texts.setdefault(value, len(texts)))
            return 0
        case _:
            leaves.append(value)
            return 1


def drop_payloads(rows: Iterable[list[Any]], payload: int) -> None:
    """Replace payloads (at index `payload` of each row) by False once the page would become too large."""
    size = 0
    for row in rows:
        if row[payload] is None:
            continue
        more = len(json.dumps(row[payload], ensure_ascii=False).encode("utf-8", "replace"))
        if size + more > PAYLOADS_KEPT_BYTES:
            row[payload] = False
        else:
            size += more


def embedded(value: Any) -> Markup:
    """Return the value as JSON that is safe inside `<script type="application/json">`."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(_UNSAFE.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    """Return the JSON escape of a character, as a surrogate pair if its code is above 65,535."""
    code = ord(found.group())
    return f"\\u{code:04x}" if code < 0x10000 else json.dumps(found.group())[1:-1]
