"""Escape text for GitHub's Markdown, and fit blocks of Markdown into a number of characters.

Every character with a meaning in Markdown is written as an entity, which is never read as markup. Characters that a
terminal would obey are escaped before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runner.report.safe_text import printable

MAX_CHARACTERS = 60_000  # GitHub takes 65,536 characters for a comment
# The alternatives at the end begin links and emoji. The colon of a time and a colon before a space stay.
_MEANINGFUL = re.compile(r"[&<>`*_\[\]|\\~#@$]|(?<=www)\.|:(?=[^\s\d])|:(?=\d{3,}:)")
_APART = "<!-- -->"  # prevents GitHub from notifying people and linking issues that a text names
_NOTE_RESERVE = 200
_RUN_OF_BACKTICKS = re.compile("`+")


def escape(text: str, *, longest: int = 0) -> str:
    """Escape the text so that Markdown shows it unchanged, on one line, cut after `longest` characters if given."""
    shown = printable(text)
    if longest and len(shown) > longest:
        shown = shown[: longest - 1] + "…"
    return _MEANINGFUL.sub(lambda found: _entity(found.group()), shown)


def _entity(character: str) -> str:
    return f"&#{ord(character)};{_APART if character in '@#' else ''}"


def code(text: str, *, longest: int = 0) -> str:
    """Escape the text and show it in a fixed-width font, where GitHub makes no links, mentions or pictures."""
    return f"<code>{escape(text, longest=longest)}</code>"


def fenced(lines: Iterable[str], language: str = "") -> list[str]:
    """Return the lines as a code block. Each stays one line, and none of them can end the block."""
    shown = [printable(line) for line in lines]
    longest = max((len(run) for line in shown for run in _RUN_OF_BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *shown, fence]


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a page: its head, pieces of whole lines, and its tail. Pieces can be left out from the end.

    A `kept` block is always on the page and whole, as long as all kept blocks fill at most half of the page.
    """

    head: Sequence[str]
    pieces: Sequence[str] = ()
    tail: Sequence[str] = ()
    kept: bool = False


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Block:
    """Return a table; its cells must be Markdown already."""
    return Block(
        [_row(header), _row(["---"] * len(header))],
        [_row(row) for row in rows],
        [""],
    )


def folded(summary: str, block: Block) -> Block:
    """Return the block folded behind its summary, which must be escaped already."""
    return Block(
        ["<details>", f"<summary>{summary}</summary>", "", *block.head],
        block.pieces,
        [*block.tail, "</details>", ""],
    )


def page(blocks: Iterable[Block], *, limit: int = MAX_CHARACTERS) -> str:
    """Join the blocks in at most `limit` characters; a last line counts the pieces that had no room."""
    lines: list[str] = []
    blocks = tuple(blocks)
    kept = _kept(blocks, limit // 2)
    room = limit - _NOTE_RESERVE - sum(kept.values())
    left_out = 0
    for number, block in enumerate(blocks):
        if number in kept:
            lines += [*block.head, *block.pieces, *block.tail]
            continue
        frame = _length(block.head) + _length(block.tail)
        if frame + (len(block.pieces[0]) if block.pieces else 0) > room:
            left_out += max(1, len(block.pieces))
            continue
        room -= frame
        taken = []
        for piece in block.pieces:
            if len(piece) + 1 > room:
                break
            room -= len(piece) + 1
            taken.append(piece)
        left_out += len(block.pieces) - len(taken)
        lines += [*block.head, *taken, *block.tail]
    if left_out:
        lines.append(f"_Cut to {limit:,} characters: {left_out:,} more lines or parts are not shown._")
    return "\n".join(lines).rstrip("\n") + "\n"


def _kept(blocks: Sequence[Block], room: int) -> dict[int, int]:
    """Return the lengths of the kept blocks by their number."""
    found = {}
    for number, block in enumerate(blocks):
        length = _length([*block.head, *block.pieces, *block.tail])
        if block.kept and length <= room:
            found[number] = length
            room -= length
    return found


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)
