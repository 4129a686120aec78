"""What a ledger says of the runs that machines have seen, on both databases."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from plan import HOUR, NOW, make_firing
from servers.postgres import PrivatePostgres

from ledger import LEASE, ORIGIN, WHO, all_of, at, at_once, begin, claim_one, claim_within, expire_claimed, settle_one
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.database.tables import runs
from runner.ledger.ledger import Ledger, import_into
from runner.ledger.values import Settlement
from runner.ledger.witness.comparison import Loss, SeenRun
from runner.plan.history import State

FIRINGS = [make_firing(f"b{number}") for number in range(6)]


def numbers(url: str) -> dict[str, int]:
    return {row["id"]: row["number"] for row in all_of(url, runs)}


def test_runs_are_numbered_in_the_order_in_which_the_ledger_recorded_them(ledger: Ledger, ledger_url: str) -> None:
    names = ["01C", "01A", "01B"]
    for name, hours in zip(names, (0, -2, 5), strict=True):  # whatever the clocks say
        at(ledger, NOW + hours * HOUR).start_run(ORIGIN, WHO, lease=LEASE, run=name)
    assert numbers(ledger_url) == {"01C": 1, "01A": 2, "01B": 3}


def test_a_run_that_is_started_again_keeps_its_number(ledger: Ledger, ledger_url: str) -> None:
    for _ in range(2):
        ledger.start_run(ORIGIN, WHO, lease=LEASE, run="01A")
    begin(ledger)
    assert ledger.own_run("01A").number == numbers(ledger_url)["01A"] == 1
    assert sorted(numbers(ledger_url).values()) == [1, 2]


def test_runs_that_start_at_once_get_different_numbers(ledger_url: str) -> None:
    url = parse_url(ledger_url)
    create(url, now=NOW, who="asha")
    with Ledger(url) as one, Ledger(url) as other:
        at_once(*(lambda each=each: [begin(each) for _ in range(10)] for each in (one, other)))
    assert sorted(numbers(ledger_url).values()) == list(range(1, 21))


def test_claims_are_counted_however_they_ended_and_expiries_are_not(ledger: Ledger, run: str) -> None:
    states = [State.FIRED, State.FAILED, State.IN_DOUBT, State.RELEASED]
    for firing, state in zip(FIRINGS, states, strict=False):
        claim = claim_one(ledger, run, firing, NOW)
        assert claim
        settle_one(ledger, claim, Settlement(state), NOW)
    assert claim_one(ledger, run, FIRINGS[3], NOW)  # again, after it was given back
    assert claim_one(ledger, run, FIRINGS[0], NOW) is None
    late = make_firing("late", at=NOW - HOUR, grace=timedelta(minutes=1))
    claim = claim_one(ledger, run, late, NOW)
    assert claim
    assert expire_claimed(ledger, claim, run, late, Settlement(State.RELEASED), NOW)
    ledger.expire(run, [make_firing("later", at=NOW - HOUR, grace=timedelta(minutes=1))], NOW)
    assert ledger.recorded([run]).runs[run].claims == ledger.own_run(run).claims == 6


def test_what_a_baseline_adopts_counts_as_claimed(ledger: Ledger, run: str) -> None:
    assert ledger.record_as_sent(run, FIRINGS[:3], NOW, "by hand") == 3
    assert ledger.record_as_sent(run, FIRINGS[:4], NOW, "by hand") == 1
    assert ledger.recorded([run]).runs[run].claims == ledger.own_run(run).claims == 4


def test_a_claim_that_is_asked_for_again_counts_once(ledger: Ledger, run: str) -> None:
    for _ in range(2):
        assert claim_within(ledger, run, FIRINGS[0], NOW, (), claim_id="01CLAIM")
    assert ledger.recorded([run]).runs[run].claims == 1


def test_the_newest_run_and_those_under_way_come_unasked(ledger: Ledger) -> None:
    over, lapsed, live, newest = (begin(ledger) for _ in range(4))
    for each in (over, newest):
        ledger.finish_run(each, exit_code=0, interrupted=False)
    later = at(ledger, NOW + LEASE / 2)
    later.renew(live, lease=HOUR)
    at(ledger, NOW + 2 * LEASE)
    assert {run.id: run.is_over for run in ledger.recorded(()).runs.values()} == {live: False, newest: True}
    held = ledger.recorded([over, lapsed, "01MISSING"])
    assert {run.id: run.is_over for run in held.runs.values()} == {over: True, lapsed: True, live: False, newest: True}
    assert held.runs[over] == SeenRun(over, 1, 0, NOW, WHO.host, is_over=True)
    assert held.newest == held.runs[newest]


def test_an_accepted_loss_is_kept_and_later_runs_come_after_it(ledger: Ledger, ledger_url: str) -> None:
    begin(ledger)
    lost = SeenRun("01LOST", 7, 3, NOW, "laptop")
    ledger.accept(
        [Loss(ledger.id, lost, None), Loss("01OTHER", SeenRun("01X", 99, 0, NOW, "x"), None)], WHO, "restored"
    )
    begin(ledger)
    assert sorted(numbers(ledger_url).values()) == [1, 8]
    first, second = ledger.recorded(()).acceptances
    assert {first.ledger, second.ledger} == {ledger.id, "01OTHER"}
    (own,) = (each for each in (first, second) if each.ledger == ledger.id)
    assert (own.run, own.number, own.claims, own.at) == ("01LOST", 7, 3, NOW)
    assert (own.who, own.host, own.note) == (WHO.who, WHO.host, "restored")


def test_an_export_takes_numbers_and_acceptances_along(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    ledger.accept([Loss(ledger.id, SeenRun("01LOST", 7, 3, NOW, "laptop"), None)], WHO, "restored")
    run = begin(ledger)
    assert claim_one(ledger, run, FIRINGS[0], NOW)
    lines = list(ledger.export())
    moved = str(tmp_path / "moved.sqlite3")
    import_into(parse_url(moved), lines, now=NOW, who="meera")
    with Ledger(parse_url(moved), clock=lambda: NOW) as there:
        assert there.recorded([run]) == ledger.recorded([run])
        begin(there)
    assert sorted(numbers(moved).values()) == [8, 9]


def test_runs_of_a_copy_keep_their_numbers_where_these_are_free(
    ledger: Ledger, ledger_url: str, tmp_path: Path
) -> None:
    first = begin(ledger)
    copy = str(tmp_path / "copy.sqlite3")
    import_into(parse_url(copy), list(ledger.export()), now=NOW, who="meera")
    here = [begin(ledger) for _ in range(3)]
    with Ledger(parse_url(copy)) as there:
        other = begin(there)
        there.finish_run(other, exit_code=0, interrupted=False)
    lines = list(ledger.export())
    for _ in range(2):
        import_into(parse_url(copy), lines, now=NOW, who="meera")
    assert numbers(copy) == {first: 1, other: 2, here[1]: 3, here[2]: 4, here[0]: 5}


def test_runs_of_another_ledger_become_the_newest(ledger: Ledger, ledger_url: str, tmp_path: Path) -> None:
    path = parse_url(str(tmp_path / "other.sqlite3"))
    create(path, now=NOW, who="asha")
    with Ledger(path) as other:
        theirs = [begin(other) for _ in range(2)]
        lines = list(other.export())
    own = [begin(ledger) for _ in range(3)]
    for each in own:
        ledger.finish_run(each, exit_code=0, interrupted=False)
    import_into(parse_url(ledger_url), lines, now=NOW, who="meera")
    assert numbers(ledger_url) == {**{name: n for n, name in enumerate(own, 1)}, theirs[0]: 4, theirs[1]: 5}


def test_a_checkpoint_puts_everything_into_the_file_itself(sqlite_path: Path) -> None:
    with Ledger(parse_url(str(sqlite_path))) as ledger:
        run = begin(ledger)
        assert claim_one(ledger, run, FIRINGS[0], NOW)
        ledger.checkpoint()
        copy = sqlite_path.with_name("copy.sqlite3")
        copy.write_bytes(sqlite_path.read_bytes())  # without its log
    with Ledger(parse_url(str(copy))) as copied:
        assert copied.recorded([run]).runs[run].claims == 1


def test_a_checkpoint_waits_for_nobody(sqlite_path: Path) -> None:
    url = parse_url(str(sqlite_path))
    with Ledger(url) as ledger, Ledger(url) as other:
        begin(ledger)
        lines = other.export()
        next(lines)  # a reader at work
        begin(ledger)
        ledger.checkpoint()
        lines.close()  # type: ignore[attr-defined]
        assert len(ledger.recorded(()).runs) == 2


def test_the_place_of_a_file_is_the_same_by_every_name(sqlite_path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    places = set()
    for name in (str(sqlite_path), sqlite_path.name, f"sqlite:///{sqlite_path}", f"link/{sqlite_path.name}"):
        with Ledger(parse_url(name)) as ledger:
            places.add(ledger.canonical_place())
    assert len(places) == 1


def test_the_place_of_a_database_names_no_credentials_and_its_schema(
    postgres: PrivatePostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = parse_url(postgres.new_database())
    create(url, now=NOW, who="asha")

    def place() -> str:
        with Ledger(url.set(password="s3cret")) as ledger:
            return ledger.canonical_place()

    here = place()
    assert "s3cret" not in here
    assert str(url.username) not in here.split("//")[1].split("/")[0]
    assert f"/{url.database}/public" in here
    os.mkdir(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert place() != here
