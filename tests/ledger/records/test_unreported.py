"""Expired firings and firings in doubt wait for a published report, and one run at a time has to report them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from plan import HOUR, NOW, make_firing, make_firings
from plan import make_bulletin as bulletin
from sqlalchemy import update

from ledger import LEASE, ORIGIN, WHO, all_of, at, at_once, begin, claim_one, connected, counting, settle_one
from runner.ledger.database import tables
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger, import_into
from runner.ledger.values import Settlement
from runner.plan.firing import Firing, FiringKey
from runner.plan.history import State

EXPIRED, SENT = make_firing("expired", at=NOW - 9 * HOUR), make_firing("sent")
AFTER = NOW + LEASE + timedelta(seconds=1)  # the lease of a run that began at NOW has run out


def anything(key: FiringKey, file: str) -> bool:
    return True


def left_behind(ledger: Ledger, *, finished: bool = False) -> str:
    """A run that recorded an expired firing and one in doubt, and reported neither. It is over at AFTER."""
    run = begin(ledger)
    claim = claim_one(ledger, run, SENT, NOW)
    assert claim
    assert settle_one(ledger, claim, Settlement(State.IN_DOUBT, "HTTP 503"), NOW)
    assert ledger.expire(run, [EXPIRED], NOW) == {EXPIRED.key}
    if finished:
        ledger.finish_run(run, exit_code=4, interrupted=False)
    return run


def taken(ledger: Ledger, run: str) -> set[str]:
    return {row.key.bulletin for row in ledger.take_over(run, anything)}


def test_a_live_run_reports_what_it_found_itself(ledger: Ledger) -> None:
    first, second = left_behind(ledger), begin(ledger)
    assert taken(ledger, second) == set()
    assert {row.key.bulletin for row in ledger.unreported(first)} == {"expired", "sent"}


@pytest.mark.parametrize("finished", [True, False])
def test_a_run_that_is_over_leaves_it_to_one_other(ledger: Ledger, *, finished: bool) -> None:
    first = left_behind(ledger, finished=finished)
    second, third = (begin(ledger, AFTER) for _ in range(2))
    assert taken(ledger, second) == {"expired", "sent"}
    assert taken(ledger, second) == {"expired", "sent"}  # where the answer was lost, it is asked again
    assert taken(ledger, third) == set()
    assert ledger.unreported(first) == []


def test_a_run_that_took_over_and_ended_leaves_it_to_the_next(ledger: Ledger) -> None:
    left_behind(ledger)
    second = begin(ledger, AFTER)
    assert taken(ledger, second) == {"expired", "sent"}
    at(ledger, AFTER + LEASE + timedelta(seconds=1))
    third = ledger.start_run(ORIGIN, WHO, lease=LEASE)
    assert taken(ledger, third) == {"expired", "sent"}


def test_what_a_published_report_has_shown_is_not_reported_again(ledger: Ledger) -> None:
    first = left_behind(ledger)
    shown, other = ledger.unreported(first)
    ledger.mark_reported(first, [shown.id])
    ledger.mark_reported(first, [shown.id])
    ledger.finish_run(first, exit_code=4, interrupted=False)
    second = begin(ledger)
    assert taken(ledger, second) == {other.key.bulletin}
    ledger.mark_reported(second, [other.id])
    ledger.finish_run(second, exit_code=1, interrupted=False)
    assert taken(ledger, begin(ledger)) == set()


def test_a_run_marks_only_what_is_its_own_to_report(ledger: Ledger) -> None:
    """One that was frozen comes back after another has taken over, which may end before its report."""
    first = left_behind(ledger)
    ids = [row.id for row in ledger.unreported(first)]
    second = begin(ledger, AFTER)
    assert taken(ledger, second) == {"expired", "sent"}
    ledger.mark_reported(first, ids)
    assert {row.key.bulletin for row in ledger.unreported(second)} == {"expired", "sent"}


def test_rows_that_do_not_belong_to_a_run_wait_for_another(ledger: Ledger) -> None:
    left_behind(ledger, finished=True)
    narrow = ledger.take_over(begin(ledger), lambda key, file: key.bulletin == "sent")
    assert [row.key.bulletin for row in narrow] == ["sent"]
    assert taken(ledger, begin(ledger)) == {"expired"}


def test_a_row_that_was_swept_is_reported_by_its_sweeper(ledger: Ledger) -> None:
    holder = begin(ledger)
    assert claim_one(ledger, holder, SENT, NOW)
    sweeper = begin(ledger, AFTER)
    assert [row.key for row in ledger.put_claims_in_doubt(sweeper)] == [SENT.key]
    assert taken(ledger, sweeper) == {"sent"}
    ledger.finish_run(sweeper, exit_code=4, interrupted=False)
    assert taken(ledger, begin(ledger, AFTER)) == {"sent"}


@pytest.mark.parametrize("sent", [True, False])
def test_what_a_person_has_resolved_needs_no_report(ledger: Ledger, *, sent: bool) -> None:
    left_behind(ledger, finished=True)
    (doubt,) = ledger.in_doubt()
    assert ledger.resolve(doubt, sent=sent, note="looked it up", identity=WHO)
    assert taken(ledger, begin(ledger)) == {"expired"}


def test_what_its_own_run_settled_late_needs_no_report(ledger: Ledger) -> None:
    holder = begin(ledger)
    claim = claim_one(ledger, holder, SENT, NOW)
    assert claim
    sweeper = begin(ledger, AFTER)
    assert ledger.put_claims_in_doubt(sweeper)
    assert settle_one(ledger, claim, Settlement(State.FIRED), AFTER)
    assert taken(ledger, sweeper) == set()


def test_an_expiry_needs_no_report_once_the_firing_was_claimed_with_a_longer_grace(ledger: Ledger) -> None:
    left_behind(ledger, finished=True)
    later = begin(ledger)
    assert claim_one(ledger, later, make_firing("expired", at=NOW - 9 * HOUR, grace=20 * HOUR), NOW)
    assert taken(ledger, begin(ledger)) == {"sent"}


def test_a_row_that_yields_to_another_ledgers_row_needs_no_report(ledger: Ledger, ledger_url: str) -> None:
    left_behind(ledger, finished=True)
    (doubt,) = ledger.in_doubt()
    with connected(ledger_url) as connection:
        connection.execute(update(tables.firings).where(tables.firings.c.id == doubt.id).values(state="released"))
    assert taken(ledger, begin(ledger)) == {"expired"}


def test_of_runs_that_begin_together_one_takes_each_row_over(ledger: Ledger, ledger_url: str) -> None:
    found = [make_firing(f"b{number}", at=NOW - 9 * HOUR) for number in range(60)]
    for part in (found[:20], found[20:40], found[40:]):
        run = begin(ledger)
        assert len(ledger.expire(run, part, NOW)) == 20
        ledger.finish_run(run, exit_code=1, interrupted=False)
    with ExitStack() as stack:
        opened = [stack.enter_context(Ledger(parse_url(ledger_url), clock=lambda: NOW)) for _ in range(4)]
        runs = [begin(each) for each in opened]
        each_took = at_once(*(_taking(each, run) for each, run in zip(opened, runs, strict=True)))
    assert sorted(name for took in each_took for name in took) == sorted(firing.key.bulletin for firing in found)


def _taking(ledger: Ledger, run: str) -> Callable[[], list[str]]:
    return lambda: sorted(taken(ledger, run))


def test_a_long_history_costs_nothing(ledger: Ledger) -> None:
    """Whatever was reported long ago is not read again."""
    reported = begin(ledger)
    assert ledger.expire(reported, _many(1200), NOW)
    ledger.mark_reported(reported, [row.id for row in ledger.unreported(reported)])
    left_behind(ledger, finished=True)
    run = begin(ledger)
    with counting() as statements:
        assert taken(ledger, run) == {"expired", "sent"}
    assert len(statements) < 10
    if ledger.place.startswith("postgresql"):
        return  # its planner goes by what the table holds
    with ledger.reading() as connection:
        asked, values = next(each for each in statements if "reporter IS NOT NULL" in each[0])
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", values).all()
    assert any("firings_unreported" in row.detail for row in plan), plan


def _many(count: int) -> list[Firing]:
    return make_firings(*(bulletin(f"b{number}", at=NOW - 9 * HOUR) for number in range(count)))


def test_an_import_brings_what_is_unreported_and_what_is_reported(
    ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    first = left_behind(ledger, finished=True)
    there = parse_url(str(tmp_path / "there.sqlite3"))
    create(there, now=NOW, who="asha")
    import_into(there, list(ledger.export()), now=NOW, who="asha")
    with Ledger(there, clock=lambda: NOW) as moved:
        assert {row.key.bulletin for row in moved.unreported(first)} == {"expired", "sent"}
        moved.mark_reported(first, [row.id for row in moved.unreported(first)])
        back = list(moved.export())
    import_into(parse_url(ledger_url), back, now=NOW, who="asha")
    assert taken(ledger, begin(ledger)) == set()


# What makes tables of version 3 out of the present ones.
VERSION_3 = (
    "DROP INDEX firings_unreported",
    "ALTER TABLE firings DROP COLUMN reporter",
    "ALTER TABLE firings DROP COLUMN reported_at",
    "DROP INDEX firings_by_local_due",
    "ALTER TABLE firings DROP COLUMN local_due",
    "DROP INDEX runs_by_number",
    "ALTER TABLE runs DROP COLUMN number",
    "DROP TABLE acceptances",
    "UPDATE ledger SET version = 3",
    "ALTER TABLE runs DROP COLUMN summary",
    "ALTER TABLE runs DROP COLUMN entries",
    "DROP TABLE report_entries",
)


def test_rows_of_older_versions_count_as_reported(ledger: Ledger, ledger_url: str) -> None:
    left_behind(ledger, finished=True)
    ledger.close()
    with connected(ledger_url) as connection:
        for statement in VERSION_3:
            connection.exec_driver_sql(statement)
    with Ledger(parse_url(ledger_url), clock=lambda: NOW) as upgraded:
        assert taken(upgraded, begin(upgraded)) == set()
        assert {row["reporter"] for row in all_of(ledger_url, tables.firings)} == {None}
        assert upgraded.history([EXPIRED], NOW).entries[EXPIRED.key].is_reported
