"""Turn a `Bulletin` into the fields of a plain entry without defaults, rows or an implied account."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from runner.definitions.model import DEFAULT_GRACE, Bulletin, CatchUp, Recurrence, Schedule
from runner.definitions.schedules.times import written_duration


def entry_of(bulletin: Bulletin) -> dict[str, Any]:
    """Return the fields of the entry, without fields that have their default value. Times are in UTC."""
    fields: dict[str, Any] = {
        "id": bulletin.id,
        "business_event": bulletin.business_event,
        "name": bulletin.name,
        "properties": dict(bulletin.properties),
        "c-by": bulletin.c_by,
        "when": None if bulletin.when == "now" else bulletin.when,
        "accounts": list(bulletin.accounts),
        "schedule": _schedule(bulletin.schedule),
        "enabled": None if bulletin.enabled else False,
        "tags": list(bulletin.tags) or None,
        "revision": None if bulletin.revision == 1 else bulletin.revision,
        "allow_duplicate": bulletin.allow_duplicate or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _schedule(schedule: Schedule | Recurrence | None) -> dict[str, Any] | None:
    match schedule:
        case None:
            return None
        case Schedule():
            fields: dict[str, Any] = {"at": _instant(schedule.at)}
        case Recurrence():
            fields = {"cron": schedule.cron, "timezone": schedule.timezone}
            fields |= {name: _instant(at) for name in ("starts", "ends") if (at := getattr(schedule, name))}
            if schedule.catch_up is not CatchUp.LATEST:
                fields["catch_up"] = schedule.catch_up.value
    if schedule.grace != DEFAULT_GRACE:
        fields["grace"] = written_duration(schedule.grace)
    return fields


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
