from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from definitions import Write
from runner.definitions.editing.plain_entry import entry_of
from runner.definitions.editing.writing import document
from runner.definitions.load import load
from runner.definitions.model import Bulletin, Place

HERE = Path(__file__).parents[1]
ACCOUNTS = HERE / "accounts.yaml"
NOWHERE = Place("", 1, 1, 0)


def bare(bulletins: tuple[Bulletin, ...]) -> list[Bulletin]:
    """The bulletins without the places and defaults that they come from."""
    return [replace(bulletin, place=NOWHERE, inherited=frozenset()) for bulletin in bulletins]


@pytest.mark.parametrize("example", sorted((HERE / "valid").iterdir()), ids=lambda path: path.name)
def test_entries_written_out_make_the_same_bulletins_again(example: Path, tmp_path: Path) -> None:
    definitions = load([example] if example.is_dir() else [ACCOUNTS, example])
    again = tmp_path / "again.yaml"
    again.write_text("".join(document(map(entry_of, definitions.bulletins))), encoding="utf-8")
    written = load([next(example.rglob("accounts.y*ml"), ACCOUNTS), again])
    assert written.problems == ()
    assert bare(written.bulletins) == bare(definitions.bulletins)


def test_every_field_of_a_recurring_entry_is_written(write: Write) -> None:
    text = """
        bulletins:
          - id: weekly
            business_event: E
            name: Week {{ occurrence.week }}
            properties: {}
            c-by: a@example.com
            schedule:
              cron: 30 18 * * FRI
              timezone: Asia/Kolkata
              starts: 2026-12-01
              ends: 2027-03-31
              grace: 1d12h
              catch_up: all
            allow_duplicate: true
        """
    accounts = "accounts:\n  india: {region: in1, account_id_env: A, passcode_env: B}\n"
    definitions = load([write({"accounts.yaml": accounts, "b.yaml": text})])
    assert definitions.problems == ()
    (bulletin,) = definitions.bulletins
    assert entry_of(bulletin) == {
        "id": "weekly",
        "business_event": "E",
        "name": "Week {{ occurrence.week }}",
        "properties": {},
        "c-by": "a@example.com",
        "accounts": ["india"],
        "schedule": {
            "cron": "30 18 * * FRI",
            "timezone": "Asia/Kolkata",
            "starts": "2026-11-30T18:30:00Z",
            "ends": "2027-03-31T18:29:59Z",
            "catch_up": "all",
            "grace": "1d12h",
        },
        "allow_duplicate": True,
    }
