"""Cells that name a bulletin, in every Markdown table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.report.markdown.markup import code, escape

_MOST_OF_NAME = 60  # characters
_MOST_OF_ID = 120


def id_cell(id_: str) -> str:
    """Return the id of a bulletin, or another name from the set, cut if it is very long."""
    return code(id_, longest=_MOST_OF_ID)


def bulletin_cell(entry: Mapping[str, Any]) -> str:
    """Return the id and the name of an entry's bulletin, with the occurrence unless that is `r1`."""
    occurrence = entry.get("occurrence", "r1")
    again = "" if occurrence == "r1" else f" {escape(occurrence)}"
    return f"{id_cell(entry['id'])}{again} {escape(entry['name'], longest=_MOST_OF_NAME)}"
