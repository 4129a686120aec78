"""`schema` and `explain`: print the schemas of the format, and explain codes and answers of the API."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.options import DEFAULT_PATH
from runner.cli.output_path import OutputPath
from runner.cli.shell_completion import completions
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.model import Definitions

_DEFAULT_NAME = "bulletins"


@click.command()
@click.argument("name", required=False, shell_complete=completions.schemas)
@click.option("--for-set", is_flag=True, help="Allow only the accounts and business events of the set.")
@click.option("--path", type=click.Path(path_type=Path), help=f"The set's definitions.  [default: {DEFAULT_PATH}]")
@click.option("--out", metavar="DIR", type=OutputPath(), help="Write the schemas of the set into this folder.")
def schema(name: str | None, for_set: bool, path: Path | None, out: Path | None) -> None:
    """Print a JSON Schema, for an editor; without NAME, list them.

    With --for-set, the default of NAME is bulletins.

    Editors with yaml-language-server help with a file if its first line names the schema:

    \b
        # yaml-language-server: $schema=.schemas/bulletins.schema.json
    """
    from runner.definitions.schema.schemas import schema_names, schema_text

    if not for_set and (path or out):
        raise click.UsageError(f"{'--path' if path else '--out'} works only with --for-set")
    if name is None and not for_set:
        click.echo("\n".join(schema_names()))
        return
    if for_set:
        _narrow(name, path or Path(DEFAULT_PATH), out)
        return
    assert name is not None
    _check_name(name, schema_names(), f"there is no schema {name!r}")
    click.echo(schema_text(name), nl=False)


def _check_name(name: str, names: list[str], message: str) -> None:
    from runner.definitions.suggest import did_you_mean, listed

    if name not in names:
        hint = did_you_mean(name, names) or f"The schemas are: {listed(names)}."
        raise UserError(ErrorCode.UNKNOWN_SCHEMA, message, help=hint, exit_code=Exit.USAGE)


def _narrow(name: str | None, path: Path, out: Path | None) -> None:
    from runner.cli.terminal.console import problems_of
    from runner.definitions.editing.editor_schema import narrow_schema
    from runner.definitions.load import load
    from runner.definitions.schema.schemas import KINDS

    _check_name(name or _DEFAULT_NAME, list(KINDS), f"there is no schema {name!r} for a set")
    definitions = load([path])
    if definitions.problems:
        found = problems_of(definitions, path)
        click.echo(f"the set has {found}: accounts and events with a problem are left out of the schema", err=True)
    if out is None:
        click.echo(schema_json(narrow_schema(name or _DEFAULT_NAME, definitions)), nl=False)
        return
    for each in [name] if name else KINDS:
        click.echo(f"written: {_write(out, each, definitions)}")


def schema_json(schema: dict[str, Any]) -> str:
    """Return a schema as the text of its file."""
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"


def schema_file(name: str) -> str:
    """Return the name of a schema's file."""
    return f"{name}.schema.json"


def _write(folder: Path, name: str, definitions: Definitions) -> Path:
    from runner.definitions.editing.editor_schema import narrow_schema
    from runner.files import way_out, written_whole

    path = folder / schema_file(name)
    try:
        with written_whole(path) as file:
            file.write(schema_json(narrow_schema(name, definitions)))
    except OSError as error:
        message = f"{path} can't be written: {error.strerror or error}"
        raise UserError(
            ErrorCode.CANNOT_WRITE, message, help=way_out(error, "Give a folder that can be written to.")
        ) from None
    return path


@click.command()
@click.argument("code", required=False, shell_complete=completions.codes)
def explain(code: str | None) -> None:
    """Explain a code or an answer like 429; without CODE, list all.

    CODE is the code of a problem, such as property-unknown, of an error, such as no-match, or of a reason in a plan or
    report, such as grace-ended. It may also be the HTTP status of an answer of the API, such as 429, an action of a
    plan or an outcome of a run, such as in_doubt, or an exit code, such as 4.
    """
    from runner.definitions.problem_codes import Code
    from runner.definitions.suggest import did_you_mean
    from runner.fire.api.refusal_causes import ANSWERS, answer_code
    from runner.report.text.explain_pages import (
        MEANINGS,
        answer_page,
        exit_key,
        listed_by_theme,
        meaning_page,
        page,
        word_page,
    )
    from runner.report.vocabulary import ACTIONS, OUTCOMES

    styled = {"heading": lambda text: click.style(text, bold=True)}
    if code is None:
        click.echo("\n".join(listed_by_theme(_width(), **styled)))
        return
    if key := exit_key(code):
        click.echo("\n".join(meaning_page(key, _width(), **styled)))
        return
    if answer := answer_code(code):
        click.echo("\n".join(answer_page(answer, _width(), **styled)))
        return
    if code in ACTIONS or code in OUTCOMES:
        click.echo("\n".join(word_page(code, _width(), **styled)))
        return
    code = re.sub(r"^(error|warning)(?=\[)", "", code).strip("[]:")
    if code in MEANINGS:
        click.echo("\n".join(meaning_page(code, _width(), **styled)))
        return
    if code not in list(Code):
        known = [*Code, *ANSWERS, *ACTIONS, *OUTCOMES, *MEANINGS]
        hint = did_you_mean(code, known) or "bulletins explain lists all of them."
        message = f"{code!r} is not a code, an answer of the API, an action or an outcome"
        raise UserError(ErrorCode.UNKNOWN_CODE, message, help=hint, exit_code=Exit.USAGE)
    click.echo("\n".join(page(Code(code), _width(), **styled)))


def _width() -> int:
    """Return the width of the terminal, at most 100 columns; 80 without a terminal."""
    import shutil
    import sys

    return min(shutil.get_terminal_size().columns, 100) if sys.stdout.isatty() else 80
