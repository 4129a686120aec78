"""Refusals of pieces of a template: the piece as it was written, the reason, and what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from jinja2 import nodes
from jinja2.compiler import operators

from runner.definitions.suggest import did_you_mean, listed, quoted
from runner.definitions.templates import OCCURRENCE_FIELDS, TemplateRefusal, marker
from runner.definitions.templates.filters import FILTERS

# The names in Python and in other template languages -> the filters of this one.
OTHER_NAMES = {
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

# Tags whose nodes have other names.
_TAGS = {
    "Assign": "set",
    "AssignBlock": "set",
    "CallBlock": "call",
    "FilterBlock": "filter",
    "FromImport": "from",
    "Scope": "autoescape",
    "ScopedEvalContextModifier": "autoescape",
}


def refused(node: nodes.Node, reason: str, help: str) -> TemplateRefusal:  # noqa: A002
    """The refusal of a piece: `'row.shwo': the rows have no column 'shwo'`."""
    return TemplateRefusal(f"{quoted(written(node))}: {reason}", help, node.lineno)


def template_column(column: str) -> str:
    """A column as messages name it: `show`, or `row['Program ID']` where templates can't write `row.show`."""
    return column if column.isidentifier() else f"row[{column!r}]"


def not_allowed(node: nodes.Node, columns: Collection[str]) -> TemplateRefusal:
    """The refusal of a piece of a kind that templates do not have."""
    write_column = f"Write row and a column; the columns are {listed(map(template_column, columns)) or 'none'}."
    match node:
        case nodes.Name(name="row"):
            return TemplateRefusal("row is the whole row, not a text", write_column, node.lineno)
        case (
            nodes.Name(name="occurrence")
            | nodes.Getattr(node=nodes.Name(name="occurrence"))
            | nodes.Getitem(node=nodes.Name(name="occurrence"))
        ):
            message = "a field of the occurrence must be alone in its braces: its value is not known until it is due"
            return TemplateRefusal(message, "Write {{ occurrence.date }}.", node.lineno)
        case nodes.Name():
            hint = f"Write row.{node.name}." if node.name in columns else "Put texts in quotes; cells are row.column."
            if node.name in OCCURRENCE_FIELDS and node.name not in columns:
                hint = f"Did you mean {marker(node.name)}?"
            return TemplateRefusal(f"a template does not know the name {quoted(node.name)}", hint, node.lineno)
        case nodes.Getattr() if node.attr.startswith("_"):
            return refused(node, "names that begin with an underscore are not allowed", "Write {{ row.column }}.")
        case nodes.Getattr(node=nodes.Name(name=name)) | nodes.Getitem(node=nodes.Name(name=name)):
            if (near := did_you_mean(name, ("row", "occurrence"))) and isinstance(node, nodes.Getattr):
                write_column = f"{near[:-1]}.{node.attr}?"
            elif name[:1].isupper():  # such as Profile.name and Event.name, in the language of CleverTap's messages
                write_column += " Braces for CleverTap: literal_braces: true, and {% raw %} around them."
            return refused(node, "only row and occurrence have fields", write_column)
        case nodes.Getattr() | nodes.Getitem():
            hint = "Write {{ row.column }}, or cut the text: {{ row.column[:10] }}."
            return refused(node, "a cell is one text and has no fields", hint)
        case nodes.Call(node=nodes.Getattr(node=nodes.Name())):
            return refused(node, "a template can't call functions", write_column)
        case nodes.Call(node=nodes.Getattr() as method):
            return refused(node, "a template can't call functions", _as_filter(node, method))
        case nodes.Call():
            return refused(node, "a template can't call functions", "Write {{ row.column | lower }}.")
        case nodes.BinExpr():
            return refused(node, "numbers can only be added and subtracted", "Put the result into a column of its own.")
        case nodes.List() | nodes.Tuple() | nodes.Dict():
            return refused(node, "this is not one text", "Join texts with ~. Write a list only after in.")
        case nodes.Expr():
            return refused(node, "templates do not allow this", "Write {{ row.column }}.")
    tag = _tag(node)
    hint = "Templates have only {{ ... }} and {% if %}."
    if tag == "for":
        hint = "for_each is the loop: it makes one bulletin from each row."
    return TemplateRefusal(f"templates do not allow {{% {tag} %}}", hint, node.lineno)


def _as_filter(call: nodes.Call, method: nodes.Getattr) -> str:
    """How a call of a method is written as a filter, if there is one."""
    name = OTHER_NAMES.get(method.attr, method.attr)
    if name not in FILTERS:
        return f"The filters are {', '.join(FILTERS)}."
    arguments = [*call.args, *(each.value for each in call.kwargs)] if FILTERS[name].example else []
    return f"Write {written(nodes.Filter(method.node, name, arguments, [], None, None))}."


def _tag(node: nodes.Node) -> str:
    name = type(node).__name__
    return _TAGS.get(name, name.lower())


def written(node: nodes.Node | None, depth: int = 0) -> str:
    """A piece of a template, about as it was written; what is nested deeply is left out."""

    def inner(child: nodes.Node | None) -> str:
        return written(child, depth + 1) if depth < 6 else "..."

    def each(items: Sequence[nodes.Node], separator: str = ", ") -> str:
        return separator.join([*map(inner, items[:4]), *["..."] * (len(items) > 4)])

    def arguments(of: nodes.Call | nodes.Filter | nodes.Test) -> str:
        dynamic = [nodes.Name("...", "load")] * bool(of.dyn_args or of.dyn_kwargs)
        given = each([*of.args, *of.kwargs, *dynamic])
        return f"({given})" if given or isinstance(of, nodes.Call) else ""

    match node:
        case None:
            return ""
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
            return inner(node.node) + arguments(node)
        case nodes.Filter():
            return f"{inner(node.node)} | {node.name}{arguments(node)}"
        case nodes.Test():
            return f"{inner(node.node)} is {node.name}{arguments(node)}"
        case nodes.BinExpr():
            return f"{inner(node.left)} {node.operator} {inner(node.right)}"
        case nodes.Not():
            return f"not {inner(node.node)}"
        case nodes.UnaryExpr():
            return f"{node.operator}{inner(node.node)}"
        case nodes.Concat():
            return each(node.nodes, " ~ ")
        case nodes.Compare():
            return inner(node.expr) + "".join(f" {operators[one.op]} {inner(one.expr)}" for one in node.ops[:3])
        case nodes.CondExpr():
            otherwise = f" else {inner(node.expr2)}" if node.expr2 else ""
            return f"{inner(node.expr1)} if {inner(node.test)}{otherwise}"
        case nodes.List():
            return f"[{each(node.items)}]"
        case nodes.Tuple():
            return f"({each(node.items)})"
        case nodes.Dict():
            return "{...}"
        case nodes.Keyword():
            return f"{node.key}={inner(node.value)}"
    return f"{{% {_tag(node)} %}}"


def _constant(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else "a very large number"
    return quoted(value) if isinstance(value, str) else repr(value)
