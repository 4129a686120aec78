"""Accounts, business events, bulletins and warnings as plain JSON values, and back. Pure.

A bulletin is a list of its attributes in the order of the model, because a cached file holds thousands of them. The
name of the file is left out of every place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from sys import intern
from typing import Any

from runner.alike_group import AlikeGroup
from runner.definitions.model import (
    Account,
    Budget,
    Bulletin,
    BusinessEvent,
    CatchUp,
    Place,
    Recurrence,
    Schedule,
)
from runner.definitions.problem import OfRow, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.row_reference import MatrixRow, RowLine, RowReference

Plain = Any  # what JSON can hold


def plain_account(account: Account) -> Plain:
    """Return the account as JSON values."""
    return {**asdict(account), "place": _plain_place(account.place)}


def account_of(plain: Mapping[str, Any], file: str) -> Account:
    """Return the account of these values, which comes from the file of that name."""
    values = dict(plain)
    values["place"] = _place_of(values["place"], file)
    values["budget"] = Budget(**values["budget"])
    values["event_budgets"] = {name: Budget(**budget) for name, budget in values["event_budgets"].items()}
    return Account(**values)


def plain_event(event: BusinessEvent) -> Plain:
    """Return the business event as JSON values."""
    return {**asdict(event), "place": _plain_place(event.place)}


def event_of(plain: Mapping[str, Any], file: str) -> BusinessEvent:
    """Return the business event of these values, which comes from the file of that name."""
    values = {**plain, "place": _place_of(plain["place"], file), "required": tuple(plain["required"])}
    return BusinessEvent(**values)


def plain_problem(problem: Problem) -> Plain:
    """Return the problem as a list of JSON values."""
    return [
        problem.file,
        problem.line,
        problem.column,
        problem.code.value,
        problem.message,
        problem.help,
        problem.source,
        _plain_rows(problem.rows),
    ]


def problem_of(plain: Plain) -> Problem:
    """Return the problem of these values."""
    file, line, column, code, message, help_text, source, rows = plain
    return Problem(file, line, column, Code(code), message, help_text, source, _rows_of(rows))


def _plain_rows(rows: AlikeGroup[OfRow] | None) -> Plain:
    if rows is None:
        return None
    instances = [[_plain_row(each.row), each.message, each.help] for each in rows.instances]
    return [instances, [rows.instances.index(each) for each in rows.leading], rows.count, rows.is_least]


def _rows_of(plain: Plain) -> AlikeGroup[OfRow] | None:
    if plain is None:
        return None
    texts, leading, count, is_least = plain
    instances = [OfRow(_known_row(row), message, help_text) for row, message, help_text in texts]
    return AlikeGroup(tuple(instances), tuple(instances[number] for number in leading), count, is_least)


def plain_bulletin(bulletin: Bulletin) -> Plain:
    """Return the bulletin as a list of JSON values, one for each attribute."""
    plain = []
    for name, value in zip(_ATTRIBUTES, _values(bulletin), strict=True):
        if name in _ENCODED:
            value = _ENCODED[name](value)
        plain.append(value)
    return plain


def bulletins_of(plain: Iterable[Plain], file: str) -> Iterator[Bulletin]:
    """Yield the bulletins of these values, which come from the file of that name."""
    for each in plain:
        if len(each) != len(_ATTRIBUTES):
            raise ValueError("this is not a bulletin")
        for number, decode in _DECODED:
            each[number] = decode(each[number])
        each[_PLACE] = _place_of(each[_PLACE], file)
        each[_AS_BEFORE] = tuple(bulletins_of(each[_AS_BEFORE], file))
        yield Bulletin(*each)


def _plain_place(place: Place) -> Plain:
    return [place.line, place.column, place.entry, _plain_row(place.row)]


def _place_of(plain: Plain, file: str) -> Place:
    line, column, entry, row = plain
    return Place(file, line, column, entry, _row_of(row))


def _plain_row(row: RowReference | None) -> Plain:
    match row:
        case RowLine(file, line, column):
            return [file, line, column]
        case MatrixRow(values):
            return values
    return None


def _row_of(plain: Plain) -> RowReference | None:
    return None if plain is None else _known_row(plain)


def _known_row(plain: Plain) -> RowReference:
    return MatrixRow(plain) if isinstance(plain, str) else RowLine(*plain)


def _plain_schedule(schedule: Schedule | Recurrence | None) -> Plain:
    match schedule:
        case None:
            return None
        case Schedule(at, grace):
            return [_seconds(at), grace.total_seconds()]
        case Recurrence(cron, timezone, grace, starts, ends, catch_up):
            return [cron, timezone, grace.total_seconds(), _seconds(starts), _seconds(ends), catch_up.value]


@lru_cache(maxsize=1024)  # thousands of bulletins share a schedule
def _schedule_from(plain: tuple[Any, ...]) -> Schedule | Recurrence:
    match plain:
        case at, grace_s:
            return Schedule(_instant(at), timedelta(seconds=grace_s))
        case cron, timezone, grace_s, starts, ends, catch_up:
            edges = [None if edge is None else _instant(edge) for edge in (starts, ends)]
            return Recurrence(cron, timezone, timedelta(seconds=grace_s), edges[0], edges[1], CatchUp(catch_up))
    raise ValueError("this is not a schedule")


def _schedule_of(plain: Sequence[Any] | None) -> Schedule | Recurrence | None:
    return None if plain is None else _schedule_from(tuple(plain))


def _seconds(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _inherited_of(names: Sequence[str]) -> frozenset[str]:
    return _shared(tuple(names))


@lru_cache(maxsize=1024)
def _shared(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(names)  # one object for all equal sets


def _words_of(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(intern, words))


def _mapping_of(texts: Mapping[str, str]) -> dict[str, str]:
    return {intern(name): text for name, text in texts.items()}


# The other attributes are texts, numbers, flags, tuples of texts, and mappings of texts.
_ENCODED: Mapping[str, Callable[[Any], Plain]] = {
    "place": _plain_place,
    "schedule": _plain_schedule,
    "inherited": sorted,
    "as_before": lambda bulletins: [plain_bulletin(each) for each in bulletins],
}
_ATTRIBUTES = tuple(field.name for field in fields(Bulletin))
_values = attrgetter(*_ATTRIBUTES)
_DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "business_event": intern,
    "c_by": intern,
    "properties": _mapping_of,
    "accounts": _words_of,
    "tags": _words_of,
    "schedule": _schedule_of,
    "inherited": _inherited_of,
}
_DECODED = tuple((_ATTRIBUTES.index(name), decode) for name, decode in _DECODERS.items())
_PLACE = _ATTRIBUTES.index("place")
_AS_BEFORE = _ATTRIBUTES.index("as_before")
ID = _ATTRIBUTES.index("id")  # where the list of a bulletin holds its id
