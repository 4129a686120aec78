"""Faults that concern one firing or one account: it fails alone, all others go on, on both ledgers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers.postgres import PrivatePostgres, new_schema

from fire import PASSCODE, Firer, account, bulletin, due, outcomes, plan_of
from runner.errors import Exit
from runner.fire.api.answer import Answer
from runner.fire.api.client import Client
from runner.fire.api.credentials import Credentials
from runner.fire.fault_scope import fault_text
from runner.fire.holding.claims import Claims
from runner.fire.holding.ledger_access import LedgerAccess
from runner.fire.lanes import firing_sender
from runner.fire.lanes.lane import FAULTS_IN_A_ROW
from runner.fire.lanes.lane_threads import CLAIMS_AHEAD
from runner.fire.outcome import judge
from runner.fire.result import Result, RunResult
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.ledger.values import Attempt, ClaimRequest, SlotRequest
from runner.ledger.writer import LedgerWriter
from runner.plan.history import State
from runner.sandbox.server import Sandbox

BULLETINS = [bulletin(number) for number in range(6)]
BAD = "episode-3"
ALL_FIRED = {f"episode-{number}": "fired" for number in range(6)}
NOTHING: dict[str, Any] = {}


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger of each kind."""
    url = parse_url(str(tmp_path / "ledger.sqlite3"))
    if request.param == "postgresql":
        cluster: PrivatePostgres = request.getfixturevalue("postgres")
        url = parse_url(new_schema(cluster.port))
    create(url, now=datetime.now(UTC), who="tester")
    with Ledger(url) as opened:
        yield opened


Refuse = Callable[[str, str, str], None]


@pytest.fixture
def refuse(ledger: Ledger) -> Refuse:
    """Makes the database refuse rows: of which table, at which event, under which condition."""

    def make(table: str, event: str, condition: str) -> None:
        with ledger.writing() as connection:
            if connection.dialect.name == "sqlite":
                body = "BEGIN SELECT RAISE(ABORT, 'this database refuses it'); END"
                when = f"FOR EACH ROW WHEN {condition} {body}"
            else:
                condition = condition.replace("%", "%%")  # for psycopg
                raising = "BEGIN RAISE EXCEPTION 'this database refuses it'; END"
                connection.exec_driver_sql(f"CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $${raising}$$")
                when = f"FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION no()"
            connection.exec_driver_sql(f"CREATE TRIGGER no BEFORE {event} ON {table} {when}")

    return make


def allow(ledger: Ledger, table: str) -> None:
    """Takes back what `refuse` did."""
    with ledger.writing() as connection:
        on = "" if connection.dialect.name == "sqlite" else f" ON {table}"
        connection.exec_driver_sql(f"DROP TRIGGER no{on}")


def states(ledger: Ledger) -> dict[str, State]:
    """The newest state of each bulletin."""
    return {row.key.bulletin: row.state for row in reversed(ledger.rows())}


def by_account(ended: RunResult) -> Counter[tuple[str, str | None]]:
    return Counter((result.step.firing.key.account, result.outcome) for result in ended.results)


def test_a_firing_that_the_ledger_refuses_fails_alone(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, refuse: Refuse
) -> None:
    refuse("firings", "INSERT", f"NEW.bulletin = '{BAD}'")
    ended = firer.fire(BULLETINS)
    assert (outcomes(ended), ended.exit_code, ended.fault) == ({**ALL_FIRED, BAD: "failed"}, Exit.FAILED, None)
    assert BAD not in states(ledger)

    allow(ledger, "firings")
    again = firer.fire(BULLETINS)
    assert (outcomes(again)[BAD], again.exit_code, len(sandbox.accepted())) == ("fired", Exit.OK, 6)


def test_any_number_of_refused_firings_stops_nothing(firer: Firer, sandbox: Sandbox, refuse: Refuse) -> None:
    refuse("firings", "INSERT", "NEW.bulletin <> 'episode-5'")
    found = outcomes(firer.fire(BULLETINS))
    assert found == {**dict.fromkeys(ALL_FIRED, "failed"), "episode-5": "fired"}


def test_a_lone_surrogate_fails_alone(firer: Firer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Ledger.claim_all

    def unencodable(ledger: Ledger, run: str, requests: Sequence[ClaimRequest]) -> Any:
        is_bad = any(each.firing.key.bulletin == BAD for each in requests)
        return claim(ledger, f"\ud800{run}" if is_bad else run, requests)

    monkeypatch.setattr(Ledger, "claim_all", unencodable)
    ended = firer.fire(BULLETINS)
    assert (outcomes(ended), ended.exit_code, ended.fault) == ({**ALL_FIRED, BAD: "failed"}, Exit.FAILED, None)


@pytest.mark.parametrize("is_committed", [False, True])
def test_an_exception_while_one_is_claimed(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, is_committed: bool
) -> None:
    claim = Ledger.claim_all

    def broken(ledger: Ledger, run: str, requests: Sequence[ClaimRequest]) -> Any:
        if all(each.firing.key.bulletin != BAD for each in requests):
            return claim(ledger, run, requests)
        if is_committed:
            claim(ledger, run, requests)
        raise KeyError("x")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "claim_all", broken)
        ended = firer.fire(BULLETINS)
    assert (outcomes(ended), ended.exit_code, ended.fault) == ({**ALL_FIRED, BAD: "failed"}, Exit.FAILED, None)
    assert outcomes(firer.fire(BULLETINS))[BAD] == "fired"
    assert len(sandbox.accepted()) == 6


def test_an_exception_while_one_is_prepared(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = Client.prepare

    def broken(client: Client, body: bytes) -> Any:
        if b"episode 3" in body:
            raise UnicodeEncodeError("utf-8", "x", 0, 1, "no")
        return prepare(client, body)

    monkeypatch.setattr(Client, "prepare", broken)
    ended = firer.fire(BULLETINS)
    assert (outcomes(ended), ended.exit_code, ended.fault) == ({**ALL_FIRED, BAD: "failed"}, Exit.FAILED, None)
    assert states(ledger)[BAD] is State.FAILED
    assert len(sandbox.received()) == 5


def test_an_exception_after_the_request_has_left_puts_one_in_doubt(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(range(6))

    def broken(answer: Answer, *rest: Any) -> Any:
        return judge(answer, *rest) if next(answers) != 2 else NOTHING["x"]

    monkeypatch.setattr(firing_sender, "judge", broken)
    ended = firer.fire(BULLETINS)
    counts = Counter(outcomes(ended).values())
    assert (counts, ended.exit_code, ended.fault) == ({"fired": 5, "in_doubt": 1}, Exit.IN_DOUBT, None)
    assert Counter(states(ledger).values()) == {State.FIRED: 5, State.IN_DOUBT: 1}
    assert len(sandbox.received()) == len({received.name for received in sandbox.received()}) == 6


def test_a_fault_of_every_firing_stops_its_account_alone(
    firer: Firer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = Ledger.claim_all

    def broken(ledger: Ledger, run: str, requests: Sequence[ClaimRequest]) -> Any:
        if any(each.firing.key.account == "india" for each in requests):
            raise KeyError("x")
        return claim(ledger, run, requests)

    monkeypatch.setattr(Ledger, "claim_all", broken)
    bulletins = [bulletin(number, accounts=("india", "europe")) for number in range(30)]
    ended = firer.fire(bulletins)
    counts = by_account(ended)
    assert (counts["europe", "fired"], ended.exit_code, ended.fault) == (30, Exit.FAILED, None)
    threads = firer.concurrency + CLAIMS_AHEAD
    assert FAULTS_IN_A_ROW <= counts["india", "failed"] <= FAULTS_IN_A_ROW + threads
    assert counts["india", "failed"] + counts["india", "skipped"] == 30


@pytest.mark.parametrize(
    ("table", "event", "condition"),
    [
        ("firings", "UPDATE", "NEW.reason LIKE '%हिन्दी%'"),
        ("attempts", "INSERT", "NEW.answer LIKE '%is missing%'"),
        ("attempts", "INSERT", "NEW.answer LIKE '%status%'"),
        ("attempts", "INSERT", "NEW.number = 1"),
    ],
    ids=["reason", "answer", "every answer", "every attempt"],
)
def test_an_outcome_is_recorded_with_less_text_rather_than_not_at_all(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, refuse: Refuse, table: str, event: str, condition: str
) -> None:
    refuse(table, event, condition)
    sandbox.add_fault("fail:हिन्दी is missing@episode 3")
    ended = firer.fire(BULLETINS)
    assert (outcomes(ended), ended.fault) == ({**ALL_FIRED, BAD: "failed"}, None)
    assert states(ledger) == {**dict.fromkeys(ALL_FIRED, State.FIRED), BAD: State.FAILED}
    assert any("could not record" in warning for result in ended.results for warning in result.warnings)


def test_an_answer_with_characters_that_no_database_takes(firer: Firer, ledger: Ledger) -> None:
    attempt = Attempt(1, datetime.now(UTC), 1.0, "yes", 200, "a\0b\ud800", "\0")
    (step,) = plan_of([bulletin()], ledger).steps
    access = LedgerAccess(0.0, lambda is_away: None, lambda text: None)
    claims = Claims(
        LedgerWriter(ledger, firer.run().id), access, is_stopping=lambda: False, on_fault=lambda error: None
    )
    claim = claims.claim_firing(step)
    settled = claims.settle(claim, Result(step, "fired", attempts=(attempt,), error="\0\udfff"))  # type: ignore[arg-type]
    assert (settled.outcome, states(ledger)) == ("fired", {"episode-1": State.FIRED})


def test_an_outcome_that_cannot_be_recorded_at_all_stops_its_account_alone(
    firer: Firer, ledger: Ledger, refuse: Refuse
) -> None:
    refuse("firings", "UPDATE", "NEW.account = 'india' AND NEW.state = 'fired'")
    bulletins = [bulletin(number, accounts=("india", "europe")) for number in range(20)]
    firer.concurrency = 1
    ended = firer.fire(bulletins)
    counts = by_account(ended)
    assert (counts["europe", "fired"], ended.exit_code, ended.fault) == (20, Exit.IN_DOUBT, None)
    assert 1 <= counts["india", "in_doubt"] <= 1 + CLAIMS_AHEAD
    assert counts["india", "in_doubt"] + counts["india", "skipped"] == 20


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:99999", "http://127.0.0.1:0", "http://[::1", "http://.", ""])
def test_an_account_without_a_usable_address_fails_alone(firer: Firer, base_url: str) -> None:
    bulletins = [bulletin(number, accounts=("india", "europe")) for number in range(4)]
    accounts = {"india": account(base_url, "india"), "europe": account(firer.base_url, "europe")}
    credentials = {name: Credentials(f"{name}-id", PASSCODE) for name in accounts}
    ended = firer.run().fire(plan_of(bulletins, firer.ledger), accounts, credentials)
    assert by_account(ended) == {("europe", "fired"): 4, ("india", "failed"): 4}
    assert (ended.exit_code, ended.fault) == (Exit.FAILED, None)


@pytest.mark.parametrize("proxy", ["http://[bad", "http://user:s3cret@[bad:1", "http://127.0.0.1:99999", "://"])
def test_a_proxy_without_a_usable_address_fails_its_accounts_and_is_not_quoted(
    firer: Firer, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)  # loopback needs none
    bulletins = [bulletin(number, accounts=("india", "europe")) for number in range(2)]
    accounts = {"india": account("https://in1.invalid", "india"), "europe": account(firer.base_url, "europe")}
    credentials = {name: Credentials(f"{name}-id", PASSCODE) for name in accounts}
    ended = firer.run().fire(plan_of(bulletins, firer.ledger), accounts, credentials)
    assert by_account(ended) == {("europe", "fired"): 2, ("india", "failed"): 2}
    assert "s3cret" not in json.dumps([str(result.reason) for result in ended.results])


@pytest.mark.parametrize("count", [1, 20])
def test_an_account_whose_slots_cannot_be_had_fails_alone(
    firer: Firer, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    take_slots = Ledger.take_slots

    def broken(ledger: Ledger, run: str, wanted: Sequence[SlotRequest]) -> dict[str, list[int]]:
        if any(each.account == "india" for each in wanted):
            raise KeyError("x")
        return take_slots(ledger, run, wanted)

    monkeypatch.setattr(Ledger, "take_slots", broken)
    ended = firer.fire([bulletin(number, accounts=("india", "europe")) for number in range(count)])
    assert by_account(ended) == {("europe", "fired"): count, ("india", "failed"): count}
    assert (ended.exit_code, ended.fault, len(sandbox.accepted())) == (Exit.FAILED, None, count)


def test_an_expiry_that_the_ledger_refuses_fails_alone(
    firer: Firer, ledger: Ledger, sandbox: Sandbox, refuse: Refuse
) -> None:
    late = [bulletin(n, schedule=due(datetime.now(UTC) - timedelta(hours=9))) for n in range(6)]
    refuse("firings", "INSERT", f"NEW.bulletin = '{BAD}'")
    ended = firer.fire([*late, bulletin(7)])
    expected = {**dict.fromkeys(ALL_FIRED, "expired"), BAD: "failed", "episode-7": "fired"}
    assert (outcomes(ended), ended.exit_code, ended.fault) == (expected, Exit.FAILED, None)

    allow(ledger, "firings")
    again = firer.fire([*late, bulletin(7)])
    assert {name for name, outcome in outcomes(again).items() if outcome} == {BAD}


def test_a_progress_that_cannot_be_shown_stops_nothing(firer: Firer) -> None:
    ended = firer.fire(BULLETINS, firer.run(on_result=lambda result: NOTHING["x"]))
    assert (outcomes(ended), ended.exit_code) == (ALL_FIRED, Exit.OK)
    assert "KeyError" in (ended.unshown or "")


def test_a_fault_is_reported_by_its_kind_and_place_and_never_by_its_text() -> None:
    with pytest.raises(AttributeError) as caught:
        judge("s3cret")  # type: ignore[arg-type]
    assert str(caught.value) not in fault_text(caught.value)
    assert "AttributeError in runner.fire.outcome, line " in fault_text(caught.value)
