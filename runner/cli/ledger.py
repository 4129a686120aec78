"""`ledger init` and `ledger show`."""

from __future__ import annotations

import json

import click

from runner import local
from runner.cli.options import format_option, ledger_option, present


@click.group()
def ledger() -> None:
    """Create and describe the record of everything that was sent."""


@ledger.command()
@ledger_option
def init(ledger_url: str | None) -> None:
    """Create a new, empty ledger. Never replaces one."""
    from runner.cli.ledgers import identity, open_ledger
    from runner.ledger.connect import create, parse_url

    create(parse_url(ledger_url or str(local.LEDGER)), now=present(), who=identity().who)
    with open_ledger(ledger_url) as made:
        click.echo(f"created the ledger {made.id} at {made.place}")
    click.echo("keep it where every run finds it, and back it up: without it, nobody knows what was sent", err=True)


@ledger.command()
@ledger_option
@format_option("text", "json")
def show(ledger_url: str | None, format_: str) -> None:
    """Describe the ledger: its id, and what it holds."""
    from runner.cli.ledgers import open_ledger
    from runner.report.document import timestamp

    with open_ledger(ledger_url) as opened:
        description = opened.describe()
    facts = {
        "id": description.id,
        "kind": description.kind,
        "place": description.url,
        "size_bytes": description.size_bytes,
        "version": description.version,
        "created_at": timestamp(description.created_at),
        "created_by": description.created_by,
        "runs": description.runs,
        "firings": description.states,
    }
    if format_ == "json":
        click.echo(json.dumps(facts, indent=2))
        return
    states = ", ".join(f"{count:,} {state}" for state, count in description.states.items() if count)
    for name, value in {**facts, "firings": states or "none yet"}.items():
        click.echo(f"{name.replace('_', ' '):<11} {value}")
