"""A page taken apart by the standard library's parser: its elements, its texts, its scripts."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

_VOID = {"meta", "link", "input", "br", "img"}


@dataclass
class Element:
    """An element: its name, attributes, and the text directly in it."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Parsed(HTMLParser):
    """All elements in their order; `unclosed` are those that never ended, or ended out of turn."""

    html: str
    elements: list[Element] = field(default_factory=list)
    unclosed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []
        self.feed(self.html)
        self.close()
        self.unclosed += [element.tag for element in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps it."""
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps it; it is not open."""
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Ends the innermost element, which must be this one."""
        if not self._open or self._open.pop().tag != tag:
            self.unclosed.append(tag)

    def handle_data(self, data: str) -> None:
        """Text of the innermost element."""
        if self._open:
            self._open[-1].text += data

    def all(self, tag: str) -> list[Element]:
        """The elements of that name."""
        return [element for element in self.elements if element.tag == tag]

    @property
    def data(self) -> dict[str, Any]:
        """What the page carries for its script."""
        return self._json("data")

    @property
    def details(self) -> dict[str, Any]:
        """What it carries for the rows that are opened."""
        return self._json("details")

    def _json(self, name: str) -> dict[str, Any]:
        (script,) = [each for each in self.all("script") if each.attributes.get("id") == name]
        assert script.attributes["type"] == "application/json"
        value: dict[str, Any] = json.loads(script.text)
        return value

    @property
    def script(self) -> str:
        """The one script that runs."""
        (script,) = [each for each in self.all("script") if "type" not in each.attributes]
        return script.text

    @property
    def style(self) -> str:
        """The one style sheet."""
        (style,) = self.all("style")
        return style.text

    @property
    def shape(self) -> list[str]:
        """The names of all elements: the same for the same document, whatever its texts are."""
        return [element.tag for element in self.elements]


def unpacked(data: dict[str, Any], nested: Collection[str] = ()) -> list[dict[str, Any]]:
    """The rows, as `data.js` makes them."""
    pooled = set(data["pooled"])
    rows = [
        {
            name: data["texts"][value] if place in pooled and value is not None else value
            for place, (name, value) in enumerate(zip(data["columns"], row, strict=True))
        }
        for row in data["rows"]
    ]
    return [row | {name: _whole(data, row[name]) for name in nested} for row in rows]


def _whole(data: dict[str, Any], flat: Any) -> Any:
    if not isinstance(flat, list):
        return flat
    leaves = iter(flat[1:])

    def build(shape: Any) -> Any:
        match shape:
            case 0:
                return data["texts"][next(leaves)]
            case 1:
                return next(leaves)
            case ["l", *items]:
                return [build(item) for item in items]
            case [_, keys, *values]:
                return {key: build(value) for key, value in zip(keys, values, strict=True)}

    return build(data["shapes"][flat[0]])
