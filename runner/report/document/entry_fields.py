"""Fields that entries of both documents share: instants, and the row that a bulletin was made from."""

from __future__ import annotations

from datetime import UTC, datetime

from runner.definitions.row_reference import RowReference


def timestamp(at: datetime) -> str:
    """Return an instant as documents write it: RFC 3339 in UTC, with milliseconds if they are not zero."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return text.removesuffix(".000") + "Z"


def exact_timestamp(at: datetime) -> str:
    """Return an instant in UTC with microseconds, for what is compared: such as the times of requests."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def timestamp_or_none(at: datetime | None) -> str | None:
    """Return an instant as documents write it; None stays None."""
    return None if at is None else timestamp(at)


def row_field(row: RowReference | None) -> dict[str, str]:
    """Return the field `row` of a bulletin that was made from a table's row; else nothing."""
    return {} if row is None else {"row": str(row)}
