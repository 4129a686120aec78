"""One cache of compiled statements for all engines of the tests, as a long-lived process has it for its one engine.

Each run of the program opens an engine of its own, and SQLAlchemy compiles a statement once for each engine. In a
process that runs hundreds of tests, this took a fifth of the time.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.engine import Compiled

_COMPILED: dict[tuple[object, ...], Compiled] = {}


class _Cache(dict[Any, Compiled]):
    """What SQLAlchemy asks for a compiled statement. Its keys begin with the dialect, of which each engine has one."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._kind = (type(dialect), dialect.paramstyle, getattr(dialect, "server_version_info", None))

    def get(self, key: Any, default: Any = None) -> Any:
        return _COMPILED.get((self._kind, *key[1:]), default)

    def __setitem__(self, key: Any, compiled: Compiled) -> None:
        _COMPILED[self._kind, *key[1:]] = compiled


def share() -> None:
    """Has every engine from now on use the cache."""
    event.listen(Engine, "engine_connect", _use)


def stop_sharing() -> None:
    """Has every engine from now on use a cache of its own."""
    event.remove(Engine, "engine_connect", _use)


def _use(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_Cache(connection.dialect))
