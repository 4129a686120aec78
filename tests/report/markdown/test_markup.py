"""Text stays text, whatever it holds; pages fit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.hostile import HOSTILE
from report.markdown import ALLOWED, rendered
from runner.report.markdown.markup import Block, code, escape, fenced, folded, page, table
from runner.report.safe_text import printable

# Markdown itself replaces what is no character, and drops blanks at the ends of a cell.
_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd\0"))


def in_a_cell(text: str) -> str:
    """What a reader sees of a text in a cell that has another to its right."""
    page_of_one = page([table(["what", "next"], [[escape(text), "right"], [code(text), "right"]])])
    seen = rendered(page_of_one)
    assert seen.tags <= ALLOWED, page_of_one
    (_, (first, right), (second, also_right)) = seen.rows
    assert right == also_right == "right", page_of_one
    assert first == second.strip(), page_of_one
    return first


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_in_a_cell_is_what_is_seen(text: str) -> None:
    assert in_a_cell(text) == printable(text).strip()


@given(_texts)
def test_any_text_in_a_cell_is_what_is_seen(text: str) -> None:
    assert in_a_cell(text).split() == printable(text).split()


@given(st.lists(_texts, max_size=5))
def test_any_lines_in_a_fence_stay_in_it(lines: list[str]) -> None:
    block = Block(["before", "", *fenced(lines, "diff"), "", "after"])
    seen = rendered(page([folded("what", block), Block(["**end**"])]))

    assert seen.tags == {"details", "summary", "p", "pre", "code", "strong"}
    assert seen.attributes == {("class", "language-diff")}
    assert [line for line in seen.text.split("\n") if line.strip()] == [
        "what",
        "before",
        *(printable(line) for line in lines if printable(line).strip()),
        "after",
        "end",
    ]


def test_mentions_links_and_pictures_are_not_written_out() -> None:
    for text in (HOSTILE["mention"], HOSTILE["link"], "see www.example.com and http://example.com"):
        for found in ("@", "#1", "](", "://", ":+1:", "www."):
            assert found not in escape(text).replace("&#", "")


def test_long_text_is_cut() -> None:
    assert escape("x" * 100, longest=10) == "x" * 9 + "…"
    assert escape("x" * 10, longest=10) == "x" * 10


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 200)), max_size=8), st.integers(400, 4000))
def test_a_page_keeps_to_its_limit_and_says_what_it_left_out(shape: list[tuple[int, int]], limit: int) -> None:
    blocks = [table(["x"], [["y" * width]] * count) for count, width in shape]
    whole = page(blocks, limit=10**9)
    cut = page(blocks, limit=limit)

    assert len(cut) <= limit
    assert ("not shown" in cut) == (cut != whole)
    kept = [line for line in cut.splitlines() if line and "not shown" not in line]
    assert all(line in whole.splitlines() for line in kept)


def test_a_cut_page_is_still_whole_markdown() -> None:
    rows = table(["id", "why"], [[code(str(number)), escape("a | b `c`" * 20)] for number in range(3_000)])
    blocks = [Block(["**head**", ""]), folded("all", rows), Block(["", "<sub>foot</sub>"])]
    seen = rendered(page(blocks))

    assert seen.tags == ALLOWED - {"br", "pre", "ul", "li", "blockquote"}
    assert {len(row) for row in seen.rows} == {2}
    assert 100 < len(seen.rows) < 3_000
    assert seen.text.rstrip().endswith(f"{3_001 - len(seen.rows):,} more lines or parts are not shown.")
