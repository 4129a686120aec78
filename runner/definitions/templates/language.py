"""What a template may say: Jinja2's parse of one text, checked piece by piece against a short list.

What is not on the list is refused with the mend. What is gives new nodes, in which each cell is a variable of its
own: no template that runs ever looks up an attribute or an item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jinja2 import nodes
from jinja2.environment import Environment
from jinja2.exceptions import TemplateSyntaxError
from jinja2.parser import Parser

from runner.definitions.reading.characters import FORBIDDEN
from runner.definitions.suggest import did_you_mean, listed, quoted
from runner.definitions.templates import OCCURRENCE_FIELDS, is_template
from runner.definitions.templates.filters import RULES, TESTS, Argument, Kind
from runner.definitions.templates.refusals import (
    Refused,
    column_refusal,
    example,
    filter_refusal,
    is_name,
    known,
    reach_refusal,
    refusal,
    shown,
    statement_refusal,
)
from runner.definitions.templates.syntax_text import syntax_words, written

MAX_TEMPLATE_CHARACTERS = 8_192
MAX_DEPTH = 20
MAX_PIECES = 1_000  # of all texts of an entry: what filling in one row costs at most
JOIN = "~"  # the filter that stands for the operator; no template can name it
OCCURRENCE_MARK = "\x01"  # stands around a field of the occurrence while a row is filled in

_LARGEST = 10**15


@dataclass(slots=True)
class Scope:
    """What the texts of one entry may name, and how much they do."""

    variables: Mapping[str, str]  # column -> the variable that holds its cell
    pieces: int = 0


@dataclass(slots=True)
class Body:
    """One text, checked: the nodes that give it, and the columns that it fills in."""

    statements: list[nodes.Node]
    columns: tuple[str, ...]


def checked(text: str, environment: Environment, scope: Scope, *, with_occurrence: bool) -> Body:
    """The text as nodes that are safe to run. Raises Refused."""
    if len(text) > MAX_TEMPLATE_CHARACTERS:
        message = f"the template has {len(text):,} characters; it may have {MAX_TEMPLATE_CHARACTERS:,}"
        raise Refused(message, "Shorten it, or put long texts in a column.")
    if found := FORBIDDEN.search(text):
        raise Refused(f"the template holds the control character U+{ord(found[0]):04X}", "Remove it.")
    if "\r" in text:  # Jinja2 would make another line end of it
        raise Refused("the template holds a carriage return", r"End lines with \n alone.")
    try:
        parsed = Parser(environment, text).parse()
    except TemplateSyntaxError as error:
        raise Refused(*syntax_words(str(error.message)), error.lineno) from None
    except RecursionError:
        raise Refused("the template nests too deeply", "Remove the brackets that are not needed.") from None
    except (ValueError, OverflowError):  # a number with thousands of digits
        raise Refused("the template holds a number that is too large", "Put it in quotes.") from None
    checker = _Checker(scope, with_occurrence)
    return Body(checker.statements(parsed.body, 0), tuple(checker.columns))


@dataclass(slots=True)
class _Checker:
    """Checks one text. Alive for it."""

    scope: Scope
    with_occurrence: bool
    columns: dict[str, None] = field(default_factory=dict)

    def statements(self, body: Sequence[nodes.Node], depth: int) -> list[nodes.Node]:
        return [self._statement(node, depth) for node in body]

    def _statement(self, node: nodes.Node, depth: int) -> nodes.Node:
        self._count(node, depth)
        if isinstance(node, nodes.Output):
            return nodes.Output([self._output(child, depth + 1) for child in node.nodes], lineno=node.lineno)
        if isinstance(node, nodes.If):
            return nodes.If(
                self._expression(node.test, depth + 1)[0],
                self.statements(node.body, depth + 1),
                [self._statement(each, depth + 1) for each in node.elif_],
                self.statements(node.else_, depth + 1),
                lineno=node.lineno,
            )
        raise statement_refusal(node)

    def _output(self, node: nodes.Node, depth: int) -> nodes.Expr:
        if isinstance(node, nodes.TemplateData):
            if is_template(node.data):
                raise Refused("{% raw %} is not taken: no text may hold {{ in the end", "Remove it.", node.lineno)
            return node
        if isinstance(node, nodes.Getattr) and is_name(node.node, "occurrence"):
            return self._occurrence(node)
        expression, kind = self._expression(node, depth)
        if Kind.TRUTH in kind:
            message = f"{shown(node)} gives true or false, not a text"
            raise Refused(message, "Write {{ 'this' if ... else 'that' }}.", node.lineno)
        return expression

    def _occurrence(self, node: nodes.Getattr) -> nodes.Expr:
        if not self.with_occurrence:
            message = f"{shown(node)}: only the name and properties of a recurring schedule know their occurrence"
            raise Refused(message, "Remove it, or give the entry a schedule with cron.", node.lineno)
        if node.attr not in OCCURRENCE_FIELDS:
            message = f"{shown(node)}: an occurrence has no {quoted(node.attr)}"
            hint = did_you_mean(node.attr, OCCURRENCE_FIELDS) or f"It has {', '.join(OCCURRENCE_FIELDS)}."
            raise Refused(message, hint, node.lineno)
        return nodes.TemplateData(f"{OCCURRENCE_MARK}{node.attr}{OCCURRENCE_MARK}", lineno=node.lineno)

    def _count(self, node: nodes.Node, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise Refused("the template nests too deeply", "Write it flatter, or put it in a column.", node.lineno)
        self.scope.pieces += 1
        if self.scope.pieces > MAX_PIECES:
            message = f"the templates of the entry have more than {MAX_PIECES:,} pieces"
            raise Refused(message, "Put what they make in a column.", node.lineno)

    def _expression(self, node: nodes.Node | None, depth: int) -> tuple[nodes.Expr, Kind]:
        assert node is not None
        self._count(node, depth)
        inner = depth + 1
        match node:
            case nodes.Const():
                return self._constant(node)
            case nodes.Getattr():
                return self._cell(node, node.node, node.attr)
            case nodes.Getitem(arg=nodes.Slice()):
                return self._slice(node, inner)
            case nodes.Getitem():
                key = node.arg.value if isinstance(node.arg, nodes.Const) else None
                return self._cell(node, node.node, key)
            case nodes.Filter():
                return self._filter(node, inner)
            case nodes.Test():
                return self._test(node, inner)
            case nodes.Concat():
                first, *rest = [self._text(each, inner) for each in node.nodes]
                return nodes.Filter(first, JOIN, rest, [], None, None, lineno=node.lineno), Kind.TEXT
            case nodes.CondExpr():
                return self._choice(node, inner)
            case nodes.Compare():
                return self._comparison(node, inner)
            case nodes.And() | nodes.Or():
                left, left_kind = self._expression(node.left, inner)
                right, right_kind = self._expression(node.right, inner)
                return type(node)(left, right, lineno=node.lineno), left_kind | right_kind
            case nodes.Not():
                return nodes.Not(self._expression(node.node, inner)[0], lineno=node.lineno), Kind.TRUTH
            case nodes.Neg() | nodes.Pos():
                return type(node)(self._number(node.node, node, inner), lineno=node.lineno), Kind.NUMBER
            case nodes.Add() | nodes.Sub():
                left, right = self._number(node.left, node, inner), self._number(node.right, node, inner)
                return type(node)(left, right, lineno=node.lineno), Kind.NUMBER
            case _:
                raise refusal(node, self.scope.variables)

    def _constant(self, node: nodes.Const) -> tuple[nodes.Expr, Kind]:
        value = node.value
        if isinstance(value, bool):
            return node, Kind.TRUTH
        if isinstance(value, str):
            if FORBIDDEN.search(value) or is_template(value):
                message = f"{shown(node)} holds what no text may: a control character, or {{{{"
                raise Refused(message, "Remove it.", node.lineno)
            return node, Kind.TEXT
        if isinstance(value, int) and abs(value) <= _LARGEST:
            return node, Kind.NUMBER
        raise Refused(f"{shown(node)} is not a text or a small whole number", "Put it in quotes.", node.lineno)

    def _cell(self, node: nodes.Getattr | nodes.Getitem, of: nodes.Node, column: object) -> tuple[nodes.Expr, Kind]:
        if not is_name(of, "row"):
            raise reach_refusal(node, of, self.scope.variables)
        if not isinstance(column, str):
            message = f"{shown(node)}: a column is named by a text"
            raise Refused(message, f"The columns are {known(self.scope.variables)}.", node.lineno)
        variable = self.scope.variables.get(column)
        if variable is None:
            raise column_refusal(node, column, self.scope.variables)
        self.columns[column] = None
        return nodes.Name(variable, "load", lineno=node.lineno), Kind.TEXT

    def _slice(self, node: nodes.Getitem, depth: int) -> tuple[nodes.Expr, Kind]:
        cut = node.arg
        assert isinstance(cut, nodes.Slice)
        bounds = [_bound(each) for each in (cut.start, cut.stop)]
        if cut.step is not None or None in bounds:
            message = f"{shown(node)} is not cut by whole numbers"
            raise Refused(message, "Write row.column[:10], row.column[5:7] or row.column[-4:].", node.lineno)
        text, kind = self._expression(node.node, depth)
        if kind is not Kind.TEXT:
            message = f"{shown(node)}: what is cut must be a text"
            raise Refused(message, f"Write ({written(node.node)} | string)[{written(cut)}].", node.lineno)
        start, stop = (
            None if each is None else nodes.Const(bound)
            for each, bound in zip((cut.start, cut.stop), bounds, strict=True)
        )
        return nodes.Getitem(text, nodes.Slice(start, stop, None), "load", lineno=node.lineno), Kind.TEXT

    def _filter(self, node: nodes.Filter, depth: int) -> tuple[nodes.Expr, Kind]:
        rule = RULES.get(node.name)
        if rule is None:
            raise filter_refusal(node)
        self.scope.pieces += rule.weight - 1
        value = self._text(node.node, depth)
        if len(node.args) != len(rule.arguments) or node.kwargs or node.dyn_args or node.dyn_kwargs:
            takes = listed(each.value for each in rule.arguments) or "nothing"
            message = f"{shown(node)}: {node.name} takes {takes} in brackets"
            raise Refused(message, example(node.name), node.lineno)
        given = [self._argument(node, each, depth) for each in zip(node.args, rule.arguments, strict=True)]
        return nodes.Filter(value, node.name, given, [], None, None, lineno=node.lineno), rule.gives

    def _argument(self, node: nodes.Filter, pair: tuple[nodes.Expr, Argument], depth: int) -> nodes.Expr:
        value, wanted = pair
        if wanted is Argument.TEXT:
            return self._text(value, depth)
        smallest, largest = wanted.bounds
        number = value.value if isinstance(value, nodes.Const) else None
        if type(number) is not int or not smallest <= number <= largest:
            message = f"{shown(node)}: {node.name} takes {wanted.value} in brackets"
            raise Refused(message, example(node.name), node.lineno)
        return value

    def _test(self, node: nodes.Test, depth: int) -> tuple[nodes.Expr, Kind]:
        if node.name not in TESTS or node.args or node.kwargs or node.dyn_args or node.dyn_kwargs:
            message = f"{shown(node)}: there is no such test"
            raise Refused(message, f"Compare with == or in; the tests are {', '.join(TESTS)}.", node.lineno)
        wanted = TESTS[node.name][1]
        value = self._number(node.node, node, depth) if wanted is Kind.NUMBER else self._text(node.node, depth)
        return nodes.Test(value, node.name, [], [], None, None, lineno=node.lineno), Kind.TRUTH

    def _choice(self, node: nodes.CondExpr, depth: int) -> tuple[nodes.Expr, Kind]:
        if node.expr2 is None:
            raise Refused(f"{shown(node)} has no else", "Say what stands there otherwise: ... else ''.", node.lineno)
        test, _ = self._expression(node.test, depth)
        first, first_kind = self._expression(node.expr1, depth)
        second, second_kind = self._expression(node.expr2, depth)
        return nodes.CondExpr(test, first, second, lineno=node.lineno), first_kind | second_kind

    def _comparison(self, node: nodes.Compare, depth: int) -> tuple[nodes.Expr, Kind]:
        left, kind = self._expression(node.expr, depth)
        operands = []
        for each in node.ops:
            inside = each.op in ("in", "notin")
            if inside and len(node.ops) == 1 and isinstance(each.expr, nodes.List | nodes.Tuple):
                right, right_kind = self._choices(each.expr, kind, depth)
                alike = kind in (Kind.TEXT, Kind.NUMBER)
            else:
                right, right_kind = self._expression(each.expr, depth)
                alike = kind is Kind.TEXT or (kind is Kind.NUMBER and not inside)
            if right_kind != kind or not alike:
                message = f"{shown(node)} compares what is not alike: a text with a number, or true and false"
                raise Refused(message, "Compare with a text in quotes, or a number with row.column | int.", node.lineno)
            operands.append(nodes.Operand(each.op, right, lineno=node.lineno))
        return nodes.Compare(left, operands, lineno=node.lineno), Kind.TRUTH

    def _choices(self, node: nodes.List | nodes.Tuple, kind: Kind, depth: int) -> tuple[nodes.Expr, Kind]:
        items = [self._expression(each, depth + 1) for each in node.items]
        kinds = {found for _, found in items} | ({kind} if not items else set())
        return nodes.List([item for item, _ in items], lineno=node.lineno), kinds.pop() if len(kinds) == 1 else Kind(0)

    def _text(self, node: nodes.Node | None, depth: int) -> nodes.Expr:
        """An expression that gives a text or a number, which is as good."""
        expression, kind = self._expression(node, depth)
        if Kind.TRUTH in kind:
            message = f"{shown(node)} gives true or false, not a text"
            raise Refused(message, "Write 'this' if ... else 'that'.", expression.lineno)
        return expression

    def _number(self, node: nodes.Node | None, whole: nodes.Node, depth: int) -> nodes.Expr:
        expression, kind = self._expression(node, depth)
        if kind is not Kind.NUMBER:
            message = f"{shown(whole)}: {shown(node)} is not a number"
            raise Refused(message, f"Write {written(node)} | int; texts are joined with ~.", whole.lineno)
        return expression


def _bound(node: nodes.Expr | None) -> int | None:
    """The number of a slice, 0 where none is written, None where it is something else."""
    if node is None:
        return 0
    negative = isinstance(node, nodes.Neg)
    inner = node.node if isinstance(node, nodes.Neg) else node
    if not isinstance(inner, nodes.Const) or type(inner.value) is not int or inner.value > _LARGEST:
        return None
    return -inner.value if negative else inner.value
