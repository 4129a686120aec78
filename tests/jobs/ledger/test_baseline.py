"""What `ledger baseline` records does not depend on whether somebody is asked first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner import clock
from runner.jobs.ledger.baseline import Baseline, BaselineRequest, record_baseline
from runner.jobs.loaded_set import load_set
from runner.jobs.selection import Selection
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.plan.decide import Step
from runner.plan.firing import FiringKey
from runner.plan.history import State

NOW = datetime.now(UTC).replace(microsecond=0)
ACCOUNTS = """\
accounts:
  india: {region: in1, account_id_env: INDIA_ID, passcode_env: INDIA_PASSCODE, budget: {per_hour: 1}}
  europe: {region: eu1, account_id_env: EUROPE_ID, passcode_env: EUROPE_PASSCODE}
"""
HEAD = (
    "defaults: {business_event: Program Released, c-by: releases@example.com, accounts: [india, europe]}\nbulletins:\n"
)
ENTRY = "  - {{id: {id}, name: {name}, properties: {{program_id: '7'}}, {more}}}\n"


def at(hours: float, grace: str = "2h") -> str:
    due = NOW + timedelta(hours=hours)
    return f"schedule: {{at: '{due:%Y-%m-%dT%H:%M:%SZ}', grace: {grace}}}"


def cron(hours: float, grace: str) -> str:
    due = NOW + timedelta(hours=hours)
    return f"schedule: {{cron: '{due.minute} {due.hour} * * *', timezone: UTC, grace: {grace}, catch_up: all}}"


ENTRIES = {
    "at-once": "enabled: true",
    "off": "enabled: false",
    "off-later": f"enabled: false, {at(3)}",
    "due": at(-1),
    "same-as-due": f"allow_duplicate: false, {at(-1.1)}",
    "expired": at(-30),
    "later": at(5),
    "twice-a-day": cron(-1, "3h"),
    "over-today": cron(-5, "1h"),
    "over-for-good": f"{cron(-5, '1h')[:-1]}, ends: '{NOW - timedelta(days=2):%Y-%m-%d}'}}",
}


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Baseline, set[FiringKey]]]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    definitions = tmp_path / "bulletins.d"
    definitions.mkdir()
    (definitions / "accounts.yaml").write_text(ACCOUNTS, encoding="utf-8")
    names = {"same-as-due": "due"}
    entries = (ENTRY.format(id=name, name=names.get(name, name), more=more) for name, more in ENTRIES.items())
    (definitions / "bulletins.yaml").write_text(HEAD + "".join(entries), encoding="utf-8")

    def record_in(
        name: str, confirm: Callable[[Sequence[Step], str], None] | None, *, also_later: bool, times: int = 1
    ) -> tuple[Baseline, set[FiringKey]]:
        url = parse_url(str(tmp_path / name))
        create(url, now=NOW, who="tester")
        loaded = load_set(definitions, use_cache=False)
        assert loaded.problems == ()
        request = BaselineRequest(definitions, Selection(), str(tmp_path / name), also_later)
        for _ in range(times):
            done = record_baseline(loaded, request, None, confirm)  # type: ignore[arg-type]
        with Ledger(url) as ledger:
            rows = ledger.rows(limit=None)
            assert ledger.check() == []
        assert {row.state for row in rows} == {State.FIRED}
        return done, {row.key for row in rows}

    return record_in


@pytest.mark.parametrize("also_later", [False, True])
def test_the_same_is_recorded_with_and_without_a_question(
    record: Callable[..., tuple[Baseline, set[FiringKey]]], also_later: bool
) -> None:
    asked: list[set[FiringKey]] = []
    done, keys = record(
        "asked", lambda steps, place: asked.append({each.firing.key for each in steps}), also_later=also_later
    )
    assert asked == [keys]
    assert record("unasked", None, also_later=also_later) == (done, keys)
    ids = {key.bulletin for key in keys}
    assert ids == {"at-once", "due", "same-as-due", "expired", "twice-a-day", *(["later"] if also_later else [])}
    assert (done.recorded, done.later) == (len(keys), 0 if also_later else 2)


def test_a_second_baseline_records_nothing(record: Callable[..., tuple[Baseline, set[FiringKey]]]) -> None:
    again, keys = record("again", None, also_later=False, times=2)
    assert (again.recorded, again.later) == (0, 2)
    assert keys
