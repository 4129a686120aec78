"""A command with many options: its help shows them in groups, with examples at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

_OTHERS = "Other options"


class GroupedCommand(click.Command):
    """A click.Command whose `groups` name the options of each group, and whose `examples` say what each is for."""

    def __init__(
        self, *args: Any, groups: Mapping[str, Sequence[str]], examples: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups
        self.examples = examples

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in their groups; those of no group come last."""
        records = {
            name: record
            for param in self.get_params(ctx)
            if isinstance(param, click.Option) and (record := param.get_help_record(ctx)) is not None
            for name in [max(param.opts, key=len)]
        }
        for title, names in self.groups.items():
            _write(formatter, title, [records.pop(name) for name in names if name in records])
        _write(formatter, _OTHERS, list(records.values()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _write(formatter, "Examples", [(f"{ctx.command_path} {each}", use) for each, use in self.examples.items()])


def _write(formatter: click.HelpFormatter, title: str, rows: Sequence[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)
