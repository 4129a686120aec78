"""The ledger's clock, which decides whether a lease has run out.

For PostgreSQL it is the server's clock, so that all machines on a ledger agree. For SQLite it is this machine's clock,
because such a file serves one machine only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Dialect, func, literal, type_coerce

from runner import clock
from runner.ledger.database.tables import Instant

_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'  # as Instant writes it
Source = Callable[[], datetime]
_NO_TIME = timedelta(0)


class LedgerClock:
    """Gives the ledger's time as an SQL expression. Tests replace the clock by `source`."""

    def __init__(self, dialect: Dialect, source: Source | None = None) -> None:
        self._of_machine = dialect.name == "sqlite"
        self.source = source

    @property
    def is_of_machine(self) -> bool:
        """Whether the time is this machine's wall clock, which a person can change."""
        return self._of_machine and self.source is None

    def now(self, plus: timedelta = _NO_TIME) -> ColumnElement[datetime]:
        """Return an expression for the ledger's time when the statement runs, plus `plus`."""
        if self.source is not None or self._of_machine:
            return literal((self.source or clock.now)() + plus, Instant)
        later = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, plus.total_seconds())
        return type_coerce(func.to_char(func.timezone("UTC", later), _FORMAT), Instant)
