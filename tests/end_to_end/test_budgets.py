"""Budgets with runs that overlap: never more than they have, and what waits says until when."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from end_to_end.site import Forks, Site, outcomes
from runner.reason import ReasonCode
from runner.sandbox.server import Sandbox

IDS = [f"b-{number:03}" for number in range(40)]
PER_HOUR = 12
LEFT = len(IDS) - PER_HOUR


def at_once(site: Site, count: int) -> None:
    with ThreadPoolExecutor(count) as pool:
        runs = list(pool.map(lambda _: site.run("fire", "--yes", hurried=True), range(count)))
    assert {done.code for done in runs} == {0}, runs


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_six_runs_at_once_send_what_the_budget_has_and_an_hour_later_as_many_again(
    kind: str, tmp_path: Path, forked: Forks | None, request: pytest.FixtureRequest
) -> None:
    ledger = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    clock = tmp_path / "clock"
    clock.write_text("0", encoding="ascii")
    with Sandbox(latency_s=0.005) as sandbox:
        site = Site(tmp_path, sandbox, {"BULLETINS_TEST_CLOCK": str(clock)}, ledger, forked=forked)
        site.write_accounts(f"budget: {{per_hour: {PER_HOUR}}}")
        site.make_ledger()
        site.write_bulletins(IDS)

        at_once(site, 6)
        assert (len(site.accepted()), site.accepted().total()) == (PER_HOUR, PER_HOUR)
        assert site.states()["fired"] == PER_HOUR
        assert [each for report in site.reports() for each in outcomes(report).values()].count("fired") == PER_HOUR

        done = site.run("fire", "--yes")
        assert (done.code, site.accepted().total()) == (0, PER_HOUR)
        assert site.reports()[-1]["summary"]["held_back"] == LEFT
        waiting = [result for result in site.reports()[-1]["results"] if result["action"] == "wait"]
        assert len(waiting) == LEFT
        assert {result["reason_code"] for result in waiting} == {ReasonCode.BUDGET_USED_UP}

        clock.write_text("3660", encoding="ascii")
        at_once(site, 2)
        assert (len(site.accepted()), site.accepted().total()) == (2 * PER_HOUR, 2 * PER_HOUR)
