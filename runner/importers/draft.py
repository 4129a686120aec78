"""A draft: one bulletin as it was found, before ids, accounts and defaults are settled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from runner.definitions.characters import FORBIDDEN
from runner.definitions.problem import Path, Problem, dotted
from runner.definitions.problem_codes import Code


class DraftPlace(Protocol):
    """The place of a draft and of its fields in the imported text."""

    @property
    def is_row(self) -> bool:
        """Report whether it is the row of a table: a problem of values that all rows share counts for each row."""
        ...

    def problem(self, path: Path, code: Code, message: str, help: str, *, at_key: bool = False) -> Problem:  # noqa: A002
        """Return a problem at the field at `path`, or at the nearest existing part."""
        ...


@dataclass(frozen=True, slots=True)
class Draft:
    """An imported bulletin. `fields` have the form of definitions; `payload` is what the API must receive.

    `base_url` is the address that it was sent to, if known.
    """

    fields: Mapping[str, Any]
    payload: Mapping[str, Any]
    place: DraftPlace
    base_url: str | None = None


def unwritable_texts(fields: Mapping[str, Any], place: DraftPlace) -> Iterator[Problem]:
    """Return problems of texts that no definition can hold, not even with escapes."""
    for path, text in _texts(fields, ()):
        if found := FORBIDDEN.search(text):
            message = (
                f"{dotted(path)} contains the character U+{ord(found[0]):04X}, which is not allowed in definitions"
            )
            yield place.problem(path, Code.YAML_CONTROL_CHARACTER, message, "Remove it.")


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*path, key), key
            yield from _texts(inner, (*path, key))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*path, number))
