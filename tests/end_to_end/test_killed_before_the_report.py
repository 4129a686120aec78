"""Runs that are killed before their report is published or recorded: the next run reports what they found."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from servers.postgres import PrivatePostgres

from end_to_end.site import TIMEOUT_S, Done, Forks, Hold, Process, Site, outcomes, valid_report
from runner.sandbox.server import Sandbox

MANY, LONG = 150, 500  # so many expired firings with so long a text: a pipe does not hold them all as JSON


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path, forked: Forks | None) -> Iterator[Site]:
    """An account, a ledger of either kind, and a sandbox that holds its answers back where a test wants it."""
    url = None
    if request.param == "postgresql":
        cluster: PrivatePostgres = request.getfixturevalue("postgres")
        url = cluster.new_database()
    hold = Hold()
    with Sandbox(on_answer=hold) as sandbox:
        made = Site(tmp_path, sandbox, ledger=url, hold=hold, forked=forked)
        made.write_accounts("concurrency: 1")
        made.make_ledger()
        yield made


def write_expired(site: Site, ids: list[str], length: int = 1) -> None:
    at = f"{datetime.now(UTC) - timedelta(hours=9):%Y-%m-%dT%H:%M:%SZ}"
    head = (
        f"defaults: {{business_event: E, c-by: a@example.com, accounts: [india], schedule: {{at: {at}}}}}\nbulletins:\n"
    )
    lines = [f"  - {{id: {name}, name: {name}, properties: {{text: {'x' * length}}}}}\n" for name in ids]
    site.write("bulletins.d/old.yaml", head + "".join(lines))


def wait_until(condition: Callable[[], object], process: Process) -> None:
    until = time.monotonic() + TIMEOUT_S
    while not condition():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)


def fire(site: Site, *arguments: str) -> tuple[int, dict[str, str | None]]:
    """A run to its end: its exit code and outcomes."""
    path = site.folder / "last.json"
    done = site.run("fire", "--yes", "--report", str(path), *arguments)
    report = valid_report(path)
    assert report["run"]["exit_code"] == done.code
    return done.code, {name: outcome for name, outcome in outcomes(report).items() if outcome}


def in_doubt(site: Site) -> list[str]:
    return site.query("SELECT bulletin FROM firings WHERE state = 'in_doubt'")


def resolve_all(site: Site, *ids: str) -> None:
    done = site.run("resolve", *ids, "--sent", "--note", "looked it up", "--yes")
    assert done.code == 0, done


def test_killed_after_an_expiry_was_recorded(site: Site) -> None:
    write_expired(site, ["old"])
    site.write_bulletins(["b-0"])
    with site.hold.from_request(1), site.started("fire", "--yes") as process:
        site.wait_for("b-0")
        process.kill()
        process.communicate()
    assert site.reports() == []
    assert fire(site, "--id", "b-*") == (4, {"b-0": "in_doubt"})  # it does not select the other
    resolve_all(site, "b-0")
    assert fire(site) == (1, {"old": "expired"})
    assert fire(site) == (0, {})


def test_killed_after_an_answer_that_leaves_a_firing_in_doubt(site: Site) -> None:
    site.write_bulletins(["b-0", "b-1", "b-2"])
    site.sandbox.add_fault("503*1")
    with site.hold.from_request(2), site.started("fire", "--yes") as process:
        wait_until(lambda: in_doubt(site), process)
        (first,) = in_doubt(site)
        process.kill()
        process.communicate()
    code, found = fire(site)
    assert (code, found[first]) == (4, "in_doubt")
    assert fire(site) == (0, {})


def test_killed_after_it_put_in_doubt_what_another_held(site: Site) -> None:
    site.write_bulletins(["b-0"], name="b")
    with site.hold.from_request(1):
        for name in ("b", "z"):
            site.write_bulletins([f"{name}-0"], name=name)
            with site.started("fire", "--yes") as process:
                site.wait_for(f"{name}-0")
                process.kill()
                process.communicate()
    assert fire(site) == (4, {"b-0": "in_doubt", "z-0": "in_doubt"})
    assert fire(site) == (0, {})


def test_resolved_before_anybody_reported_it(site: Site) -> None:
    site.write_bulletins(["b-0", "b-1"])
    site.sandbox.add_fault("503*1")
    with site.hold.from_request(2), site.started("fire", "--yes") as process:
        wait_until(lambda: in_doubt(site), process)
        (first,) = in_doubt(site)
        site.sandbox.wait_received(2, timeout_s=TIMEOUT_S)
        process.kill()
        process.communicate()
    resolve_all(site, first)
    code, found = fire(site)
    assert first not in found
    assert (code, len(found)) == (4, 1)  # the other one was on the wire when the run was killed


@pytest.mark.parametrize("killed", [True, False])
def test_while_a_run_shows_its_report_no_other_run_reports_the_same(site: Site, *, killed: bool) -> None:
    """Its report is in its file, and nobody reads the pipe that it writes to: it is published only after that."""
    write_expired(site, [f"old-{number}" for number in range(MANY)], LONG)
    with site.started("fire", "--yes", "--quiet", "--format", "json", "--report", "first.json") as process:
        wait_until((site.folder / "first.json").exists, process)
        assert fire(site) == (0, {})
        if killed:
            process.kill()
        process.communicate()
    code, found = fire(site)
    assert (code, len(found)) == ((1, MANY) if killed else (0, 0))
    assert fire(site) == (0, {})


def test_of_runs_that_start_together_after_a_killed_one_each_finding_is_reported_by_one(site: Site) -> None:
    write_expired(site, [f"old-{number}" for number in range(40)])
    site.write_bulletins(["b-0"])
    with site.hold.from_request(1), site.started("fire", "--yes") as process:
        site.wait_for("b-0")
        process.kill()
        process.communicate()
    with ThreadPoolExecutor(3) as pool:
        done: list[Done] = list(pool.map(lambda _: site.run("fire", "--yes"), range(3)))
    reports = [outcomes(report) for report in site.reports()]
    found = [name for report in reports for name, outcome in report.items() if outcome]
    assert sorted(found) == sorted(["b-0", *(f"old-{number}" for number in range(40))])
    assert {each.code for each in done} <= {0, 1, 4}
    assert 4 in {each.code for each in done}
    assert fire(site) == (0, {})
