"""The language of templates: an allow-list of the node types of Jinja2.

Takes the text of a template. Returns Jinja2's syntax tree, safe to compile, and the columns that it reads.
A node without a method in `Checker` is refused, and each method checks every field of its node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from jinja2 import nodes
from jinja2.environment import Environment
from jinja2.exceptions import TemplateSyntaxError
from jinja2.visitor import NodeVisitor

from runner.definitions.characters import FORBIDDEN
from runner.definitions.suggest import did_you_mean, listed, quoted
from runner.definitions.templates import OCCURRENCE_FIELDS, TemplateRefusal, is_template
from runner.definitions.templates.filters import FILTERS, TESTS, ValueKind
from runner.definitions.templates.refusals import OTHER_NAMES, not_allowed, refused, template_column, written
from runner.definitions.templates.syntax_messages import syntax_message

MAX_TEMPLATE_CHARACTERS = 8_192
MAX_DEPTH = 20
MAX_PIECES = 1_000  # of all texts of an entry: the cost of a row

_LARGEST_NUMBER = 10**15
_TEXTS_ONLY = {ValueKind.TEXT}
_COMPARABLE = {ValueKind.TEXT, ValueKind.NUMBER}


def parse(text: str, environment: Environment) -> nodes.Template:
    """Parse a template with Jinja2. Raises TemplateRefusal."""
    if len(text) > MAX_TEMPLATE_CHARACTERS:
        message = f"the template has {len(text):,} characters; {MAX_TEMPLATE_CHARACTERS:,} are allowed"
        raise TemplateRefusal(message, "Shorten it, or put long texts into a column.")
    if found := FORBIDDEN.search(text):
        raise TemplateRefusal(f"the template contains the control character U+{ord(found[0]):04X}", "Remove it.")
    if "\r" in text:  # Jinja2 would change it to another line end
        raise TemplateRefusal("the template contains a carriage return", r"End lines with \n only.")
    try:
        return environment.parse(text)
    except TemplateSyntaxError as error:
        raise TemplateRefusal(*syntax_message(str(error.message)), error.lineno) from None
    except RecursionError:
        raise TemplateRefusal("the template is nested too deeply", "Remove unneeded brackets.") from None
    except (ValueError, OverflowError):  # a number with thousands of digits
        raise TemplateRefusal("the template contains a number that is too large", "Put it in quotes.") from None


class Checker(NodeVisitor):
    """Checks the texts of one entry against the allow-list, and counts their pieces.

    The method of an expression takes the depth of its operands and returns the kinds of value that it may have.
    """

    def __init__(self, columns: Sequence[str], *, literal: bool = False) -> None:
        self.pieces = 0
        self._literal = literal  # finished texts may contain braces
        self._columns = dict.fromkeys(columns)
        self._read: dict[str, None] = {}
        self._with_occurrence = False

    def check(self, template: nodes.Template, *, with_occurrence: bool) -> tuple[str, ...]:
        """Check one text. Returns the columns that it reads. Raises TemplateRefusal."""
        self._read, self._with_occurrence = {}, with_occurrence
        self._statements(template.body, 0)
        return tuple(self._read)

    def _kind(self, node: nodes.Node, depth: int) -> ValueKind:
        if depth > MAX_DEPTH:
            message = "the template is nested too deeply"
            raise TemplateRefusal(message, "Simplify it, or put its result into a column.", node.lineno)
        self.pieces += 1
        if self.pieces > MAX_PIECES:
            message = f"the templates of the entry have more than {MAX_PIECES:,} pieces"
            raise TemplateRefusal(message, "Put their results into a column.", node.lineno)
        kind: ValueKind = self.visit(node, depth + 1)
        return kind

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> Any:
        raise not_allowed(node, self._columns)

    # Statements

    def _statements(self, statements: Iterable[nodes.Node], depth: int) -> None:
        for each in statements:
            self._kind(each, depth)

    def visit_If(self, node: nodes.If, depth: int) -> None:
        self._kind(node.test, depth)
        self._statements((*node.body, *node.elif_, *node.else_), depth)

    def visit_Output(self, node: nodes.Output, depth: int) -> None:
        for each in node.nodes:
            match each:
                case nodes.TemplateData():
                    if is_template(each.data) and not self._literal:
                        message = "{% raw %} is not allowed: no finished text may contain {{, {% or {#"
                        raise TemplateRefusal(message, "Remove it, or add literal_braces: true.", each.lineno)
                case nodes.Getattr(node=nodes.Name(name="occurrence")):
                    self._occurrence(each)
                case _:
                    self._text(each, depth)

    def _occurrence(self, node: nodes.Getattr) -> None:
        if not self._with_occurrence:
            message = "only the name and properties of a recurring schedule know their occurrence"
            raise refused(node, message, "Remove it, or give the entry a schedule with cron.")
        if node.attr not in OCCURRENCE_FIELDS:
            fields = f"It has {', '.join(OCCURRENCE_FIELDS)}."
            message = f"an occurrence has no {quoted(node.attr)}"
            raise refused(node, message, did_you_mean(node.attr, OCCURRENCE_FIELDS) or fields)

    # Values

    def visit_Const(self, node: nodes.Const, _: int) -> ValueKind:
        value = node.value
        if isinstance(value, bool):
            return ValueKind.TRUTH
        if isinstance(value, str):
            if FORBIDDEN.search(value):
                raise refused(node, "no text may contain a control character", "Remove it.")
            if is_template(value) and not self._literal:
                hint = "Remove it, or add literal_braces: true."
                raise refused(node, "no text may contain {{, {% or {#", hint)
            return ValueKind.TEXT
        if isinstance(value, int) and abs(value) <= _LARGEST_NUMBER:
            return ValueKind.NUMBER
        raise refused(node, "this is neither a text nor a small whole number", "Put it in quotes.")

    def visit_Getattr(self, node: nodes.Getattr, _: int) -> ValueKind:
        return self._cell(node, node.attr)

    def visit_Getitem(self, node: nodes.Getitem, depth: int) -> ValueKind:
        if isinstance(node.arg, nodes.Slice):
            return self._slice(node, node.arg, depth)
        return self._cell(node, node.arg.value if isinstance(node.arg, nodes.Const) else None)

    def _cell(self, node: nodes.Getattr | nodes.Getitem, column: object) -> ValueKind:
        if not (isinstance(node.node, nodes.Name) and node.node.name == "row"):
            raise not_allowed(node, self._columns)
        if isinstance(column, str) and column in self._columns:
            self._read[column] = None
            return ValueKind.TEXT
        names = [template_column(each) for each in self._columns]
        if not isinstance(column, str):
            raise refused(node, "a column is named by a text", f"The columns are {listed(names) or 'none'}.")
        if not names:
            raise refused(node, "the entry has no rows", "Give the entry a for_each, or write the value.")
        near = did_you_mean(column, names)
        hint = f"{near} The columns are {listed(names)}.".lstrip()
        hint += "" if near else " In a CSV file, the first line has to contain the names of the columns."
        raise refused(node, f"the rows have no column {quoted(column)}", hint)

    def _slice(self, node: nodes.Getitem, cut: nodes.Slice, depth: int) -> ValueKind:
        if cut.step is not None or not all(each is None or _is_bound(each) for each in (cut.start, cut.stop)):
            hint = "Write row.column[:10], row.column[5:7] or row.column[-4:]."
            raise refused(node, "a text is cut by whole numbers only", hint)
        if self._kind(node.node, depth) is not ValueKind.TEXT:
            raise refused(node, "only a text can be cut", f"Write ({written(node.node)} | string)[{written(cut)}].")
        return ValueKind.TEXT

    def _text(self, node: nodes.Node, depth: int) -> None:
        """Check an expression that is used as a text, as numbers are, too."""
        if ValueKind.TRUTH in self._kind(node, depth):
            raise refused(node, "this gives true or false, not a text", "Write 'this' if ... else 'that'.")

    def _number(self, node: nodes.Node, whole: nodes.Node, depth: int) -> ValueKind:
        if self._kind(node, depth) is not ValueKind.NUMBER:
            hint = f"Write {written(node)} | int. To join texts, write ~."
            raise refused(whole, f"{quoted(written(node))} is not a number", hint)
        return ValueKind.NUMBER

    # Filters, tests and operators

    def visit_Filter(self, node: nodes.Filter, depth: int) -> ValueKind:
        rule = FILTERS.get(node.name)
        if rule is None:
            other = OTHER_NAMES.get(node.name)
            hint = f"Did you mean {other}?" if other else did_you_mean(node.name, FILTERS)
            hint = f"{hint} The filters are {', '.join(FILTERS)}.".lstrip()
            raise TemplateRefusal(f"there is no filter {quoted(node.name)}", hint, node.lineno)
        self.pieces += rule.cost - 1
        assert node.node is not None  # a filter of {% filter %}
        self._text(node.node, depth)
        match node.args:
            case [nodes.Const(value=int() as number)] if rule.numbers:
                fits = not isinstance(number, bool) and number in rule.numbers
            case _:
                fits = not rule.numbers and len(node.args) == rule.texts
        if not fits or not _has_only_positional(node):
            hint = f"Write row.column | {node.name}{rule.example}."
            raise refused(node, f"{node.name} takes {rule.takes} in brackets", hint)
        for each in () if rule.numbers else node.args:
            self._text(each, depth)
        return rule.result

    def visit_Test(self, node: nodes.Test, depth: int) -> ValueKind:
        if node.name not in TESTS or node.args or not _has_only_positional(node):
            hint = f"Compare with == or in. The tests are {', '.join(TESTS)}."
            raise refused(node, "there is no such test", hint)
        if TESTS[node.name][1] is ValueKind.NUMBER:
            self._number(node.node, node, depth)
        else:
            self._text(node.node, depth)
        return ValueKind.TRUTH

    def visit_Concat(self, node: nodes.Concat, depth: int) -> ValueKind:
        for each in node.nodes:
            self._text(each, depth)
        return ValueKind.TEXT

    def visit_CondExpr(self, node: nodes.CondExpr, depth: int) -> ValueKind:
        if node.expr2 is None:
            raise refused(node, "the else is missing", "Add the text for the other case: ... else ''.")
        self._kind(node.test, depth)
        return self._kind(node.expr1, depth) | self._kind(node.expr2, depth)

    def visit_Compare(self, node: nodes.Compare, depth: int) -> ValueKind:
        left = self._kind(node.expr, depth)
        for operand in node.ops:
            right, is_in = operand.expr, operand.op in ("in", "notin")
            if is_in and len(node.ops) == 1 and isinstance(right, nodes.List | nodes.Tuple):
                kinds, allowed = {self._kind(each, depth + 1) for each in right.items}, _COMPARABLE
            else:
                kinds, allowed = {self._kind(right, depth)}, _TEXTS_ONLY if is_in else _COMPARABLE
            if left not in allowed or not kinds <= {left}:
                hint = "Compare with a text in quotes, or compare row.column | int with a number."
                raise refused(node, "only two texts or two numbers can be compared", hint)
        return ValueKind.TRUTH

    def visit_And(self, node: nodes.And | nodes.Or, depth: int) -> ValueKind:
        return self._kind(node.left, depth) | self._kind(node.right, depth)

    visit_Or = visit_And

    def visit_Not(self, node: nodes.Not, depth: int) -> ValueKind:
        self._kind(node.node, depth)
        return ValueKind.TRUTH

    def visit_Neg(self, node: nodes.Neg | nodes.Pos, depth: int) -> ValueKind:
        return self._number(node.node, node, depth)

    visit_Pos = visit_Neg

    def visit_Add(self, node: nodes.Add | nodes.Sub, depth: int) -> ValueKind:
        self._number(node.left, node, depth)
        return self._number(node.right, node, depth)

    visit_Sub = visit_Add


def _has_only_positional(node: nodes.Filter | nodes.Test) -> bool:
    return not (node.kwargs or node.dyn_args or node.dyn_kwargs)


def _is_bound(node: nodes.Expr) -> bool:
    """Whether the bound of a slice is a whole number."""
    number = node.node if isinstance(node, nodes.Neg) else node
    return isinstance(number, nodes.Const) and type(number.value) is int and number.value <= _LARGEST_NUMBER
