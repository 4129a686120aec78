"""`guide`: list the guides, or show one in the terminal."""

from __future__ import annotations

import sys

import click

from runner.errors import ErrorCode, Exit, UserError

_WIDEST = 100  # columns: longer lines are hard to read


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    from runner.guides import TOPICS

    return [topic for topic in TOPICS if topic.startswith(incomplete)]


@click.command()
@click.argument("topic", required=False, shell_complete=_complete)
def guide(topic: str | None) -> None:
    """Show a guide; without TOPIC, list them all.

    On a terminal the guide is laid out for reading. Elsewhere it is printed as Markdown.
    """
    from runner.guides import TOPICS, guide_text, guide_title

    if topic is None:
        width = max(map(len, TOPICS))
        for each in TOPICS:
            click.echo(f"{each:<{width}}  {guide_title(each)}")
        return
    if topic not in TOPICS:
        from runner.definitions.suggest import did_you_mean

        hint = did_you_mean(topic, TOPICS) or "bulletins guide lists all guides."
        raise UserError(ErrorCode.UNKNOWN_GUIDE, f"there is no guide {topic!r}", help=hint, exit_code=Exit.USAGE)
    text = guide_text(topic)
    if sys.stdout.isatty():
        _show(text)
    else:
        click.echo(text, nl=False)


def _show(text: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(text), width=min(console.width, _WIDEST))
