"""The texts of an entry as one compiled template, filled in row after row.

One run of Jinja2 gives all texts of a row at once. Where that fails, the texts run one by one to say which is at fault.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from functools import cache

from jinja2 import StrictUndefined, Template, nodes
from jinja2.exceptions import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from runner.definitions.suggest import quoted
from runner.definitions.templates import Fault, Key, RowFault, is_template, marker
from runner.definitions.templates.filters import MAX_CHARACTERS, RULES, TESTS, CellRefused, joined, too_long
from runner.definitions.templates.language import JOIN, OCCURRENCE_MARK, Body, Scope, checked
from runner.definitions.templates.refusals import Refused

# The language is checked so that only what is not there can fail; the others are for what nobody thought of.
_FAILURES = (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError)
_SEPARATOR = "\0"
_RESERVED = re.compile(f"[{_SEPARATOR}{OCCURRENCE_MARK}]")
_OCCURRENCE = re.compile(f"{OCCURRENCE_MARK}([a-z_]+){OCCURRENCE_MARK}")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 with nothing in it but our filters. The check of the language is the first wall; this is the second."""

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        return False

    def is_safe_callable(self, obj: object) -> bool:
        return False


@cache
def _sandbox() -> _Sandbox:
    sandbox = _Sandbox(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, cache_size=0)
    sandbox.globals.clear()
    sandbox.filters = {JOIN: joined, **{name: rule.apply for name, rule in RULES.items()}}
    sandbox.tests = {name: test for name, (test, _) in TESTS.items()}
    return sandbox


def compiled(
    texts: Mapping[Key, str], columns: Sequence[str], with_occurrence: Container[Key]
) -> Renderer | list[Fault]:
    """The Renderer of an entry's texts, or a fault for each text that cannot be used."""
    scope = Scope({column: f"cell_{number}" for number, column in enumerate(columns)})
    bodies: dict[Key, Body] = {}
    faults = []
    for key, text in texts.items():
        if not is_template(text):
            continue
        try:
            bodies[key] = checked(text, _sandbox(), scope, with_occurrence=key in with_occurrence)
        except Refused as refusal:
            place = f" (line {refusal.line} of the text)" if "\n" in text else ""
            faults.append(Fault(key, refusal.message + place, refusal.help))
    return faults or _renderer(texts, scope, bodies)


def _renderer(texts: Mapping[Key, str], scope: Scope, bodies: Mapping[Key, Body]) -> Renderer | list[Fault]:
    try:
        return Renderer(texts, scope, bodies)
    except (TemplateError, SyntaxError, RecursionError, MemoryError, ValueError) as error:
        message = f"the template cannot be compiled: {type(error).__name__}"
        return [Fault(next(iter(bodies)), message, "Write less in the templates of the entry.")]


class Renderer:
    """Fills in the texts of one entry from a row."""

    __slots__ = ("_alone", "_bodies", "_keys", "_plain", "_together", "_variables", "pieces")

    def __init__(self, texts: Mapping[Key, str], scope: Scope, bodies: Mapping[Key, Body]) -> None:
        self._plain = {key: "" if key in bodies else text for key, text in texts.items()}
        self.pieces = scope.pieces  # what one row costs
        self._keys = tuple(bodies)
        self._bodies = bodies
        used = dict.fromkeys(column for body in bodies.values() for column in body.columns)
        self._variables = tuple((scope.variables[column], column) for column in used)
        statements: list[nodes.Node] = []
        for body in bodies.values():
            statements += [*body.statements, nodes.Output([nodes.TemplateData(_SEPARATOR)], lineno=1)]
        self._together = _template(statements[:-1])
        self._alone: dict[Key, Template] = {}

    def render(self, row: Mapping[str, str]) -> dict[Key, str]:
        """All texts of the entry, filled in. Raises RowFault."""
        try:
            cells = {variable: row[column] for variable, column in self._variables}
        except KeyError:  # only what is needed has to be there
            cells = {variable: row[column] for variable, column in self._variables if column in row}
        values = "".join(cells.values())
        texts = None
        if "{" not in values and not _RESERVED.search(values) and len(values) <= MAX_CHARACTERS:
            texts = self._all(cells)
        if texts is None:
            texts = self._one_by_one(row, cells)
        return {**self._plain, **texts}

    def _all(self, cells: Mapping[str, str]) -> dict[Key, str] | None:
        try:
            text = _filled(self._together, cells)
        except (CellRefused, *_FAILURES):
            return None
        if "{" in text:
            return None
        if OCCURRENCE_MARK in text:
            text = _with_markers(text)
        return dict(zip(self._keys, text.split(_SEPARATOR), strict=True)) if self._keys else {}

    def _one_by_one(self, row: Mapping[str, str], cells: Mapping[str, str]) -> dict[Key, str]:
        return {key: self._one(key, row, cells) for key in self._keys}

    def _one(self, key: Key, row: Mapping[str, str], cells: Mapping[str, str]) -> str:
        body = self._bodies[key]
        for column in body.columns:
            if fault := _cell_fault(key, column, row.get(column, "")):
                raise RowFault(fault)
        if key not in self._alone:
            self._alone[key] = _template(body.statements)
        try:
            text = _filled(self._alone[key], cells)
        except CellRefused as refusal:
            raise RowFault(Fault(key, refusal.message, refusal.help)) from None
        except _FAILURES as error:
            missing = next((column for column in body.columns if column not in row), None)
            if missing is not None:
                raise RowFault(Fault(key, f"the row has no {quoted(missing)}", "Write it in the row.")) from None
            message = f"the row cannot be filled in: {type(error).__name__}"
            raise RowFault(Fault(key, message, "Write the template simpler.")) from None
        if is_template(text):
            message = "the row and the template together make a {{, {% or {#"
            raise RowFault(Fault(key, message, "Remove the { at the end of the cell or of the text before it."))
        return _with_markers(text)


def _template(statements: Sequence[nodes.Node]) -> Template:
    sandbox = _sandbox()
    tree = nodes.Template(list(statements), lineno=1)
    tree.set_environment(sandbox)
    return Template.from_code(sandbox, sandbox.compile(tree), {})


def _filled(template: Template, cells: Mapping[str, str]) -> str:
    pieces = []
    size = 0
    for piece in template.root_render_func(template.new_context(dict(cells), shared=True)):
        size += len(piece)
        if size > MAX_CHARACTERS:
            raise too_long(MAX_CHARACTERS)
        pieces.append(piece)
    return "".join(pieces)


def _with_markers(text: str) -> str:
    return _OCCURRENCE.sub(lambda found: marker(found[1]), text)


def _cell_fault(key: Key, column: str, cell: str) -> Fault | None:
    if is_template(cell):
        message = f"the cell {quoted(column)} holds {{{{: cells are filled in as they stand, not as templates"
        return Fault(key, message, "Remove {{, {% or {# from the cell.")
    if len(cell) > MAX_CHARACTERS:
        message = f"the cell {quoted(column)} has {len(cell):,} characters; it may have {MAX_CHARACTERS:,}"
        return Fault(key, message, "Shorten it.")
    if found := _RESERVED.search(cell):
        message = f"the cell {quoted(column)} holds the control character U+{ord(found[0]):04X}"
        return Fault(key, message, "Remove it.")
    return None
