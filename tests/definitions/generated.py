"""The defects that can't lie in a repository as a file, each as a function that makes one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runner.definitions.problem import MAX_PROBLEMS
from runner.definitions.problem_codes import Code
from runner.definitions.sources import MAX_FILE_BYTES


def too_large(path: Path) -> None:
    path.write_bytes(b"#" * (MAX_FILE_BYTES + 1))


def dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def too_many(path: Path) -> None:
    path.write_text(f"bulletins: [{'0, ' * (MAX_PROBLEMS + 500)}]")


def many_warnings(path: Path) -> None:
    columns = [f"c{number}" for number in range(150)]
    entries = []
    for table in range(MAX_PROBLEMS // len(columns) + 1):
        rows = [columns, [f"x{name} " for name in columns]]
        path.with_name(f"{table}.csv").write_text("\n".join(",".join(row) for row in rows))
        entries.append(f"""
  - for_each: {{csv: {table}.csv}}
    id: x-{table}-{{{{ row.c0 | slug }}}}
    business_event: x
    name: x-{table}
    properties: {{}}
    c-by: someone@example.com""")
    path.write_text("bulletins:" + "".join(entries))


GENERATED: dict[Code, Callable[[Path], None]] = {
    Code.FILE_TOO_LARGE: too_large,
    Code.FILE_UNREADABLE: dangling_link,
    Code.TOO_MANY_PROBLEMS: too_many,
    Code.TOO_MANY_WARNINGS: many_warnings,
}
