"""`completion`: print the script that makes a shell complete commands, options and values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from runner.cli.shell_completion.completions import VARIABLE

_SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", metavar="SHELL", type=click.Choice(_SHELLS))
def completion(shell: str) -> None:
    """Print the script for completion in a shell.

    \b
    bash, in ~/.bashrc:
        eval "$(bulletins completion bash)"
    zsh, in ~/.zshrc, after compinit:
        eval "$(bulletins completion zsh)"
    fish:
        bulletins completion fish > ~/.config/fish/completions/bulletins.fish
    """
    from runner.cli.shell_completion import shell_scripts

    program = click.get_current_context().find_root().command
    shell_scripts.add_shells()
    made_by = get_completion_class(shell)
    assert made_by is not None
    click.echo(made_by(program, {}, "bulletins", VARIABLE).source(), nl=False)
