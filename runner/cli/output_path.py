"""The type of every option and argument that names a file or folder to write: one check for all of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click


class OutputPath(click.Path):
    """A path that a command writes to, as a `Path`. Raises UserError for one that begins with ~."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check and convert the value of an option or argument."""
        from runner.files import check_no_tilde

        where = param.opts[0] if isinstance(param, click.Option) else "the argument"
        check_no_tilde(os.fspath(value), os.fspath(value), where)
        return super().convert(value, param, ctx)
