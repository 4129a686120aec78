"""Single-point mutations of the modules that decide: how many of them the tests notice.

Each mutation changes one operator, constant, condition or return of a module in a copy of the project, and runs the
tests of that module. A mutation that no test notices is printed with its place. Bounded by --sample; --seed repeats it.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# The module, and the tests that have to notice.
MODULES = {
    "runner/fire/outcome.py": ["tests/fire/test_outcome.py"],
    "runner/fire/holding/claims.py": ["tests/fire"],
    "runner/fire/lanes/lane.py": ["tests/fire"],
    "runner/plan/decide.py": ["tests/plan", "tests/test_golden.py"],
    "runner/plan/duplicates.py": ["tests/plan", "tests/test_golden.py"],
    "runner/plan/catch_up.py": ["tests/plan", "tests/test_golden.py"],
    "runner/plan/budget.py": ["tests/plan", "tests/test_golden.py"],
    "runner/plan/reasons.py": ["tests/plan", "tests/test_golden.py"],
    "runner/ledger/records/claims.py": ["tests/ledger"],
    "runner/ledger/records/outcomes.py": ["tests/ledger"],
    "runner/ledger/records/firings.py": ["tests/ledger"],
    "runner/ledger/writer.py": ["tests/ledger"],
}
_COMPARISONS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
                ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in"}  # fmt: skip
_ARITHMETIC = {ast.Add: "-", ast.Sub: "+"}
_LIMIT_S = 240  # a mutation that hangs is noticed as well


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: the text from `begin` to `end` of a module becomes `text`. Offsets are in characters."""

    module: str
    line: int
    begin: int
    end: int
    text: str

    def applied(self, source: str) -> str:
        """The source of the module with the change."""
        return source[: self.begin] + self.text + source[self.end :]


def mutations(module: str, source: str) -> Iterator[Mutation]:
    """All mutations of a module, in the order of its nodes."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    lines = source.splitlines(keepends=True)

    def offset(line: int, column_bytes: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column_bytes].decode())

    def change(node: ast.expr, text: str) -> Mutation:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        begin, end = offset(node.lineno, node.col_offset), offset(node.end_lineno, node.end_col_offset)
        return Mutation(module, node.lineno, begin, end, text)

    tree = ast.parse(source)
    decorators = {
        id(node)
        for definition in ast.walk(tree)
        if isinstance(definition, ast.ClassDef | ast.FunctionDef)
        for decorator in definition.decorator_list
        for node in ast.walk(decorator)
    }
    for node in ast.walk(tree):
        if id(node) in decorators:
            continue  # frozen or slots decide nothing
        match node:
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARISONS:
                sides = (ast.unparse(left), ast.unparse(right))
                yield change(node, f"({sides[0]} {_COMPARISONS[type(operator)]} {sides[1]})")
            case ast.BoolOp(op=operator, values=values):
                word = " and " if isinstance(operator, ast.Or) else " or "
                yield change(node, f"({word.join(f'({ast.unparse(value)})' for value in values)})")
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield change(node, f"({ast.unparse(operand)})")
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
                yield change(node, f"({ast.unparse(left)} {_ARITHMETIC[type(operator)]} {ast.unparse(right)})")
            case ast.Constant(value=bool() as value):
                yield change(node, str(not value))
            case ast.Constant(value=int() as value):
                yield change(node, str(value + 1))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                swapped = f"({ast.unparse(orelse)} if {ast.unparse(test)} else {ast.unparse(body)})"
                yield change(node, swapped)


def is_noticed(copy: Path, mutation: Mutation) -> bool:
    """Whether a test fails, or does not end, once the copy of the project has the mutation."""
    path = copy / mutation.module
    source = path.read_text(encoding="utf-8")
    path.write_text(mutation.applied(source), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *MODULES[mutation.module]]
    try:
        done = subprocess.run(command, cwd=copy, env=_environment(copy), capture_output=True, timeout=_LIMIT_S)
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(source, encoding="utf-8")
    return done.returncode != 0


def _environment(copy: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}


def main() -> int:
    """Runs a sample of all mutations; the exit code is 1 where less than `--at-least` percent were noticed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=66, help="how many mutations")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-least", type=int, default=95, metavar="PERCENT")
    parser.add_argument("--module", action="append", choices=[*MODULES], help="only this module; may be repeated")
    options = parser.parse_args()
    found = [
        mutation
        for module in options.module or MODULES
        for mutation in mutations(module, (ROOT / module).read_text(encoding="utf-8"))
    ]
    sample = random.Random(options.seed).sample(found, min(options.sample, len(found)))
    noticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "project"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".venv", "__pycache__", ".bulletins"))
        for number, mutation in enumerate(sample, 1):
            if is_noticed(copy, mutation):
                noticed += 1
            else:
                print(f"not noticed: {mutation.module}:{mutation.line}: {mutation.text}", flush=True)
            if number % 10 == 0:
                print(f"{number} of {len(sample)}", file=sys.stderr, flush=True)
    percent = 100 * noticed / len(sample)
    print(f"{noticed} of {len(sample)} mutations noticed ({percent:.1f} %), of {len(found)} that there are")
    return 0 if percent >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
