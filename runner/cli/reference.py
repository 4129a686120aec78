"""`schema` and `explain`: what the program knows of the format, printed."""

from __future__ import annotations

import textwrap

import click

from runner.errors import Exit, UserError


@click.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print a JSON Schema, for an editor; without NAME, list them."""
    from runner.definitions.schema import schema_names, schema_text
    from runner.definitions.suggest import did_you_mean, listed

    names = schema_names()
    if name is None:
        click.echo("\n".join(names))
        return
    if name not in names:
        hint = did_you_mean(name, names) or f"There are: {listed(names)}."
        raise UserError(f"there is no schema {name!r}", help=hint, exit_code=Exit.USAGE)
    click.echo(schema_text(name), nl=False)


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a problem's code; without CODE, list them all."""
    from runner.definitions.codes import EXPLANATIONS, Code
    from runner.definitions.suggest import did_you_mean

    if code is None:
        width = max(len(each) for each in Code)
        for each, explanation in EXPLANATIONS.items():
            click.echo(f"{each:<{width}}  {explanation.summary}")
        return
    code = code.removeprefix("error[").rstrip("]:")
    if code not in list(Code):
        hint = did_you_mean(code, list(Code)) or "bulletins explain lists them."
        raise UserError(f"there is no problem code {code!r}", help=hint, exit_code=Exit.USAGE)
    explanation = EXPLANATIONS[Code(code)]
    click.echo(f"{click.style(code, bold=True)}: {explanation.summary}\n")
    click.echo(textwrap.fill(explanation.why, 80))
    click.echo(f"\nwrong:\n{textwrap.indent(explanation.wrong, '    ')}")
    click.echo(f"\nright:\n{textwrap.indent(explanation.right, '    ')}")
