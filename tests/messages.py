"""Every message that the program can print, by family. `tests/golden/` pins each family in one file.

`python tests/messages.py` prints all families as one text, to be read from top to bottom. After a message was changed
on purpose, `pytest tests/test_golden.py --renew-golden` writes the files anew; review their difference.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

TESTS = Path(__file__).resolve().parent
if __name__ == "__main__":
    sys.path[:0] = [str(TESTS), str(TESTS.parent)]

import planted_mistakes  # noqa: E402 - found once the path is set
from fire import reason_samples as run_samples  # noqa: E402
from message_sources import errors, notices, usage_errors  # noqa: E402
from plan import reason_samples as plan_samples  # noqa: E402

from runner.cli.program import cli  # noqa: E402
from runner.definitions.problem_codes import EXPLANATIONS, Severity  # noqa: E402
from runner.error_codes import ERROR_MEANINGS  # noqa: E402
from runner.reason import REASON_MEANINGS  # noqa: E402

_WIDTH = 80


def _problems() -> Iterator[str]:
    """Each code with its summary, and the messages of its bad examples."""
    found: dict[str, list[str]] = {code.value: [] for code in EXPLANATIONS}
    examples = TESTS / "definitions"
    for path in sorted([*(examples / "invalid").rglob("*.txt"), *(examples / "warned").rglob("*.txt")]):
        for line in path.read_text(encoding="utf-8").splitlines():
            if parts := re.fullmatch(r".*?: (?:error|warning)\[([a-z-]+)\]: (.*)", line):
                found[parts[1]].append(parts[2])
    for code, explanation in EXPLANATIONS.items():
        warns = "" if explanation.severity is Severity.ERROR else f" ({explanation.severity})"
        yield f"{code}: {explanation.summary}{warns}"
        yield f"    why: {explanation.why}"
        yield from (f"    - {each}" for each in dict.fromkeys(found[code.value]))


def _plan_reasons() -> Iterator[str]:
    for step in plan_samples.steps():
        yield f"{step.action.value} [{step.reason.code.value}] {step.reason}"
        if step.kept_reason is not None and step.kept_reason != step.reason:
            yield f"    in the ledger: {step.kept_reason}"


def _run_reasons() -> Iterator[str]:
    yield from (f"[{reason.code.value}] {reason}" for reason in run_samples.samples())
    yield from (f"warning: {each}" for each in run_samples.warnings())


def _meanings() -> Iterator[str]:
    yield from (f"{code.value}: {meaning}" for code, meaning in REASON_MEANINGS.items())
    yield from (f"{code.value}: {meaning}" for code, meaning in ERROR_MEANINGS.items())


def _help() -> Iterator[str]:
    # With the program's own settings: click keeps the help option that a command shows first.
    context = click.Context(cli, info_name="bulletins", terminal_width=_WIDTH, **cli.context_settings)
    yield from _help_of(cli, context)


def _help_of(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"$ {context.command_path} --help"
    yield from (f"    {line}".rstrip() for line in command.get_help(context).splitlines())
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            if (each := command.get_command(context, name)) is not None:
                yield from _help_of(each, click.Context(each, info_name=name, parent=context, terminal_width=_WIDTH))


FAMILIES: Mapping[str, Callable[[], Iterator[str]]] = {
    "problems": _problems,
    "plan_reasons": _plan_reasons,
    "run_reasons": _run_reasons,
    "errors": errors,
    "usage_errors": usage_errors,
    "notices": notices,
    "meanings": _meanings,
    "help": _help,
    "mistakes": planted_mistakes.texts,
}


def text_of(family: str) -> str:
    """Return the text of a family, as its golden file contains it."""
    return "\n".join(FAMILIES[family]()) + "\n"


def golden_file(family: str) -> Path:
    """Return the path of the family's golden file."""
    return TESTS / "golden" / f"{family}.txt"


if __name__ == "__main__":
    for name in FAMILIES:
        print(f"== {name}\n\n{text_of(name)}")
