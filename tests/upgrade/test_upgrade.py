"""A ledger that release 0.1.0 filled, planned over the same set: nothing is sent, and every byte is the same.

`release_0_1_0/` holds the set, the export of the ledger, and what the release planned then; `fill.py` made them. A
later release that changes a firing on purpose lists it in `intended_changes.csv`, with the reason.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from torture.processes import Zygote

from upgrade.comparison import (
    BLOCKING,
    Planned,
    calendar_arguments,
    differences,
    hash_of_row,
    key_of,
    now_arguments,
    read_expected,
    read_intended,
    read_plan,
    rows_of,
)

RELEASE = Path(__file__).with_name("release_0_1_0")
EXPORT = RELEASE / "ledger.jsonl"
EXPECTED = read_expected(RELEASE / "expected.csv")
INTENDED = read_intended(RELEASE / "intended_changes.csv")
ROWS = rows_of(EXPORT.read_text(encoding="ascii"))
RECORDED = (
    "account",
    "bulletin",
    "occurrence",
    "state",
    "payload",
    "payload_hash",
    "fingerprint",
    "due_at",
    "expires_at",
)


@dataclass
class Site:
    """The set in a folder of its own, and the program with a ledger."""

    folder: Path
    ledger: str
    zygote: Zygote

    def run(self, *arguments: str) -> str:
        """What the program prints; it has to succeed."""
        done = self.zygote.run(self.folder, os.environ, [*arguments, "--ledger", self.ledger])
        assert done.code == 0, done
        return done.out

    def plans(self) -> tuple[list[Planned], list[Planned]]:
        """What is planned now, and every occurrence from the first to the last."""
        return read_plan(self.run(*now_arguments())), read_plan(self.run(*calendar_arguments()))

    def edit(self, file: str, old: str, new: str) -> None:
        """Replaces a text of the set."""
        path = self.folder / "bulletins.d" / file
        text = path.read_bytes().decode()
        assert text.count(old) == 1
        path.write_bytes(text.replace(old, new).encode())


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The place of a ledger that does not exist yet."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.sqlite3")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def site(tmp_path: Path, zygote: Zygote) -> Site:
    """The set of the release, without a ledger yet."""
    shutil.copytree(RELEASE / "set" / "bulletins.d", tmp_path / "bulletins.d")
    return Site(tmp_path, str(tmp_path / "ledger.sqlite3"), zygote)


@pytest.fixture
def upgraded(site: Site) -> Site:
    """The set of the release, and its ledger."""
    site.run("ledger", "import", str(EXPORT))
    return site


def test_an_upgrade_sends_nothing(site: Site, ledger_url: str) -> None:
    site.ledger = ledger_url
    site.run("ledger", "import", str(EXPORT))
    at_now, calendar = site.plans()
    assert differences(EXPECTED, ROWS, at_now, calendar, INTENDED) == []
    assert (len(at_now), len(calendar)) == (174, 333)
    kept = rows_of(site.run("ledger", "export"))
    assert [{name: row[name] for name in RECORDED} for row in kept] == [
        {name: row[name] for name in RECORDED} for row in ROWS
    ]


def test_the_ledger_holds_every_way_in_which_a_firing_ends() -> None:
    states = Counter(row["state"] for row in ROWS)
    assert states == {"fired": 217, "expired": 67, "failed": 9, "in_doubt": 3, "released": 4}
    fates: dict[tuple[str, ...], list[str]] = {}
    for row in ROWS:
        fates.setdefault(key_of(row), []).append(row["state"])
    found = set(map(tuple, fates.values()))
    assert found >= {("failed", "expired"), ("failed", "fired"), ("released", "fired"), ("released", "expired")}
    assert all(hash_of_row(row) == row["payload_hash"] for row in ROWS)
    by_action = Counter(each.action for each in EXPECTED.values())
    actions = {"done": 147, "changed": 5, "in_doubt": 3, "duplicate": 2, "expired": 11, "wait": 5, "disabled": 1}
    assert {action: count for action, count in by_action.items() if action} == actions


def test_nearly_all_that_was_sent_is_compared() -> None:
    sent = {key_of(row) for row in ROWS if row["state"] in BLOCKING}
    # Known only under an earlier id, account, revision or schedule.
    assert {f"{key.id} {key.occurrence}" for key in sent - EXPECTED.keys()} == {
        "moved r1",
        "old-id r1",
        "revised r1",
        "revised-and-edited r1",
        "second-revision r1@2026-06-01T01:30:00Z",
        "second-revision r1@2026-06-02T01:30:00Z",
        "was-at r1",
        "was-once r1",
    }


def test_the_same_bytes_are_written_to_a_new_ledger(site: Site) -> None:
    site.run("ledger", "init")
    site.run("ledger", "baseline", "--also-later", "--yes")
    written = {key_of(row): row for row in rows_of(site.run("ledger", "export"))}
    compared = set()
    for row in ROWS:
        again = written.get(key_of(row))
        if again and row["fingerprint"] == again["fingerprint"]:
            compared.add(key_of(row))
            assert (again["payload"], again["payload_hash"]) == (row["payload"], row["payload_hash"])
        elif again and r"\r\n" in row["payload"]:
            # The earlier release sent the line ends of its checkout. It counts as sent: see below.
            assert r"\r" not in again["payload"]
            assert EXPECTED[key_of(row)].action == "done"
        elif again and key_of(row) not in INTENDED:
            assert EXPECTED[key_of(row)].action == "changed"
    assert len(compared) == 122


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_was_sent_with_other_line_ends_counts_as_sent(upgraded: Site, ends: str) -> None:
    table = upgraded.folder / "bulletins.d" / "tables" / "shows.csv"
    table.write_bytes(table.read_bytes().replace(b"\r\n", ends.encode()))
    sent = {key_of(row): row for row in ROWS if row["state"] == "fired" and r"\r\n" in row["payload"]}
    assert len(sent) == 1
    for planned in upgraded.plans():
        found = [each for each in planned if each.key in sent]
        assert [each.action for each in found] == ["done"]
        assert [each.fingerprint for each in found] == [sent[each.key]["fingerprint"] for each in found]


def test_what_was_sent_with_other_line_ends_blocks_its_duplicate(upgraded: Site) -> None:
    upgraded.edit("templates.yaml", 'id: "show-{{ row.show | slug }}-', 'id: "other-{{ row.show | slug }}-')
    argv = ["plan", "--now", "2026-06-01T12:00:00Z", "--format", "json", "--id", "other-cafe-zoe-1"]
    (found,) = read_plan(upgraded.run(*argv))
    assert found.action == "duplicate"


def test_an_edit_of_what_was_sent_with_other_line_ends_is_shown(upgraded: Site) -> None:
    upgraded.edit("tables/shows.csv", "two\r\nlines", "two\r\nother lines")
    (found,) = (each for each in upgraded.plans()[0] if each.key.id == "show-cafe-zoe-1")
    assert found.action == "changed"


def _a_payload(site: Site) -> None:
    site.edit("unicode.yaml", "சூப்பர்", "சூப்பர")


def _a_due_time(site: Site) -> None:
    site.edit("times/once.yaml", "2026-06-02T18:30:00+05:30", "2026-06-02T18:30:01+05:30")


def _a_cell(site: Site) -> None:
    site.edit("tables/raw.csv", "e\u0301 עברית", "\u00e9 עברית")


def _an_id(site: Site) -> None:
    site.edit("fields.yaml", "{id: tagged, name: Tagged", "{id: tagged-2, name: Tagged again")


def _a_cron(site: Site) -> None:
    site.edit("times/recurring.yaml", '"30 0-2 * * *"', '"31 0-2 * * *"')


def _a_bulletin(site: Site) -> None:
    site.edit("yaml.yaml", "  - id: merged\n    name: Merged key by key\n    properties: {title: of its own}\n", "")


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (_a_payload, "id='tamil', occurrence='r1') payload_hash: "),
        (_a_due_time, "id='at-offset', occurrence='r1') fingerprint: "),
        (_a_cell, "id='raw-unicode', occurrence='r1') action: done before, changed now"),
        (_an_id, "id='tagged-2', occurrence='r1') would be sent: fire"),
        (_a_cron, "id='new-york-autumn', occurrence='r1@2025-11-01T04:31:00Z') is new"),
        (_a_bulletin, "id='merged', occurrence='r1') is missing"),
    ],
)
def test_a_difference_is_found(upgraded: Site, change: Callable[[Site], None], shown: str) -> None:
    change(upgraded)
    assert any(shown in each for each in differences(EXPECTED, ROWS, *upgraded.plans(), INTENDED))


def test_a_firing_that_the_ledger_has_lost_is_found(site: Site) -> None:
    (lost,) = (row["id"] for row in ROWS if row["bulletin"] == "emoji" and row["account"] == "india")
    records = [json.loads(line) for line in EXPORT.read_text(encoding="ascii").splitlines()]
    kept = [
        record
        for record in records
        if record.get("firing", {}).get("id") != lost and record.get("attempt", {}).get("firing") != lost
    ]
    assert len(records) - len(kept) == 2
    kept[-1]["end"]["firing"] -= 1
    kept[-1]["end"]["attempt"] -= 1
    shorter = site.folder / "shorter.jsonl"
    shorter.write_text("".join(json.dumps(record) + "\n" for record in kept), encoding="ascii")
    site.run("ledger", "import", str(shorter))
    found = differences(EXPECTED, ROWS, *site.plans(), INTENDED)
    assert any("id='emoji', occurrence='r1') would be sent: fire" in each for each in found)


def test_an_empty_plan_is_found() -> None:
    assert len(differences(EXPECTED, ROWS, [], [])) == len(EXPECTED)


def test_an_intended_change_has_to_be_shown(upgraded: Site) -> None:
    at_now, calendar = upgraded.plans()
    key = next(key for key, before in EXPECTED.items() if before.action == "done" and key.id == "emoji")
    (found,) = differences(EXPECTED, ROWS, at_now, calendar, [*INTENDED, key])
    assert "intended change" in found
    upgraded.edit("unicode.yaml", "🎉 Sale", "🎈 Sale")
    at_now, calendar = upgraded.plans()
    both = [key, key._replace(account="europe"), key._replace(account="india")]
    assert differences(EXPECTED, ROWS, at_now, calendar, [*INTENDED, *both]) == []
