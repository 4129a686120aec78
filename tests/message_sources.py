"""The messages of errors, read from the source of `runner`: they are written at many places, each once.

A part of a message that is filled in is in braces, as in the source.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from runner.errors import ErrorCode

RUNNER = Path(__file__).resolve().parents[1] / "runner"
_ERRORS = {"UserError", "LedgerAway", "Unstorable", "AlreadyThere"}
_USAGE = {"UsageError", "BadParameter"}
_NOTICES = {"echo", "secho", "note", "warn", "fault", "_on_message"}
REPEATED = "the code of the error that is repeated"


@dataclass(frozen=True, slots=True)
class RaiseSite:
    """One place where an error is made: its code as in the source, its messages, its helps."""

    place: str
    code: str | None
    messages: tuple[str, ...]
    helps: tuple[str, ...]


def errors() -> Iterator[str]:
    """Yield each error code with its messages and helps, sorted by code."""
    for site in sorted(error_sites(), key=lambda site: (str(site.code), site.messages)):
        for message in site.messages:
            yield f"[{site.code}] {message}"
        yield from (f"    help: {each}" for each in site.helps if each)


def usage_errors() -> Iterator[str]:
    """Yield the messages about a wrong command line."""
    found: set[str] = set()
    for path in sorted([*(RUNNER / "cli").rglob("*.py"), *(RUNNER / "jobs").rglob("*.py")]):
        for call, scope in _calls(path):
            if _name(call.func) == "usage_error":
                found.update(_texts(call.args[1], scope))
            if (_name(call.func) in _USAGE and call.args) or (_name(call.func) == "fail" and len(call.args) == 3):
                found.update(_texts(call.args[0], scope))
    yield from sorted(found)


def notices() -> Iterator[str]:
    """Yield the other messages of commands: on a terminal, and while a job or a run works."""
    found = set[str]()
    for path in sorted(RUNNER.rglob("*.py")):
        for call, scope in _calls(path):
            if _name(call.func) in _NOTICES and call.args and _is_text(call.args[0]):
                found.update(_texts(call.args[0], scope))
    yield from sorted(text.strip() for text in found if len(text.split()) > 1)


def error_sites() -> Iterator[RaiseSite]:
    """Yield every place in `runner` that makes a UserError, or an error of a class below it."""
    for path in sorted(RUNNER.rglob("*.py")):
        for call, scope in _calls(path):
            is_lost_output = _name(call.func) == "__init__" and bool(call.args) and _code(call.args[0]) is not None
            if (_name(call.func) in _ERRORS or is_lost_output) and len(call.args) >= 2:
                helps = [_texts(each.value, scope) for each in call.keywords if each.arg == "help"]
                texts = _texts(call.args[1], scope)
                yield RaiseSite(f"{scope.file}:{call.lineno}", _code(call.args[0]), texts, helps[0] if helps else ())
    yield from _faults_of_databases()


def _faults_of_databases() -> Iterator[RaiseSite]:
    """Yield the rows of the table in database_errors.py: a phrase of the database, a code, a message, a help."""
    path = RUNNER / "ledger" / "database" / "database_errors.py"
    scope = _Scope(path, None, 0, 0)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Tuple) and len(node.elts) == 4 and _code(node.elts[1]) is not None:
            _, code, message, help_ = node.elts
            texts = tuple(f"the ledger {{where}} {each}" for each in _texts(message, scope))
            yield RaiseSite(scope.file, _code(code), texts, _texts(help_, scope))


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where an expression is: its file, the function around it, its line, and the column of its statement."""

    path: Path
    function: ast.AST | None
    line: int
    column: int

    @property
    def file(self) -> str:
        return str(self.path.relative_to(RUNNER.parent))

    def values(self, name: str) -> list[ast.expr]:
        """Return the values that a variable may have here: the assignments before, up to one that always happens."""
        found = []
        for each in sorted(self._assignments(name), key=lambda each: -each.lineno):
            found.append(each.value)
            if each.col_offset <= self.column:
                break
        return found[::-1]

    def _assignments(self, name: str) -> Iterator[ast.Assign]:
        for each in ast.walk(self.function) if self.function is not None else ():
            if isinstance(each, ast.Assign) and each.lineno < self.line and name in map(ast.unparse, each.targets):
                yield each

    def constant(self, name: str) -> str | None:
        """Return the text of a constant of the module."""
        module = importlib.import_module(".".join(self.path.relative_to(RUNNER.parent).with_suffix("").parts))
        value = getattr(module, name, None)
        return value if isinstance(value, str) else None


def _calls(path: Path) -> Iterator[tuple[ast.Call, _Scope]]:
    """Yield each call of a file with its scope."""

    def visit(node: ast.AST, function: ast.AST | None, column: int) -> Iterator[tuple[ast.Call, _Scope]]:
        for child in ast.iter_child_nodes(node):
            inside = child if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            at = child.col_offset if isinstance(child, ast.stmt) else column
            if isinstance(child, ast.Call):
                yield child, _Scope(path, inside, child.lineno, at)
            yield from visit(child, inside, at)

    yield from visit(ast.parse(path.read_text(encoding="utf-8")), None, 0)


def _name(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _code(node: ast.expr) -> str | None:
    """Return the code that a call gives: of ErrorCode, or of the error that it repeats. None if it gives none."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "ErrorCode":
        return ErrorCode[node.attr].value
    return REPEATED if isinstance(node, ast.Attribute) and node.attr == "code" else None


def _texts(node: ast.expr, scope: _Scope) -> tuple[str, ...]:
    """Return the texts that an expression may have."""
    match node:
        case ast.Constant(str() as text):
            return (text,)
        case ast.JoinedStr(parts):
            choices = [_texts(part, scope) for part in parts]
            return tuple("".join(each) for each in product(*choices))
        case ast.FormattedValue(ast.IfExp() | ast.Name() as value):
            return _texts(value, scope)
        case ast.FormattedValue(value):
            return ("{" + ast.unparse(value) + "}",)
        case ast.BinOp(left, ast.Add(), right):
            return tuple(a + b for a, b in product(_texts(left, scope), _texts(right, scope)))
        case ast.IfExp(_, then, otherwise):
            return (*_texts(then, scope), *_texts(otherwise, scope))
        case ast.BoolOp(_, values):
            return tuple(text for value in values for text in _texts(value, scope))
        case ast.Name(name) if name.isupper() and (constant := scope.constant(name)) is not None:
            return (constant,)
        case ast.Name(name) if values := [each for each in scope.values(name) if _is_text(each)]:
            return tuple(dict.fromkeys(text for each in values for text in _texts(each, scope)))
        case _:
            return ("{" + ast.unparse(node) + "}",)


def _is_text(node: ast.expr) -> bool:
    """Whether an expression is written as a text, so that it belongs to the wording."""
    match node:
        case ast.Constant(str()) | ast.JoinedStr():
            return True
        case ast.IfExp(_, then, otherwise):
            return _is_text(then) or _is_text(otherwise)
        case ast.BoolOp(_, values):
            return any(map(_is_text, values))
        case _:
            return False
