"""Values that differ between SQLite and PostgreSQL, each made on first use: importing a dialect takes long."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")


class ByDialect(dict[str, T]):
    """A value for each name of a dialect, made from SQLAlchemy's module of that dialect when it is first needed."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> T:
        value = self[name] = self._make(import_module(f"sqlalchemy.dialects.{name}"))
        return value
