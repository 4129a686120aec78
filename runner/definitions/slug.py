"""Make the text of an id from any text. Pure."""

from __future__ import annotations

import re
import unicodedata

_NO_SLUG = re.compile(r"[^a-z0-9]+")


def slug(text: str) -> str:
    """Return the letters and digits of the text in the form of an id; empty if it has none."""
    letters = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return _NO_SLUG.sub("-", letters).strip("-")
