"""Which one-time firings are settled: sent, with the content and due time that they have now. Writes nothing.

In: questions about many firings at once. Out: the bulletins that are not certainly settled, and counts of the settled
ones. A settled firing never becomes a value of Python, because a set holds thousands that were sent long ago.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from runner.definitions.fingerprint import PREFIX
from runner.ledger.database.tables import BLOCKING_ROWS, UNREPORTED_ROWS
from runner.plan.history import State
from runner.plan.occurrence import name_of

if TYPE_CHECKING:
    from runner.definitions.cache.cached_set import Question

_EACH = {
    "sqlite": "SELECT value AS packed FROM json_each(:packed)",
    "postgresql": "SELECT value AS packed FROM json_array_elements_text(CAST(:packed AS json))",
}
# The condition on `state` repeats that of the unique index, so that each look-up uses it.
_UNSETTLED = """
    SELECT substr(each.packed, 65) AS bulletin
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


@dataclass(slots=True)
class SettledCounts:
    """`open_ids`: by file, the ids of one-time bulletins with a firing that is not settled. `settled`: by account, the
    number of settled firings of all other bulletins.
    """

    open_ids: dict[str, set[str]] = field(default_factory=dict)
    settled: Counter[str] = field(default_factory=Counter)


def read(connection: Connection, questions: Iterable[Sequence[Question]]) -> SettledCounts:
    """Answer the questions about each file.

    A firing is not settled as long as a run has to report one of its rows.
    """
    unreported = {(account, bulletin) for account, bulletin in connection.execute(_UNREPORTED)}
    found = SettledCounts()
    for of_file in questions:
        open_ids = {bulletin for question in of_file for bulletin in _open_ids(connection, question, unreported)}
        for question in of_file:
            listed = open_ids.intersection(_ids(question)) if open_ids else ()
            if settled := question.size - len(listed):
                found.settled[question.account] += settled
        if open_ids:
            found.open_ids[of_file[0].file] = open_ids
    return found


def _open_ids(connection: Connection, question: Question, unreported: set[tuple[str, str]]) -> Iterable[str]:
    asked = {"account": question.account, "occurrence": name_of(question.revision), "packed": question.packed}
    yield from connection.execute(_STATEMENTS[connection.dialect.name], asked).scalars()
    if unreported:
        yield from (each for each in _ids(question) if (question.account, each) in unreported)


def _ids(question: Question) -> list[str]:
    return [packed[64:] for packed in json.loads(question.packed)]
