"""One plan for each reason that a plan gives, and the step with that reason. All go through `decide`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from plan import HOUR, NOW, knowing, make_bulletin, make_entry, make_firing, make_firings, sent_lately
from runner.definitions.model import Account, Budget, CatchUp, Definitions, Place, Recurrence
from runner.plan.decide import Step, decide
from runner.plan.firing import Firing, FiringKey, WatchKey, firings
from runner.plan.history import BLOCKING, History, SentFiring, Spent, State

MINUTE = timedelta(minutes=1)
KEY = WatchKey("india", "a", 1)
NOTHING = History()
WATCHED = {KEY: NOW - timedelta(days=1)}


def steps() -> Iterator[Step]:
    """Yield the steps, at least one for each reason."""
    yield from _ordinary()
    yield from _blocked()
    yield from _duplicates()
    yield from _held_back()
    yield from _expired()
    yield from _missed()


def _one(firing: Firing, history: History = NOTHING) -> Step:
    (step,) = decide([firing], history, NOW).steps
    return step


def _ordinary() -> Iterator[Step]:
    failed = make_firing(at=NOW)
    yield _one(make_firing())
    yield _one(make_firing(at=NOW - HOUR / 2))
    yield _one(make_firing(at=NOW + timedelta(hours=26, minutes=5)))
    yield _one(make_firing(enabled=False))
    for failures in (1, 3):
        yield _one(failed, knowing(make_entry(failed, State.FAILED, reason="the API said no", failures=failures)))
    patient = make_firing(at=NOW, grace=4 * HOUR)
    fields = {"reason": "HTTP 400: Event not found", "failures": 3, "refusals": 3, "settled_at": NOW}
    yield _one(patient, knowing(make_entry(patient, State.FAILED, **fields)))


def _blocked() -> Iterator[Step]:
    firing = make_firing("sale", at=NOW - HOUR)
    yield _one(firing, knowing(make_entry(firing, State.FIRED)))
    yield _one(firing, knowing(make_entry(firing, State.FIRED, fingerprint="sha256:other")))
    yield _one(firing, knowing(make_entry(firing, State.CLAIMED)))
    for reason in ("no answer", None):
        yield _one(firing, knowing(make_entry(firing, State.IN_DOUBT, reason=reason)))
    recurring = _hourly()[2]
    yield _one(recurring, knowing(make_entry(recurring, State.FIRED, fingerprint="sha256:other")))
    names = ("r1@2026-12-01T13:00:00Z", "r1")
    for each, other in ((firing, names[0]), (recurring, "r1"), (recurring, "r1@2026-12-01T12:00:00Z")):
        known = make_entry(each, State.FIRED)
        known = replace(known, key=known.key._replace(occurrence=other))
        yield _one(each, History({each.key: known}))
        yield _one(each, History({each.key: replace(known, state=State.IN_DOUBT, reason="no answer")}))


def _duplicates() -> Iterator[Step]:
    firing = make_firing("b")
    yield _one(firing, sent_lately(firing, HOUR, as_id="a"))
    yield decide(make_firings(make_bulletin("a"), make_bulletin("b")), History(), NOW).steps[1]
    for occurrence in ("r1", "r1@2026-12-01T12:00:00Z"):
        sent = SentFiring(FiringKey("bharat", "b", occurrence), NOW - HOUR)
        yield _one(firing, History(orphans={firing.key[1:]: (sent,)}))


def _account(per_hour: int | None = None, per_day: int | None = None, sales: int | None = None) -> dict[str, Account]:
    budgets = {"Flash Sale": Budget(per_day=sales)} if sales else {}
    place = Place("a.yaml", 1, 1, "india")
    budget = Budget(per_hour, per_day)
    return {"india": Account("india", "https://x", "ID", place, budget=budget, event_budgets=budgets)}


def _held_back() -> Iterator[Step]:
    spent = {"india": (Spent(NOW - 10 * MINUTE, "Program Released"),)}
    yield decide([make_firing()], History(spent=spent), NOW, _account(1)).steps[0]
    yield decide([make_firing(at=NOW, grace=HOUR / 2)], History(spent=spent), NOW, _account(1)).steps[0]
    due = make_firings(*(make_bulletin(f"b{n}", name=str(n), business_event="Flash Sale") for n in range(2)))
    yield decide(due, History(), NOW, _account(sales=1)).steps[1]
    many = make_firings(*(make_bulletin(f"b{n:04}", name=str(n), at=NOW) for n in range(1202)))
    yield decide(many, History(), NOW, _account(per_day=1200)).steps[1201]


def _expired() -> Iterator[Step]:
    firing = make_firing(at=NOW - 3 * HOUR)
    yield _one(firing)
    yield _one(firing, knowing(make_entry(firing, State.EXPIRED)))
    yield _one(firing, knowing(make_entry(firing, State.EXPIRED, reporter="RUN2")))
    yield _one(firing, knowing(make_entry(firing, State.EXPIRED, is_reported=False)))
    yield _one(firing, knowing(make_entry(firing, State.EXPIRED, expiry_reason="was due then; nobody came")))
    early = make_firing(at=NOW)
    yield _one(early, knowing(make_entry(early, State.EXPIRED)))
    spent = {"india": (Spent(NOW - 2 * HOUR - MINUTE, "Program Released"),)}
    yield decide([firing], History(spent=spent), NOW, _account(1)).steps[0]
    held = decide([firing], History(spent=spent), NOW, _account(1)).steps[0].kept_reason
    assert held is not None
    yield _one(firing, knowing(make_entry(firing, State.EXPIRED, expiry_reason=held.text)))


def _hourly(catch_up: CatchUp = CatchUp.LATEST, **fields: str) -> list[Firing]:
    schedule = Recurrence("0 * * * *", "UTC", 2 * HOUR, catch_up=catch_up)
    return list(firings(Definitions({}, {}, (make_bulletin(schedule=schedule, **fields),), ()), NOW))


def _missed() -> Iterator[Step]:
    latest, every, none = _hourly(), _hourly(CatchUp.ALL), _hourly(CatchUp.NONE)
    watched = History(settled=WATCHED)
    yield decide(latest, watched, NOW).steps[1]
    for state in BLOCKING:
        yield decide(latest, replace(watched, entries={latest[2].key: make_entry(latest[2], state)}), NOW).steps[1]
    spent = replace(watched, spent={"india": (Spent(NOW - MINUTE, "Program Released"),)})
    yield decide(latest, spent, NOW, _account(1)).steps[1]
    yield decide(latest[:2], replace(watched, newest={KEY: NOW - HOUR / 2}), NOW).steps[0]
    filled = _hourly(name="of {{ occurrence.utc }}")
    elsewhere = FiringKey("old", "a", filled[2].key.occurrence)
    yield decide(filled, History(orphans={elsewhere[1:]: (SentFiring(elsewhere, NOW),)}), NOW).steps[1]
    recorded = replace(watched, entries={latest[0].key: make_entry(latest[0], State.EXPIRED)})
    yield decide(latest, recorded, NOW).steps[0]
    yield decide(none, watched, NOW).steps[1]
    yield decide(every, History(), NOW).steps[0]
    edited = replace(watched, looked_at={KEY: NOW - MINUTE}, edited={KEY})
    yield decide(every, edited, NOW).steps[0]
    yield decide(every, History(settled={KEY: NOW - HOUR}), NOW).steps[0]
    ended = Recurrence("0 9 * * *", "UTC", ends=NOW - timedelta(days=30))
    (over,) = firings(Definitions({}, {}, (make_bulletin(schedule=ended),), ()), NOW)
    yield _one(over)
