"""Time zones by their IANA names, read from the package tzdata on every machine and never from the system.

Two machines with different data would give one local time two instants, and a recurring bulletin two keys. UTC needs no
data.
"""

from __future__ import annotations

from datetime import UTC, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from runner.errors import UserError

_PLACEHOLDER = "Factory"  # IANA's zone of a machine that nobody has set up


@cache
def zone(name: str) -> tzinfo:
    """The time zone of that name. Raises KeyError where IANA has none, UserError where the package can't be read."""
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
    """The names of all time zones. Raises UserError where the package tzdata can't be read."""
    from importlib.resources import files

    try:
        listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    except (ImportError, OSError, ValueError):
        raise _missing() from None
    return frozenset(listed.split()) - {_PLACEHOLDER}


def _missing() -> UserError:
    return UserError(
        "the data of the time zones is missing: the Python package tzdata is not installed, or not whole",
        help="Install it with: pip install --force-reinstall tzdata. Without it, UTC is the only time zone.",
    )
