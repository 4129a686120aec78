"""A ledger's description as text and as JSON: its id, place and content, and the losses that people accepted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from runner.ledger.values import Description
from runner.ledger.witness.comparison import Acceptance
from runner.report.document.entry_fields import timestamp
from runner.report.safe_text import printable


def ledger_entry(description: Description, acceptances: Sequence[Acceptance]) -> dict[str, Any]:
    """Return the JSON document that describes a ledger."""
    return {
        "id": description.id,
        "kind": description.kind,
        "place": description.url,
        "size_bytes": description.size_bytes,
        "version": description.version,
        "created_at": timestamp(description.created_at),
        "created_by": description.created_by,
        "runs": description.runs,
        "firings": description.states,
        "accepted": [{**asdict(each), "at": timestamp(each.at)} for each in acceptances],
    }


def ledger_facts(description: Description, acceptances: Sequence[Acceptance]) -> Iterator[tuple[str, str]]:
    """Return the names and texts of the facts of a ledger, one for each line."""
    states = ", ".join(f"{count:,} {state}" for state, count in description.states.items() if count)
    texts = {"size_bytes": f"{description.size_bytes:,}", "firings": states or "none yet"}
    for name, value in ledger_entry(description, ()).items():
        if name != "accepted":
            yield name.replace("_", " "), texts.get(name, str(value))
    for each in acceptances:
        said = f"{each.who} on {each.host}, {timestamp(each.at)}: {each.note}"
        yield "accepted", f"without run {each.run}, by {printable(said)}"
