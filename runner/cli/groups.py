"""Groups of commands: what click finds wrong with a command's options is said of that command."""

from __future__ import annotations

from typing import Any

import click


class Group(click.Group):
    """As click's, with the command of an error also where click's parser leaves that open."""

    def invoke(self, ctx: click.Context) -> Any:
        """As click does. Raises click.UsageError whose context is the command's."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            name = ctx.invoked_subcommand
            command = None if name is None else self.get_command(ctx, name)
            if error.ctx is None and command is not None:
                error.ctx = click.Context(command, parent=ctx, info_name=name)
            raise
