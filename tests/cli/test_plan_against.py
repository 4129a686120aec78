"""`plan --against` and `--changed-since`, in real repositories: a reviewer sees all that a pull request does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest
from git.repository import Repository
from report.markdown import rendered

from cli.conftest import Bulletins
from runner.definitions.schema import schema

ACCOUNTS = """
accounts:
  india: {region: in1, account_id_env: INDIA_ID, passcode_env: INDIA_PASSCODE}
  europe: {region: eu1, account_id_env: EUROPE_ID, passcode_env: EUROPE_PASSCODE}
"""
SHOWS = """
defaults: {business_event: Program Released, c-by: a@example.com, accounts: [india]}
bulletins:
  - {id: sent, name: Sent, properties: {program_id: "1"}}
  - {id: old-name, name: Renamed, properties: {program_id: "2"}}
  - {id: weekly, name: Weekly, properties: {program_id: "3"}, schedule: {at: 2036-12-05T18:30:00+05:30}}
  - {id: gone, name: Gone, properties: {program_id: "4"}, schedule: {at: 2036-12-06T18:30:00+05:30}}
"""
CHANGED = """
defaults: {business_event: Program Released, c-by: b@example.com, accounts: [india]}
bulletins:
  - {id: sent, name: Sent twice, properties: {program_id: "1"}, c-by: a@example.com}
  - {id: new-name, name: Renamed, properties: {program_id: "2"}, c-by: a@example.com}
  - {id: weekly, name: Weekly, properties: {program_id: "3"}, schedule: {at: 2036-12-05T18:30:00+05:30}}
  - {id: tonight, name: Tonight, properties: {program_id: "5"}, c-by: a@example.com}
  - id: tomorrow
    name: Tomorrow
    properties: {program_id: "6"}
    accounts: [india, europe]
    schedule: {at: 2036-12-07T18:30:00+05:30}
"""


@pytest.fixture
def pull_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bulletins: Bulletins) -> Repository:
    """A branch that adds two, edits and renames sent ones, removes one, edits a default, and moves an account."""
    made = Repository.new(tmp_path / "shows")
    monkeypatch.chdir(made.folder)
    made.commit({"bulletins.d/accounts.yaml": ACCOUNTS, "bulletins.d/shows.yaml": SHOWS})
    made.git("checkout", "--quiet", "-b", "branch")
    return made


def change(repository: Repository) -> None:
    repository.commit({"bulletins.d/accounts.yaml": ACCOUNTS.replace("in1", "sg1"), "bulletins.d/shows.yaml": CHANGED})


def against_main(bulletins: Bulletins, *options: str) -> dict[str, Any]:
    done = bulletins("plan", "--against", "main", "--format", "json", *options)
    assert done.code == 0, done
    jsonschema.Draft202012Validator(schema("plan")).validate(done.json)
    changes: dict[str, Any] = done.json["changes"]
    return changes


def told(changes: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    return {each["id"]: (each["kind"], [effect["text"] for effect in each["effects"]]) for each in changes["bulletins"]}


def test_without_a_ledger_everything_that_changed_is_there(pull_request: Repository, bulletins: Bulletins) -> None:
    change(pull_request)
    changes = against_main(bulletins)

    assert told(changes) == {
        "sent": ("changed", ["goes out as soon as fire runs"]),
        "new-name": ("renamed", ["goes out as soon as fire runs"]),
        "weekly": ("changed", ["goes out Fri 2036-12-05 21:00 Asia/Singapore"]),
        "tonight": ("added", ["goes out as soon as fire runs"]),
        "tomorrow": ("added", ["goes out Sun 2036-12-07 21:00 Asia/Singapore", "goes out Sun 2036-12-07 13:00 UTC"]),
        "gone": ("removed", ["would have gone out Sat 2036-12-06 21:00 Asia/Singapore, and is not sent any more"]),
    }
    by_id = {each["id"]: each for each in changes["bulletins"]}
    assert by_id["weekly"]["fields"] == [
        {"field": "c-by", "old": "a@example.com", "new": "b@example.com", "inherited": True}
    ]
    assert by_id["new-name"]["was"] == "old-name"
    assert by_id["new-name"]["warning"].startswith("if it was sent as old-name already")
    (moved,) = changes["accounts"]
    assert (moved["name"], moved["bulletins"]) == ("india", 5)
    assert moved["fields"] == [{"field": "region", "old": "in1", "new": "sg1", "inherited": False}]


def test_with_a_ledger_each_change_says_what_it_does_now(pull_request: Repository, bulletins: Bulletins) -> None:
    assert bulletins("fire", "--sandbox", "--yes").code == 0
    change(pull_request)
    changes = told(against_main(bulletins, "--sandbox"))

    (text,) = changes["sent"][1]
    assert text.startswith("already sent 20")
    assert text.endswith("and this edit sends nothing; raise revision to send it again")
    (text,) = changes["new-name"][1]
    assert text.startswith("is blocked: the same payload went to india as old-name 20")


def test_the_markdown_says_all_of_it(pull_request: Repository, bulletins: Bulletins) -> None:
    assert bulletins("fire", "--sandbox", "--yes").code == 0
    change(pull_request)
    seen = rendered(bulletins("plan", "--sandbox", "--against", "main", "--format", "markdown").out)

    assert seen.text.startswith(
        "Merging this sends 1 bulletin as soon as fire runs (1 in india)"
        " and 3 firings of 2 bulletins later (2 in india, 1 in europe),"
        " the first on Fri 2036-12-05 21:00 Asia/Singapore."
    )
    assert [row[0] for row in seen.rows[:8]] == [
        "", "✏️ edited", "🔁 renamed", "✏️ edited", "➕ added", "➕ added", "", "➖ removed",
    ]  # fmt: skip
    assert "under its new id the same payload would go out again" in seen.text
    assert "the account india moves: region in1 → sg1" in seen.text


def test_the_text_says_it_in_a_terminal(pull_request: Repository, bulletins: Bulletins) -> None:
    change(pull_request)
    lines = bulletins("plan", "--against", "main").out.splitlines()

    assert [line.split()[:3] for line in lines if line[:1] in "+~->"][:7] == [
        ["~", "changed", "sent"],
        [">", "renamed", "new-name"],
        ["~", "changed", "weekly"],
        ["+", "added", "tonight"],
        ["+", "added", "tomorrow"],
        ["-", "removed", "gone"],
        ["~", "changed", "account"],
    ]
    assert any(line.startswith("against main (") and line.endswith("2 added, 2 changed, 1 renamed, 1 removed")
               for line in lines)  # fmt: skip


def test_an_account_that_a_bulletin_leaves_is_told(pull_request: Repository, bulletins: Bulletins) -> None:
    pull_request.git("checkout", "--quiet", "main")
    both = SHOWS.replace("name: Weekly,", "name: Weekly, accounts: [india, europe],")
    pull_request.commit({"bulletins.d/shows.yaml": both})
    pull_request.git("checkout", "--quiet", "-b", "leave")
    pull_request.commit({"bulletins.d/shows.yaml": both.replace("[india, europe]", "[europe]")})

    assert told(against_main(bulletins))["weekly"] == (
        "changed",
        [
            "goes out Fri 2036-12-05 13:00 UTC",
            "would have gone out Fri 2036-12-05 18:30 Asia/Kolkata, and is not sent any more",
        ],
    )


def test_a_raised_revision_goes_out_again_only_if_it_went_out(pull_request: Repository, bulletins: Bulletins) -> None:
    assert bulletins("fire", "--sandbox", "--yes").code == 0
    raised = SHOWS.replace("id: sent,", "id: sent, revision: 2,").replace("id: weekly,", "id: weekly, revision: 2,")
    pull_request.commit({"bulletins.d/shows.yaml": raised})

    changes = told(against_main(bulletins, "--sandbox"))
    assert changes["sent"] == ("changed", ["goes out again, as soon as fire runs"])
    assert changes["weekly"] == ("changed", ["goes out Fri 2036-12-05 18:30 Asia/Kolkata"])


def test_a_dirty_tree_and_an_unchanged_one(pull_request: Repository, bulletins: Bulletins) -> None:
    assert told(against_main(bulletins)) == {}
    pull_request.write({"bulletins.d/shows.yaml": SHOWS + '  - {id: e, name: E, properties: {program_id: "9"}}\n'})
    assert told(against_main(bulletins)) == {"e": ("added", ["goes out as soon as fire runs"])}


def test_a_base_with_problems_is_compared_as_far_as_it_can_be_read(
    pull_request: Repository, bulletins: Bulletins
) -> None:
    pull_request.git("checkout", "--quiet", "main")
    pull_request.commit({"bulletins.d/broken.yaml": "bulletins: ["})
    pull_request.git("checkout", "--quiet", "-b", "mend")
    pull_request.commit({"bulletins.d/broken.yaml": "bulletins: []"})
    changes = against_main(bulletins)

    assert (changes["base_problems"], told(changes)) == (1, {})


def test_the_first_definitions_are_all_new(pull_request: Repository, bulletins: Bulletins) -> None:
    pull_request.git("checkout", "--quiet", "--orphan", "empty")
    pull_request.git("rm", "--quiet", "-rf", ".")
    pull_request.commit({"README": "nothing"})
    pull_request.git("checkout", "--quiet", "-b", "first")
    pull_request.commit({"bulletins.d/accounts.yaml": ACCOUNTS, "bulletins.d/shows.yaml": SHOWS})
    done = bulletins("plan", "--against", "empty", "--format", "json")

    assert {each["kind"] for each in done.json["changes"]["bulletins"]} == {"added"}


def test_a_selection_narrows_what_is_compared(pull_request: Repository, bulletins: Bulletins) -> None:
    change(pull_request)
    assert set(told(against_main(bulletins, "--id", "t*", "--id", "gone"))) == {"tonight", "tomorrow", "gone"}
    assert set(told(against_main(bulletins, "--changed-since", "main", "--exclude-id", "t*"))) == {
        "sent", "new-name", "weekly", "gone",
    }  # fmt: skip


@pytest.mark.parametrize("command", ["plan", "fire"])
def test_what_changed_can_be_selected(pull_request: Repository, bulletins: Bulletins, command: str) -> None:
    pull_request.commit({"bulletins.d/shows.yaml": SHOWS.replace("Weekly,", "Every week,")})
    options = ["--format", "json", *(["--dry-run"] if command == "fire" else [])]
    done = bulletins(command, "--changed-since", "main", *options)

    entries = done.json["firings" if command == "plan" else "results"]
    assert [entry["id"] for entry in entries] == ["weekly"]


def test_a_selection_of_what_changed_that_is_empty_is_an_error(pull_request: Repository, bulletins: Bulletins) -> None:
    done = bulletins("fire", "--dry-run", "--changed-since", "main")
    assert done.refused_with("the selection matches nothing: --changed-since main", "", code=2)


@pytest.mark.parametrize("option", ["--against", "--changed-since"])
def test_a_ref_that_cannot_be_read_aborts(pull_request: Repository, bulletins: Bulletins, option: str) -> None:
    done = bulletins("plan", option, "no-such-branch")
    assert done.refused_with("git knows no commit 'no-such-branch' here", "misspelt")
    assert not done.out


def test_outside_a_checkout_it_aborts(small_set: Path, bulletins: Bulletins) -> None:
    assert bulletins("plan", "--against", "main").refused_with("is not in a git checkout", "Run it where")


def test_problems_come_in_the_format_that_was_asked_for(pull_request: Repository, bulletins: Bulletins) -> None:
    pull_request.write({"bulletins.d/shows.yaml": SHOWS.replace('"1"', "1")})
    done = bulletins("plan", "--against", "main", "--format", "markdown")

    assert done.code == 3
    assert rendered(done.out).rows[1][2] == "property-not-string"
