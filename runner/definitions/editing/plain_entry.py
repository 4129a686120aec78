"""Turn a `Bulletin` into the fields of a plain entry without defaults, rows or an implied account."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from runner.definitions.fields import FIELDS, FILLED_PER_OCCURRENCE
from runner.definitions.model import DEFAULT_GRACE, Bulletin, CatchUp, Recurrence, Schedule
from runner.definitions.schedules.written_times import written_duration
from runner.definitions.templates import literal_template


def entry_of(bulletin: Bulletin) -> dict[str, Any]:
    """Return the fields of the entry, without fields that have their default value. Times are in UTC."""
    values = ((field, getattr(bulletin, field.attribute)) for field in FIELDS)
    fields = {field.name: _written(value) for field, value in values if field.is_required or value != field.default}
    recurs = isinstance(bulletin.schedule, Recurrence)
    return with_literal_braces(fields) if bulletin.literal_braces and recurs else fields


def with_literal_braces(fields: dict[str, Any]) -> dict[str, Any]:
    """Write the braces in the texts of a recurring entry so that they are literal, except fields of the occurrence."""
    for name in (field.name for field in FILLED_PER_OCCURRENCE if field.name in fields):
        match fields[name]:
            case str() as text:
                fields[name] = literal_template(text)
            case dict() as texts:
                fields[name] = {key: literal_template(text) for key, text in texts.items()}
    return fields


def _written(value: Any) -> Any:
    match value:
        case tuple():
            return list(value)
        case Mapping():
            return dict(value)
        case Schedule() | Recurrence():
            return _schedule(value)
        case _:
            return value


def _schedule(schedule: Schedule | Recurrence) -> dict[str, Any]:
    if isinstance(schedule, Schedule):
        fields = {"at": _instant(schedule.at)}
    else:
        fields = {"cron": schedule.cron, "timezone": schedule.timezone}
        fields |= {name: _instant(at) for name in ("starts", "ends") if (at := getattr(schedule, name))}
        if schedule.catch_up is not CatchUp.LATEST:
            fields["catch_up"] = schedule.catch_up.value
    if schedule.grace != DEFAULT_GRACE:
        fields["grace"] = written_duration(schedule.grace)
    return fields


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
