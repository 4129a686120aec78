"""Texts about one firing, for all formats: its label, its place, its reason. In: its entry in a document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def label(entry: Mapping[str, Any]) -> str:
    """Return a firing's id, with its occurrence unless that is `r1`."""
    return entry["id"] if entry["occurrence"] == "r1" else f"{entry['id']} {entry['occurrence']}"


def own_values(entry: Mapping[str, Any]) -> Iterator[str]:
    """Return the texts of a firing that a message about it may quote."""
    yield from (entry[name] for name in ("id", "account", "occurrence", "name", "business_event"))
    payload = entry.get("payload") or {}
    yield from (value for value in (payload.get("properties") or {}).values() if isinstance(value, str))


def place(entry: Mapping[str, Any]) -> str:
    """Return the place of a document's entry: `shows.yaml:3`, with its row if it has one: `, shows.csv:17`."""
    row = entry.get("row")
    return f"{entry['file']}:{entry['line']}" + (f", {row}" if row else "")


def resolution_text(entry: Mapping[str, Any]) -> str:
    """Return how a person resolved a firing after the run; empty if nobody did."""
    resolution = entry.get("resolution")
    if resolution is None:
        return ""
    verdict = "sent" if resolution["sent"] else "not sent"
    return f"resolved as {verdict} by {resolution['who']}, {resolution['at']}: {resolution['note']}"


def reason_and_resolution(entry: Mapping[str, Any]) -> str:
    """Return the reason of a result, and how a person resolved it since; empty without both."""
    return "; ".join(filter(None, (entry["reason"], resolution_text(entry))))


def reason_with_warnings(firing: Mapping[str, Any]) -> str:
    """Return the reason of a document's firing, followed by its warnings."""
    return "; ".join([firing["reason"], *(f"warning: {each}" for each in firing.get("warnings", ()))])
