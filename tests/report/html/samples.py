"""Documents as they come up in real life, of any size: what the pages are looked at, tested and measured with."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from report.documents import (
    make_account,
    make_attempt,
    make_bulletin_change,
    make_changes,
    make_field,
    make_plan,
    make_planned,
    make_report,
    make_result,
    make_shared_change,
)

NOW = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)
ZONES = {"india": "Asia/Kolkata", "europe": "Europe/Berlin", "singapore": "Asia/Singapore"}
_SHOWS = ("Sa Re Ga Ma", "सा रे गा मा", "இசை மழை", "The House Quartet", "Comedy Nights", "Crime Patrol", "Bigg Boss")
_EVENTS = ("Program Released", "Album Out", "Flash Sale")
_WORDS = ("classical", "film", "folk", "evening", "weekend", "premiere", "festival", "special", "finale", "reunion")


def times(at: datetime) -> str:
    """An instant as documents write it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")


def busy_report(count: int, *, seed: int = 7) -> dict[str, Any]:
    """A run of so many firings in three accounts, with every outcome and some that were tried again."""
    chance = random.Random(seed)
    free = {account: [NOW + timedelta(seconds=0.2 * slot) for slot in range(3)] for account in ZONES}
    results = [_result(number, chance, free) for number in range(count)]
    finished = max((at for slots in free.values() for at in slots), default=NOW)
    return make_report(*results, started_at=NOW, finished_at=finished, exit_code=4 if count else 0)


def _result(number: int, chance: random.Random, free: dict[str, list[datetime]]) -> dict[str, Any]:
    account = chance.choices(list(ZONES), (6, 3, 1))[0]
    own = _definition(number, chance, account)
    outcome = chance.choices(("fired", "failed", "in_doubt", "expired", "skipped", None), (180, 6, 2, 1, 2, 12), k=1)[0]
    if outcome not in ("fired", "failed", "in_doubt"):
        return make_result(own.pop("id"), outcome, **own)
    attempts = list(_attempts(outcome, chance, free[account]))
    last = attempts[-1]
    own |= {name: last[name] for name in ("http_status", "error", "started_at", "latency_ms")}
    if outcome == "fired" and chance.random() < 0.03:
        own |= {
            "bulletins_sent": 0,
            "warnings": ["0 bulletins were sent: check that a bulletin is published for the business event"],
        }
    return make_result(own.pop("id"), outcome, tries=len(attempts), attempts=attempts, **own)


def _attempts(outcome: str, chance: random.Random, slots: list[datetime]) -> Iterator[dict[str, Any]]:
    number = 1
    while chance.random() < 0.05:
        yield _attempt(
            number, chance, slots, verdict="no", http_status=429, answer='{"status":"fail","code":429}', quick=True
        )
        number += 1
    answers: dict[str, dict[str, Any]] = {
        "fired": {},
        "failed": {
            "verdict": "no",
            "http_status": 400,
            "answer": '{"status":"fail","error":"Business Event Not Found","code":400}',
        },
        "in_doubt": {
            "verdict": "unknown",
            "http_status": 503,
            "answer": "<html><h1>503</h1>\nupstream timed out</html>",
        },
    }
    yield _attempt(number, chance, slots, **answers[outcome])


def _attempt(number: int, chance: random.Random, slots: list[datetime], *, quick: bool = False, **fields: Any) -> Any:
    slot = min(range(len(slots)), key=slots.__getitem__)
    took = chance.lognormvariate(3.2 if quick else 5.7, 0.5)
    started = slots[slot]
    slots[slot] = started + timedelta(milliseconds=took + 4)
    return make_attempt(number, started_at=times(started), latency_ms=round(took, 1), **fields)


def _definition(number: int, chance: random.Random, account: str) -> dict[str, Any]:
    show, event = chance.choice(_SHOWS), chance.choice(_EVENTS)
    name = f"{show} {chance.choice(_WORDS)} {number}"
    properties = {
        "program_id": str(200_000 + number),
        "language": chance.choice(("Hindi", "Tamil", "Telugu")),
        "title": name,
        "prev_program_id": str(100_000 + number),
        "teaser": " ".join(chance.choices(_WORDS, k=8)),
    }
    payload = {
        "business_event": event,
        "name": name,
        "properties": properties,
        "c-by": "releases@example.com",
        "when": "now",
    }
    due = NOW - timedelta(minutes=chance.randrange(30))
    return {
        "id": f"show-{number:05}-{chance.choice(_WORDS)}",
        "account": account,
        "file": f"bulletins.d/2026-12/{chance.choice(_WORDS)}.yaml",
        "line": chance.randrange(4, 400),
        "business_event": event,
        "name": name,
        "due_at": times(due) if chance.random() < 0.8 else None,
        "fingerprint": f"sha256:{chance.getrandbits(256):064x}",
        "payload": payload,
    }


def busy_plan(count: int, *, seed: int = 7, changes: bool = False) -> dict[str, Any]:
    """A plan of so many firings over two weeks, most of them in the evenings of their accounts."""
    chance = random.Random(seed)
    firings = [_planned(number, chance) for number in range(count)]
    firings.sort(key=lambda each: each["due_at"] or "")
    accounts = {name: make_account(timezone=zone) for name, zone in ZONES.items()}
    return make_plan(*firings, accounts=accounts, changes=some_changes() if changes else None)


def _planned(number: int, chance: random.Random) -> dict[str, Any]:
    account = chance.choices(list(ZONES), (6, 3, 1))[0]
    own = _definition(number, chance, account)
    day, hour = int(chance.triangular(-2, 13, 2)), chance.choice((3, 8, 12, 13, 13, 14, 15))
    due = datetime(2026, 12, 1, hour, chance.choice((0, 0, 0, 15, 30, 45)), tzinfo=UTC) + timedelta(days=day)
    if due > NOW:
        action = chance.choices(("wait", "disabled"), (30, 1))[0]
    else:
        action = chance.choices(("done", "expired", "fire", "changed", "in_doubt", "duplicate"), (12, 2, 4, 1, 1, 1))[0]
    if number % 400 == 399:
        due, action = due + timedelta(days=300), "wait"
    if action == "changed":
        own["changes"] = [{"field": "properties.title", "old": "Episode 11", "new": own["name"]}]
    own |= {"due_at": times(due), "expires_at": times(due + timedelta(hours=1))}
    return make_planned(own.pop("id"), action, **own)


def some_changes() -> dict[str, Any]:
    """A branch that adds two bulletins, edits a sent one, renames one, removes one and moves an account."""
    effect = {"account": "india", "occurrence": "r1", "action": "wait", "due_at": "2026-12-02T13:00:00Z"}
    waits = {**effect, "text": "goes out at 2026-12-02T13:00:00Z"}
    sent = {**effect, "action": "changed", "text": "already sent on 2026-11-30T13:00:00Z: this edit sends nothing"}
    now = {**effect, "action": "fire", "due_at": None, "text": "goes out as soon as fire runs"}
    fields = [make_field("name", None, "Episode 13"), make_field("properties.program_id", None, "234568")]
    return make_changes(
        [
            make_bulletin_change("added", "sa-re-ga-ma-13", name="Episode 13", effects=[waits], fields=fields),
            make_bulletin_change("added", "album-of-the-week", name="Album of the week", effects=[now]),
            make_bulletin_change("changed", "sa-re-ga-ma-12", effects=[sent]),
            make_bulletin_change("renamed", "isai-mazhai-5", name="இசை மழை, பகுதி 5", effects=[now]),
            make_bulletin_change("removed", "winter-sale", name="Winter sale", effects=[]),
        ],
        [make_shared_change("changed", "india")],
        [make_shared_change("added", "Flash Sale", fields=[], bulletins=1, file="bulletins.d/events.yaml")],
    )
