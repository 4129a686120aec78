"""Which one-time firings are settled: sent, with the content and due time that they have now. Reads rows, writes nothing.

In: firings of one account as one JSON text for many of them. Out: those that are not certainly settled. No firing
becomes a value of Python, because a set holds thousands that were sent long ago.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from runner.definitions.fingerprint import PREFIX
from runner.ledger.database.tables import BLOCKING_ROWS, UNREPORTED_ROWS
from runner.plan.history import State

_EACH = {
    "sqlite": "SELECT key AS number, value AS packed FROM json_each(:packed)",
    "postgresql": (
        "SELECT number - 1 AS number, packed"
        " FROM json_array_elements_text(CAST(:packed AS json)) WITH ORDINALITY AS each (packed, number)"
    ),
}
# The condition on `state` repeats that of the unique index, so that each look-up uses it.
_UNSETTLED = """
    SELECT each.number, substr(each.packed, 65) AS bulletin
    FROM ({each}) AS each
    LEFT JOIN firings ON firings.account = :account AND firings.bulletin = substr(each.packed, 65)
        AND firings.occurrence = :occurrence AND firings.{blocking}
        AND firings.state = '{fired}' AND firings.fingerprint = '{prefix}' || substr(each.packed, 1, 64)
    WHERE firings.id IS NULL
"""
_STATEMENTS = {
    dialect: text(_UNSETTLED.format(each=each, blocking=BLOCKING_ROWS, fired=State.FIRED.value, prefix=PREFIX))
    for dialect, each in _EACH.items()
}
_UNREPORTED = text(f"SELECT DISTINCT account, bulletin FROM firings WHERE {UNREPORTED_ROWS}")


def unsettled(connection: Connection, account: str, occurrence: str, packed: str) -> list[tuple[int, str]]:
    """Return number and bulletin of each firing in `packed` that is not certainly settled.

    `packed` is a JSON list of texts, each the 64 digits of a fingerprint and then the id of a bulletin.
    """
    statement = _STATEMENTS[connection.dialect.name]
    rows = connection.execute(statement, {"account": account, "occurrence": occurrence, "packed": packed})
    return [(number, bulletin) for number, bulletin in rows]


def unreported(connection: Connection) -> set[tuple[str, str]]:
    """Return account and bulletin of the rows that no published report has shown yet: a run has to report them."""
    return {(account, bulletin) for account, bulletin in connection.execute(_UNREPORTED)}
