"""What is said of a piece of a template that is not taken, with the mend."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeGuard

from jinja2 import nodes

from runner.definitions.suggest import did_you_mean, listed, quoted
from runner.definitions.templates.filters import RULES
from runner.definitions.templates.syntax_text import arguments, tag, written

# What Python and other template languages call what we have.
_OTHER_NAMES = {
    "casefold": "lower",
    "count": "length",
    "d": "default",
    "len": "length",
    "lstrip": "trim",
    "pad": "zfill",
    "rjust": "zfill",
    "rstrip": "trim",
    "slugify": "slug",
    "str": "string",
    "strip": "trim",
}


class Refused(Exception):
    """A piece of a template that is refused: why, what to write, and its line in the text."""

    def __init__(self, message: str, help: str, line: int = 1) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help
        self.line = line


def is_name(node: nodes.Node, name: str) -> TypeGuard[nodes.Name]:
    return isinstance(node, nodes.Name) and node.name == name


def shown(node: nodes.Node | None) -> str:
    """The piece in quotes, cut where it is long."""
    return quoted(written(node))


def known(columns: Collection[str]) -> str:
    """The columns as prose."""
    return listed(map(_reached, columns)) or "none"


def _reached(column: str) -> str:
    """A column as templates write it: by its name, where that is one for them."""
    return column if column.isidentifier() else f"row[{column!r}]"


def statement_refusal(node: nodes.Node) -> Refused:
    """Of a tag that templates do not take."""
    name = tag(node)
    hint = "Templates know {{ ... }} and {% if %}."
    if name == "for":
        hint = "for_each is the loop: each bulletin sees its own row."
    return Refused(f"a template does not take {{% {name} %}}", hint, node.lineno)


def refusal(node: nodes.Node, columns: Collection[str]) -> Refused:
    """Of an expression of a kind that templates do not take."""
    piece, hint = shown(node), "Write {{ row.column }}, or with a filter: {{ row.column | lower }}."
    match node:
        case nodes.Name():
            return name_refusal(node, columns)
        case nodes.Call(node=nodes.Getattr() as method):
            message, hint = f"{piece} is a call; a template calls nothing", _as_filter(node, method, columns)
        case nodes.Call():
            message = f"{piece} is a call; a template calls nothing"
        case nodes.BinExpr():
            message = f"{piece}: numbers are only added and subtracted"
            hint = "Put the result in a column of its own."
        case nodes.List() | nodes.Tuple() | nodes.Dict():
            message, hint = f"{piece} is not one text", "Join texts with ~; a list stands only behind in."
        case _:
            message = f"{piece} is not a part of templates here"
    return Refused(message, hint, node.lineno)


def name_refusal(node: nodes.Name, columns: Collection[str]) -> Refused:
    """Of a name that stands alone."""
    if node.name == "row":
        hint = f"Write row and a column; the columns are {known(columns)}."
        return Refused("row is the whole row, not a text", hint, node.lineno)
    if node.name == "occurrence":
        message = "a field of the occurrence stands alone in its brackets: its value is known only when it is due"
        return Refused(message, "Write {{ occurrence.date }}.", node.lineno)
    hint = f"Write row.{node.name}." if node.name in columns else "Put texts in quotes; cells are row.column."
    return Refused(f"the name {quoted(node.name)} is not known in a template", hint, node.lineno)


def _as_filter(call: nodes.Call, method: nodes.Getattr, columns: Collection[str]) -> str:
    if isinstance(method.node, nodes.Name):
        return f"Write row and a column; the columns are {known(columns)}."
    name = _OTHER_NAMES.get(method.attr, method.attr)
    if name not in RULES:
        return f"The filters are {', '.join(RULES)}."
    takes = arguments(call) if RULES[name].arguments else ""
    return f"Write {written(method.node)} | {name}{takes}."


def reach_refusal(node: nodes.Getattr | nodes.Getitem, of: nodes.Node, columns: Collection[str]) -> Refused:
    """Of an attribute or an item of something else than the row."""
    if isinstance(of, nodes.Name) and of.name == "occurrence":
        return name_refusal(of, columns)
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        message = f"{shown(node)}: a name that begins with an underscore is never reached"
        return Refused(message, "Write {{ row.column }}.", node.lineno)
    if isinstance(of, nodes.Name):
        message = f"{shown(node)}: only row and occurrence have anything in them"
        return Refused(message, f"Write row and a column; the columns are {known(columns)}.", node.lineno)
    hint = "A cell is one text: write {{ row.column }}, or cut it: {{ row.column[:10] }}."
    return Refused(f"{shown(node)} reaches into a text", hint, node.lineno)


def column_refusal(node: nodes.Node, column: str, columns: Collection[str]) -> Refused:
    """Of a column that the rows do not have."""
    if not columns:
        hint = "Give the entry a for_each, or write the value."
        return Refused(f"{shown(node)}: the entry has no rows", hint, node.lineno)
    hint = f"{did_you_mean(column, map(_reached, columns))} The columns are {known(columns)}.".lstrip()
    return Refused(f"{shown(node)}: the rows have no column {quoted(column)}", hint, node.lineno)


def filter_refusal(node: nodes.Filter) -> Refused:
    """Of a filter that there is not."""
    name = _OTHER_NAMES.get(node.name, "")
    hint = f"Did you mean {name}?" if name else did_you_mean(node.name, RULES)
    hint = f"{hint} The filters are {', '.join(RULES)}.".lstrip()
    return Refused(f"there is no filter {quoted(node.name)}", hint, node.lineno)


def example(name: str) -> str:
    """How a filter is written."""
    examples = {
        "replace": "Write row.column | replace(' ', '-').",
        "default": "Write row.column | default('none'); it stands in for an empty cell.",
        "truncate": "Write row.column | truncate(80).",
        "zfill": "Write row.column | zfill(3).",
    }
    return examples.get(name, f"Write row.column | {name}.")
