"""Find what a set may hold only once: names, ids, and the same content for one account at the same time.

Pure functions: the entries of a whole set come in, findings go out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator

from runner.definitions.model import Account, Bulletin, BusinessEvent, Place, Recurrence, Schedule
from runner.definitions.problem import Finding
from runner.definitions.problem_codes import Code
from runner.definitions.rules.bulletin_finding import about_bulletin


def check_names(what: str, kind: str, entries: Iterable[Account] | Iterable[BusinessEvent]) -> Iterator[Finding]:
    """Yield a finding for each name that is defined again; `what` names the kind of entry."""
    first: dict[str, Place] = {}
    for entry in entries:
        if entry.name in first:
            message = f"the {what} {entry.name!r} is already defined at {first[entry.name]}"
            path = (kind, entry.name)
            yield Finding(
                Code.DUPLICATE_NAME, entry.place.file, path, message, "Remove or rename one of the two.", True
            )
        first.setdefault(entry.name, entry.place)


def check_ids(bulletins: Iterable[Bulletin]) -> Iterator[Finding]:
    """Yield a finding for each id that is used again."""
    first: dict[str, Place] = {}
    for bulletin in bulletins:
        if bulletin.id in first:
            message = f"the id {bulletin.id!r} is already used at {first[bulletin.id]}"
            hint = "Give this one an id of its own; to send the same bulletin again, raise its revision."
            if bulletin.place.row:
                hint = "Add a column to the id that differs between these rows."
            yield about_bulletin(bulletin, ("id",), Code.DUPLICATE_ID, message, hint)
        first.setdefault(bulletin.id, bulletin.place)


def _times(schedule: Schedule | Recurrence | None) -> Hashable:
    """Return a key that is equal for two bulletins that are due at the same times."""
    match schedule:
        case Recurrence(cron, timezone, _, starts, ends):
            return cron.upper(), timezone, starts, ends
        case Schedule(at):
            return at
        case _:
            return None


def check_payloads(bulletins: Iterable[Bulletin]) -> Iterator[Finding]:
    """Yield a finding for each bulletin that repeats the content of an earlier one, for the same account and time."""
    first: dict[Hashable, Bulletin] = {}
    checked = [bulletin for bulletin in bulletins if bulletin.enabled and not bulletin.allow_duplicate]
    # Most bulletins of a large set share name and time with no other. Their whole payloads need not be compared.
    names = Counter((bulletin.name, _times(bulletin.schedule)) for bulletin in checked)
    for bulletin in checked:
        if names[bulletin.name, _times(bulletin.schedule)] == 1:
            continue
        content = bulletin.payload_key(), _times(bulletin.schedule)
        for account in bulletin.accounts:
            other = first.setdefault((account, content), bulletin)
            if other is bulletin or other.id == bulletin.id:
                continue
            message = f"{other.id} ({other.place}) sends the same content to {account} at the same time"
            hint = "Change one of the two, remove it, or add allow_duplicate: true."
            yield about_bulletin(bulletin, (), Code.DUPLICATE_PAYLOAD, message, hint)
            break
