"""Differences between two definitions, field by field. Pure.

In: two mappings of field names to values. Out: one Change for each field that differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One field that was edited: of a firing since it was sent, or of an entry since a git ref.

    `inherited`: the new value comes from the defaults of the file; for a removed field, the old value did.
    """

    field: str
    old: str | None
    new: str | None
    inherited: bool = False


def changes(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    old_inherited: Set[str] = frozenset(),
    new_inherited: Set[str] = frozenset(),
) -> Iterator[Change]:
    """Yield the fields that differ, each property on its own. The sets name the fields inherited from defaults."""
    before, after = _flat(old), _flat(new)
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            inherited = name in (new_inherited if name in after else old_inherited)
            yield Change(name, before.get(name), after.get(name), inherited)


def _flat(definition: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in definition.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": _text(item) for key, item in value.items()}
        elif value is not None and value != []:
            flat[name] = _text(value)
    return flat


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(value) if isinstance(value, list) else str(value)
