"""Rows → compact JSON within the page: columns named once, repeated texts kept once, nothing that ends the script."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from runner.report.safe_text import COMMAND, OBEYED, TAGS, UNSEEN

if TYPE_CHECKING:
    from markupsafe import Markup

PAYLOADS_KEPT_BYTES = 4_500_000  # of all rows together
# `</script>` and `<!--` end or change a script; lone halves are no UTF-8; the rest is what `plain` spells out, too.
_UNSAFE = re.compile(f"[<>&{OBEYED}{UNSEEN}{TAGS}]|{COMMAND}")


def packed(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, pooled: Collection[str] = (), nested: Collection[str] = ()
) -> dict[str, Any]:
    """The rows without what they repeat; `data.js` undoes it.

    Texts of the `pooled` columns are replaced by their places in `texts`; mappings and lists of the `nested` ones by
    [place in `shapes`, places of their texts…], a shape being their keys. A nested value that is neither stays.
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
    """The value with 0 for each text and 1 for each other leaf; a mapping is a list of its keys, then of its shapes."""
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
    """Puts False for the payloads (at that place of each row) that would make the page too large."""
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
    """The value as JSON that can stand in a `<script type="application/json">`."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(_UNSAFE.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    """The character as JSON may write it: in two halves where it lies beyond the first 65,536."""
    code = ord(found.group())
    return f"\\u{code:04x}" if code < 0x10000 else json.dumps(found.group())[1:-1]
