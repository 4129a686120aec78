"""A group of commands whose usage errors name the command that was called."""

from __future__ import annotations

from typing import Any

import click


class Group(click.Group):
    """A click.Group that adds the command to usage errors in which click's parser leaves it out."""

    def invoke(self, ctx: click.Context) -> Any:
        """Invoke as click does. Raises click.UsageError with the context of the command."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            name = ctx.invoked_subcommand
            command = None if name is None else self.get_command(ctx, name)
            if error.ctx is None and command is not None:
                error.ctx = click.Context(command, parent=ctx, info_name=name)
            raise
