"""The texts of an entry, compiled once by Jinja2's sandbox and then filled in from row after row.

All texts of an entry are one Jinja2 template, which is cheaper than one for each. A separator ends each text.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from functools import cache
from itertools import takewhile
from typing import Any

from jinja2 import StrictUndefined, Template, nodes
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from runner.definitions.suggest import quoted
from runner.definitions.templates import (
    Key,
    RowFault,
    TemplateFault,
    TemplateRefusal,
    holds_marker,
    is_template,
    marker,
)
from runner.definitions.templates.filters import FILTERS, MAX_CHARACTERS, TESTS, join
from runner.definitions.templates.language import Checker, parse

# After the check of the language, only a missing cell can fail. The others are a precaution.
_FAILURES = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError)
_JOIN = "~"  # the filter that replaces the operator, which has no bound; no template can name it
_SEPARATOR = "\0"
_RESERVED = re.compile("[\0\1]")
_OCCURRENCE = re.compile("\1([a-z_]+)\1")


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 with no functions and only the filters of this package: a second wall behind the check of the language."""

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, cache_size=0)
        self.globals.clear()
        self.filters = {_JOIN: lambda *parts: join(parts), **{name: rule.apply for name, rule in FILTERS.items()}}
        self.tests = {name: test for name, (test, _) in TESTS.items()}

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A cell of a row or a part of a text; never an attribute of an object."""
        try:
            return obj[argument]
        except (LookupError, TypeError):
            return self.undefined(obj=obj, name=argument)

    getattr = getitem  # type: ignore[assignment]  # the name of a parameter differs

    def is_safe_callable(self, obj: Any) -> bool:
        return False


_sandbox = cache(Sandbox)


def compiled(
    texts: Mapping[Key, str], columns: Sequence[str], with_occurrence: Container[Key], *, literal: bool = False
) -> Renderer | list[TemplateFault]:
    """The Renderer of an entry's texts, or a fault for each text that can't be used."""
    checker = Checker(columns, literal=literal)
    templates: dict[Key, nodes.Template] = {}
    read: dict[Key, tuple[str, ...]] = {}
    faults = []
    for key, text in texts.items():
        if not is_template(text):
            continue
        try:
            templates[key] = parse(text, _sandbox())
            read[key] = checker.check(templates[key], with_occurrence=key in with_occurrence)
        except TemplateRefusal as refusal:
            place = f" (line {refusal.line} of the text)" if "\n" in text else ""
            faults.append(TemplateFault(key, refusal.message + place, refusal.help))
    if faults:
        return faults
    try:
        template = _compiled(templates.values()) if templates else None
    except (TemplateError, SyntaxError, RecursionError, MemoryError, ValueError):
        return [TemplateFault(next(iter(templates)), "the template is too complicated", "Simplify it.")]
    later = frozenset(key for key in read if key in with_occurrence)
    return Renderer(texts, template, read, checker.pieces, later if literal else None)


def _compiled(templates: Iterable[nodes.Template]) -> Template:
    """One Jinja2 template of all texts."""
    tree = nodes.Template([], lineno=1)
    for template in templates:
        tree.body += [*template.body, nodes.Output([nodes.TemplateData(_SEPARATOR)], lineno=1)]
    _Preparation().visit(tree)
    tree.set_environment(_sandbox())
    return Template.from_code(_sandbox(), _sandbox().compile(tree), {})


class _Preparation(NodeTransformer):
    """Gives each `~` of a checked template a bound, and writes each field of the occurrence as \\1date\\1.

    The marker `{{ occurrence.date }}` itself would look like a template when the finished text is checked.
    """

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        self.generic_visit(node)
        first, *others = node.nodes
        return nodes.Filter(first, _JOIN, others, [], None, None, lineno=node.lineno)

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:
        if isinstance(node.node, nodes.Name) and node.node.name == "occurrence":
            return nodes.TemplateData(f"\1{node.attr}\1", lineno=node.lineno)
        return node


class Renderer:
    """Fills in the texts of one entry from a row."""

    __slots__ = ("_columns", "_later", "_template", "_texts", "pieces", "read")

    def __init__(
        self,
        texts: Mapping[Key, str],
        template: Template | None,
        read: Mapping[Key, Sequence[str]],
        pieces: int,
        literal_later: Container[Key] | None = None,
    ) -> None:
        self.pieces = pieces  # the cost of one row
        self._texts = dict(texts)
        self._template = template
        self.read = read  # the columns of each text that is a template
        self._later = literal_later  # None if no finished text may contain braces; else the texts with an occurrence
        self._columns = tuple(dict.fromkeys(column for columns in read.values() for column in columns))

    def render(self, row: Mapping[str, str]) -> dict[Key, str]:
        """All texts of the entry, filled in. Raises RowFault."""
        texts = self._texts.copy()
        if self._template is None:
            return texts
        cells = "".join([row.get(column, "") for column in self._columns])
        is_suspicious = "{" in cells or len(cells) > MAX_CHARACTERS or _RESERVED.search(cells)
        context = self._template.new_context({"row": row}, shared=True)
        pieces = self._template.root_render_func(context)
        for key, columns in self.read.items():
            try:
                if is_suspicious:
                    _check_cells(row, columns, literal=self._later is not None)
                text = join(takewhile(_SEPARATOR.__ne__, pieces))
                texts[key] = _finished(text, literal=self._later is not None, later=key in (self._later or ()))
            except TemplateRefusal as refusal:
                raise RowFault(TemplateFault(key, refusal.message, refusal.help)) from None
            except _FAILURES:
                raise RowFault(_failure(key, columns, row)) from None
        return texts


def _check_cells(row: Mapping[str, str], columns: Sequence[str], *, literal: bool) -> None:
    for column in columns:
        cell = row.get(column, "")
        if is_template(cell) and not literal:
            message = f"the cell {quoted(column)} contains {{{{, {{% or {{#: a cell is never a template"
            raise TemplateRefusal(message, "Remove {{, {% or {# from the cell, or add literal_braces: true.")
        if len(cell) > MAX_CHARACTERS:
            message = f"the cell {quoted(column)} has {len(cell):,} characters; {MAX_CHARACTERS:,} are allowed"
            raise TemplateRefusal(message, "Shorten it.")
        if found := _RESERVED.search(cell):
            message = f"the cell {quoted(column)} contains the control character U+{ord(found[0]):04X}"
            raise TemplateRefusal(message, "Remove it.")


def _finished(text: str, *, literal: bool, later: bool) -> str:
    if later and holds_marker(text):
        message = f"{quoted(text)} contains a field of the occurrence from a cell or from {{% raw %}}"
        raise TemplateRefusal(message, "Write the field in the text of the entry itself, or remove it.")
    if is_template(text) and not literal:
        message = "the row and the template together make a {{, {% or {#"
        raise TemplateRefusal(message, "Remove the { at the end of the cell or of the text before it.")
    return _OCCURRENCE.sub(lambda found: marker(found[1]), text) if "\1" in text else text


def _failure(key: Key, columns: Sequence[str], row: Mapping[str, str]) -> TemplateFault:
    missing = next((column for column in columns if column not in row), None)
    if missing is None:
        return TemplateFault(key, "the template can't be filled in from this row", "Simplify the template.")
    return TemplateFault(key, f"the row has no {quoted(missing)}", "Add it to the row.")
