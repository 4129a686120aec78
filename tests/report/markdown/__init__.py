"""Markdown, read back as a browser would: by a parser of it, and one of the HTML that comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_OURS = {"p", "strong", "em", "code", "pre", "br", "sub", "ul", "li", "blockquote", "details", "summary"}
ALLOWED = _OURS | {"table", "thead", "tbody", "tr", "th", "td"}


@dataclass
class Rendered:
    """What a reader sees: the tags that were made, all text, and tables as rows of cells' texts."""

    tags: set[str] = field(default_factory=set)
    attributes: set[tuple[str, str]] = field(default_factory=set)
    text: str = ""
    rows: list[list[str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen = Rendered()
        self._cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.tags.add(tag)
        self.seen.attributes |= {(name, value or "") for name, value in attrs}
        if tag == "tr":
            self.seen.rows.append([])
        if tag in ("td", "th"):
            self.seen.rows[-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._cell = False

    def handle_data(self, data: str) -> None:
        self.seen.text += data
        if self._cell:
            self.seen.rows[-1][-1] += data

    def handle_comment(self, data: str) -> None:
        if data.strip():  # those that keep an @ from its name are blank
            self.seen.tags.add("!--")

    def handle_decl(self, decl: str) -> None:
        self.seen.tags.add("!")

    def unknown_decl(self, data: str) -> None:
        self.seen.tags.add("![")


def rendered(markdown: str) -> Rendered:
    """What the page looks like, with HTML let through as GitHub does."""
    reader = _Reader()
    reader.feed(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))
    reader.close()
    return reader.seen
