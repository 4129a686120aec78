"""Every way through the states that a person takes at night, by the commands that `status` gives."""

from __future__ import annotations

import json
import shlex
import time
from datetime import UTC, datetime, timedelta

import pytest

from end_to_end.site import Site, outcomes


@pytest.fixture
def one(site: Site) -> Site:
    """A site with one bulletin."""
    site.write_bulletins(["b"])
    return site


def said(site: Site, *, sent: bool) -> str:
    """The line of `status` that settles the only doubt so, said; what it answered."""
    label = "sent?" if sent else "not?"
    (line,) = (line for line in site.run("status").out.splitlines() if line.startswith(f"  {label}"))
    done = site.run(*shlex.split(line.split(maxsplit=1)[1])[1:])
    assert done.code == 0, done
    assert "nothing was sent now" in done.out
    return done.out


def fire(site: Site) -> tuple[int, dict[str, str | None]]:
    """A run: its exit code and outcomes."""
    done = site.run("fire", "--yes", hurried=True)
    return done.code, outcomes(site.reports()[-1])


def wait_until(moment: datetime) -> None:
    """Returns once it is later than that."""
    while (left_s := (moment - datetime.now(UTC)).total_seconds()) >= 0:
        time.sleep(left_s + 0.01)


def now(site: Site) -> str:
    """What would happen to the bulletin now."""
    return site.run("status", "b").out.splitlines()[-1].split()[1]


def test_in_doubt_then_sent_is_done(one: Site) -> None:
    one.sandbox.add_fault("503-after*1")
    assert fire(one) == (4, {"b": "in_doubt"})
    assert now(one) == "in_doubt"
    assert fire(one) == (0, {"b": None})
    said(one, sent=True)
    assert now(one) == "done"
    assert fire(one) == (0, {"b": None})
    assert one.accepted() == {"b": 1}


def test_in_doubt_then_not_sent_is_fired_by_the_next_run_once(one: Site) -> None:
    one.sandbox.add_fault("503*1")
    assert fire(one) == (4, {"b": "in_doubt"})
    assert "the next run fires it again, if it is still due" in said(one, sent=False)
    assert one.accepted() == {}
    assert now(one) == "retry"
    assert fire(one) == (0, {"b": "fired"})
    assert fire(one) == (0, {"b": None})
    assert one.accepted() == {"b": 1}


def test_a_killed_run_then_sent_or_not(site: Site) -> None:
    ids = [f"b-{number}" for number in range(20)]
    site.write_bulletins(ids)
    with site.started("fire", "--yes") as process:
        site.sandbox.wait_received(4, timeout_s=60)
        process.kill()
        process.communicate()
    raised = set(site.accepted())
    for row in json.loads(site.run("status", "--format", "json").out)["in_doubt"]:
        word = "--sent" if row["id"] in raised else "--not-sent"
        assert site.run("resolve", row["id"], word, "--note", "as the log says").code == 0
    assert fire(site)[0] == 0
    assert site.accepted() == dict.fromkeys(ids, 1)


def test_failed_then_mended_is_fired(one: Site) -> None:
    one.sandbox.add_fault("fail:Business Event Not Found*1")
    assert fire(one) == (1, {"b": "failed"})
    assert now(one) == "retry"
    one.write_bulletins(["b"], fields="tags: [mended]")
    assert fire(one) == (0, {"b": "fired"})
    assert one.accepted() == {"b": 1}


def test_failed_until_its_grace_ran_out_is_expired_once(one: Site) -> None:
    due = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    one.write_bulletins(["b"], fields=f"schedule: {{at: {due.isoformat()}, grace: 4s}}")
    one.sandbox.add_fault("400*1")
    assert fire(one) == (1, {"b": "failed"})
    wait_until(due + timedelta(seconds=4))
    assert fire(one) == (1, {"b": "expired"})
    assert fire(one) == (0, {"b": None})
    assert now(one) == "expired"
    assert one.accepted() == {}


def test_in_doubt_past_its_grace_then_not_sent_expires(one: Site) -> None:
    due = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=1)
    one.write_bulletins(["b"], fields=f"schedule: {{at: {due.isoformat()}, grace: 4s}}")
    one.sandbox.add_fault("503*1")
    assert fire(one) == (4, {"b": "in_doubt"})
    wait_until(due + timedelta(seconds=4))
    assert fire(one) == (0, {"b": None})  # in doubt as long as nobody said anything
    said(one, sent=False)
    assert fire(one) == (1, {"b": "expired"})
    assert one.accepted() == {}


def test_a_raised_revision_is_fired_though_the_old_one_is_in_doubt(one: Site) -> None:
    one.sandbox.add_fault("503-after*1")
    assert fire(one) == (4, {"b": "in_doubt"})
    one.write_bulletins(["b"], fields="revision: 2")
    assert fire(one) == (0, {"b": "fired"})
    assert one.accepted() == {"b": 2}
    said(one, sent=True)  # r1 is still a person's to settle
    assert fire(one) == (0, {"b": None})


@pytest.mark.parametrize("in_doubt", [False, True])
def test_a_renamed_account_sends_nothing_again(site: Site, in_doubt: bool) -> None:
    site.write_bulletins(["b"])
    if in_doubt:
        site.sandbox.add_fault("503-after*1")
    assert fire(site)[0] == (4 if in_doubt else 0)
    site.write_accounts(bharat=site.sandbox.base_url)
    site.write_bulletins(["b"], account="bharat")
    assert fire(site) == (0, {"b": None})
    plan = site.run("plan", "-v").out
    assert "duplicate" in plan
    assert "in india, which is not defined any more: if bharat is its new name" in plan
    assert site.accepted() == {"b": 1}

    site.write_bulletins(["b"], account="bharat", fields="allow_duplicate: true")
    assert fire(site) == (0, {"b": "fired"})
    assert site.accepted() == {"b": 2}


def test_an_account_that_was_added_gets_its_own(site: Site) -> None:
    site.write_bulletins(["b"])
    assert fire(site)[0] == 0
    site.write_accounts(india=site.sandbox.base_url, europe=site.sandbox.base_url)
    site.write_bulletins(["b"], account="europe")
    assert fire(site) == (0, {"b": "fired"})
