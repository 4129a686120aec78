"""Lists of rows as a table that a statement can join. In: columns, values. Out: a FROM clause and its one parameter.

One statement then handles a whole group, and its text is the same for every size of the group. The rows travel as one
JSON text, which both databases can read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, FromClause, Text, bindparam, cast, column, func, literal_column, select, type_coerce
from sqlalchemy.types import TypeEngine

from runner.ledger.database.tables import Prose, instant_text, storable

ROWS = "listed_rows"  # name of the parameter


def listed(dialect: str, columns: Mapping[str, type[TypeEngine[Any]]]) -> FromClause:
    """Return a table with these columns, whose rows are the parameter `ROWS` of the statement."""
    if dialect == "sqlite":
        each = func.json_each(bindparam(ROWS, type_=Text)).table_valued("value", name="each_row")
        fields = (
            type_coerce(func.json_extract(each.c.value, literal_column(f"'$.{name}'")), kind).label(name)
            for name, kind in columns.items()
        )
        return select(*fields).subquery("listed")
    typed = (column(name, kind) for name, kind in columns.items())
    rows = func.json_to_recordset(cast(bindparam(ROWS, type_=Text), JSON))
    return rows.table_valued(*typed, name="listed").render_derived(with_types=True)


def as_parameter(columns: Mapping[str, type[TypeEngine[Any]]], rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the parameter of a statement over `listed`, with the values as the tables store them."""
    kept = [{name: _stored(kind, row[name]) for name, kind in columns.items()} for row in rows]
    return {ROWS: json.dumps(kept, ensure_ascii=False)}


def _stored(kind: type[TypeEngine[Any]], value: Any) -> Any:
    if isinstance(value, datetime):
        return instant_text(value)
    if kind is Prose and isinstance(value, str):
        return storable(value)
    return value
