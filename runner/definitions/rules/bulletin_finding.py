"""A finding of a rule at a field of one bulletin."""

from __future__ import annotations

from runner.definitions.model import Bulletin
from runner.definitions.problem import Finding
from runner.definitions.problem_codes import Code


def about_bulletin(
    bulletin: Bulletin, path: tuple[str | int, ...], code: Code, message: str, hint: str, *, at_key: bool = False
) -> Finding:
    """Return a finding at the field at `path` of a bulletin; an empty path is the bulletin itself."""
    place = bulletin.place
    return Finding(code, place.file, ("bulletins", place.entry, *path), message, hint, at_key, place.row)
