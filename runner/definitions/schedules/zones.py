"""Read time zones by their IANA names, always from the Python package tzdata and never from the system.

With different zone data, two machines would compute different instants and ledger keys for one local time.
UTC needs no data.
"""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from runner.errors import ErrorCode, UserError

_PLACEHOLDER = "Factory"  # IANA's placeholder for a machine without a configured zone


@cache
def zone(name: str) -> tzinfo:
    """Return a time zone. Raises KeyError for an unknown name, UserError if the package can't be read."""
    if name == "UTC":
        return UTC
    if name not in names():
        raise KeyError(name)
    from importlib.resources import files

    try:
        with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except (ImportError, OSError, ValueError):
        raise _missing() from None


@cache
def names() -> frozenset[str]:
    """Return the names of all time zones. Raises UserError if the package tzdata can't be read."""
    from importlib.resources import files

    try:
        listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    except (ImportError, OSError, ValueError):
        raise _missing() from None
    return frozenset(listed.split()) - {_PLACEHOLDER}


def _missing() -> UserError:
    return UserError(
        ErrorCode.ZONE_DATA_MISSING,
        "the time zone data is missing: the Python package tzdata is not installed completely",
        help="Install it with: pip install --force-reinstall tzdata. Without this package, only UTC can be used.",
    )
