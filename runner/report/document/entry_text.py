"""Texts about one firing, for all formats: its label, its place, its reason. In: its entry in a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def label(entry: Mapping[str, Any]) -> str:
    """Return a firing's id, with its occurrence unless that is `r1`."""
    return entry["id"] if entry["occurrence"] == "r1" else f"{entry['id']} {entry['occurrence']}"


def place(entry: Mapping[str, Any]) -> str:
    """Return the place of a document's entry: `shows.yaml:3`, with its row if it has one: `, shows.csv:17`."""
    row = entry.get("row")
    return f"{entry['file']}:{entry['line']}" + (f", {row}" if row else "")


def reason_with_warnings(firing: Mapping[str, Any]) -> str:
    """Return the reason of a document's firing, followed by its warnings."""
    return "; ".join([firing["reason"], *(f"warning: {each}" for each in firing.get("warnings", ()))])
