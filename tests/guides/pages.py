"""The guides and README, taken apart: fenced blocks, tables, links and the commands that they show."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from runner.cli.program import cli
from runner.guides import TOPICS

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "runner" / "guides"
PAGES = [ROOT / "README.md", *(GUIDES / f"{topic}.md" for topic in TOPICS)]

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`(bulletins [^`\n]*)`(?!`)")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_PLACEHOLDER = re.compile(r"[A-Z][A-Z.…]*")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language and its text, without the indentation of the fence."""

    language: str
    text: str


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found = []
    for indent, language, text in _BLOCK.findall(page.read_text(encoding="utf-8")):
        found.append(Block(language, re.sub(f"^{indent}", "", text, flags=re.MULTILINE)))
    return found


def table(page: Path, header: str) -> dict[str, list[str]]:
    """The rows of the table whose first column is called `header`: the other cells by the first, without back quotes.

    Raises LookupError where the page has not exactly one such table.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith(f"| {header} |")]
    if len(starts) != 1:
        raise LookupError(f"{page.name} has {len(starts)} tables that begin with {header!r}")
    rows: dict[str, list[str]] = {}
    for line in lines[starts[0] + 2 :]:
        if not line.startswith("|"):
            break
        first, *others = (cell.strip() for cell in line.strip("|").split("|"))
        rows[first.strip("`")] = [cell.strip("`") for cell in others]
    return rows


def links(page: Path) -> list[str]:
    """What the links and pictures of a page lead to."""
    return _LINK.findall(page.read_text(encoding="utf-8"))


def commands(page: Path) -> Iterator[str]:
    """Every call of the program that a page shows, in blocks and in sentences."""
    text = page.read_text(encoding="utf-8")
    yield from _INLINE.findall(_BLOCK.sub("", text))
    for block in blocks(page):
        for line in block.text.replace("\\\n", " ").splitlines():
            found = re.search(r"(?:^|[$&|] |\brun: |\.venv/bin/)(bulletins .*)", line)
            if (found and block.language not in ("yaml", "")) or (found and "run:" in line):
                yield found[1]


def check_call(call: str) -> None:
    """Raises AssertionError where a call names a command or an option that the program does not have."""
    words = shlex.split(call.partition("  #")[0].partition(" > ")[0].partition(" | ")[0])[1:]
    command: click.Command = cli
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        context = click.Context(command)
        found = command.get_command(context, words[0])
        if found is None and _PLACEHOLDER.fullmatch(words[0]):
            return
        assert found is not None, f"{call!r}: there is no command {words[0]!r}"
        command, words = found, words[1:]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        if word.startswith("--") and word not in ("--help", "--version"):
            assert word.partition("=")[0] in options, f"{call!r}: there is no option {word}"
