"""How a piece of a template is shown in a message, and what Jinja2's syntax errors say in our words."""

from __future__ import annotations

import re

from jinja2 import nodes

from runner.definitions.suggest import quoted

_TAGS: dict[type[nodes.Node], str] = {
    nodes.For: "for",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
    nodes.FilterBlock: "filter",
    nodes.With: "with",
    nodes.Block: "block",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "from",
    nodes.Extends: "extends",
    nodes.Assign: "set",
    nodes.AssignBlock: "set",
    nodes.ScopedEvalContextModifier: "autoescape",
    nodes.Scope: "autoescape",
}
_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in"}
_SHOWN_DEPTH = 6

# What Jinja2 says -> what we say, and the mend. Checked in this order.
_SYNTAX = (
    ("missing end of comment tag", "a comment {{# is left open", "Write #}} behind it."),
    ("missing end of raw directive", "{{% raw %}} is left open", "Remove it."),
    (r"unexpected end of template\..*'endif'", "{{% if %}} is left open", "Write {{% endif %}} behind it."),
    (
        "unexpected end of template.* closed is '(.*?)'",
        "{{% {0} %}} is left open",
        "Templates know {{{{ ... }}}} and {{% if %}}.",
    ),
    ("unknown tag '(.*?)'", "the tag {{% {0} %}} is not known", "Templates know {{{{ ... }}}} and {{% if %}}."),
    ("tag name expected", "{{% stands there without a tag", "Templates know {{{{ ... }}}} and {{% if %}}."),
    ("expected name or number", "a column is wanted behind the dot", "Write {{{{ row.column }}}}."),
    ("end of template", "the template ends too early", "Write }}}} or %}} at its end."),
    ("expected an expression, got '}}'", "{{{{ }}}} holds nothing", "Write {{{{ row.column }}}}."),
    ("expected an expression, got '(.*)'", "an expression is wanted where {0!r} stands", "Write {{{{ row.column }}}}."),
    ("expected token '}}', got 'integer'", "a number stands where }}}} is wanted", "Write filters like zfill(3)."),
    (
        "expected token '}}', got '(.*)'",
        "{0!r} stands where }}}} is wanted",
        "Texts are joined with ~, filters begin with |.",
    ),
    (
        "expected token '(.*)', got '(.*)'",
        "{1!r} stands where {0!r} is wanted",
        "Look for a bracket or a quote left open.",
    ),
    (
        r"unexpected char (?:\"'\"|'\"')",
        "a quote is left open",
        "Write it again behind the text.",
    ),
    (r"unexpected char (.*) at \d+", "the character {0} is not a part of a template", "Put texts in quotes."),
    ("unexpected '(.*?)'", "{0!r} is not expected here", "Look for a bracket or a quote left open."),
)
_SIGNS = {"end of print statement": "}}", "end of statement block": "%}", "begin of print statement": "{{"}


def syntax_words(message: str) -> tuple[str, str]:
    """What a syntax error of Jinja2 says in our words, and the mend."""
    for name, sign in _SIGNS.items():
        message = message.replace(name, sign)
    for pattern, words, mend in _SYNTAX:
        if found := re.search(pattern, message, re.DOTALL | re.IGNORECASE):
            groups = [_cut(group or "") for group in found.groups()]
            return words.format(*groups), mend.format()
    return f"the template cannot be read: {_cut(message).rstrip('.')}", "Write {{ row.column }}."


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def tag(statement: nodes.Node) -> str:
    """The name of a statement's tag."""
    return _TAGS.get(type(statement), type(statement).__name__.lower())


def written(node: nodes.Node | None, depth: int = 0) -> str:
    """A piece of a template, about as it was written; what nests deep is left out."""
    if node is None:
        return ""
    if depth > _SHOWN_DEPTH:
        return "..."

    def inner(child: nodes.Node | None) -> str:
        return written(child, depth + 1)

    match node:
        case nodes.Name():
            return node.name
        case nodes.Const():
            return _constant(node.value)
        case nodes.Getattr():
            return f"{inner(node.node)}.{node.attr}"
        case nodes.Getitem():
            return f"{inner(node.node)}[{inner(node.arg)}]"
        case nodes.Slice():
            return f"{inner(node.start)}:{inner(node.stop)}" + (f":{inner(node.step)}" if node.step else "")
        case nodes.Call():
            return f"{inner(node.node)}{arguments(node, depth + 1) or '()'}"
        case nodes.Filter():
            return f"{inner(node.node)} | {node.name}{arguments(node, depth + 1)}"
        case nodes.Test():
            return f"{inner(node.node)} is {node.name}{arguments(node, depth + 1)}"
        case nodes.BinExpr():
            return f"{inner(node.left)} {node.operator} {inner(node.right)}"
        case nodes.UnaryExpr():
            return f"{node.operator}{' ' if node.operator == 'not' else ''}{inner(node.node)}"
        case nodes.Concat():
            return _listed(node.nodes, depth, " ~ ")
        case nodes.Compare():
            return inner(node.expr) + "".join(f" {_COMPARISONS[each.op]} {inner(each.expr)}" for each in node.ops[:3])
        case nodes.CondExpr():
            otherwise = f" else {inner(node.expr2)}" if node.expr2 else ""
            return f"{inner(node.expr1)} if {inner(node.test)}{otherwise}"
        case nodes.List():
            return f"[{_listed(node.items, depth)}]"
        case nodes.Tuple():
            return f"({_listed(node.items, depth)})"
        case nodes.Dict():
            return "{...}"
        case _:
            return f"{{% {tag(node)} %}}"


def _listed(items: list[nodes.Expr], depth: int, between: str = ", ") -> str:
    return between.join([written(each, depth + 1) for each in items[:4]] + ["..."] * (len(items) > 4))


def arguments(node: nodes.Call | nodes.Filter | nodes.Test, depth: int = 0) -> str:
    """What a call or a filter takes in brackets, with them; nothing where it takes nothing."""
    given = [written(each, depth + 1) for each in node.args[:4]]
    given += [f"{each.key}=..." for each in node.kwargs[:4]]
    given += ["..."] * bool(node.dyn_args or node.dyn_kwargs)
    return f"({', '.join(given)})" if given else ""


def _constant(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else "a number beyond bounds"
    return quoted(value) if isinstance(value, str) else repr(value)
