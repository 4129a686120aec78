"""`plan --against` and `--changed-since`, in real repositories: a reviewer sees all that a pull request does."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from git.repository import Repository
from report.markdown import rendered

from cli.conftest import Bulletins
from runner.definitions.schema.schemas import schema
from runner.errors import ErrorCode
from runner.exit_codes import Exit

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


TABLE = "n,name\n1,One\n2,Two\n"
OF_TABLE = """
defaults: {business_event: Program Released, c-by: a@example.com, accounts: [india], properties: {}}
bulletins:
  - {for_each: {csv: shows.csv}, id: "row-{{ row.n }}", name: "{{ row.name }}"}
"""


def pointer_to(content: str) -> str:
    oid = hashlib.sha256(content.encode()).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"


@pytest.fixture
def with_lfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A set whose table is in Git LFS. The branch has another row, and its pointer is not committed."""
    made = Repository.new(tmp_path / "shows")
    monkeypatch.chdir(made.folder)
    accounts = {"bulletins.d/accounts.yaml": ACCOUNTS, "bulletins.d/shows.yaml": OF_TABLE}
    made.commit({**accounts, "bulletins.d/shows.csv": pointer_to(TABLE)})
    made.git("checkout", "--quiet", "-b", "branch")
    (made.folder / "bulletins.d" / "shows.csv").write_text(f"{TABLE}3,Three\n")
    return made


def kinds(changes: dict[str, Any]) -> dict[str, str]:
    return {each["id"]: each["kind"] for each in changes["bulletins"]}


@pytest.mark.usefixtures("with_lfs")
def test_what_a_pointer_at_the_base_stands_for_is_unknown(bulletins: Bulletins) -> None:
    changes = against_main(bulletins)
    assert kinds(changes) == {"row-1": "unknown", "row-2": "unknown", "row-3": "unknown"}
    assert changes["base_problems"] == 0
    for format_ in ("text", "markdown", "html"):
        said = bulletins("plan", "--against", "main", "--format", format_).out
        assert "unknown" in said
        assert format_ == "html" or "added" not in said
    refused = bulletins("plan", "--changed-since", "main")
    assert refused.refused_with(ErrorCode.BASE_NOT_FETCHED, "row-1", "git lfs fetch")


def test_content_that_git_lfs_has_stored_is_read(bulletins: Bulletins, with_lfs: Repository) -> None:
    oid = hashlib.sha256(TABLE.encode()).hexdigest()
    stored = with_lfs.folder / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    stored.parent.mkdir(parents=True)
    stored.write_text("n,name\n1,Other\n")  # another content under this hash counts for nothing
    assert set(kinds(against_main(bulletins)).values()) == {"unknown"}
    stored.write_text(TABLE)
    assert kinds(against_main(bulletins)) == {"row-3": "added"}
    chosen = bulletins("plan", "--changed-since", "main", "--format", "json").json
    assert [each["id"] for each in chosen["firings"]] == ["row-3"]


def test_a_table_that_is_the_same_here_needs_no_store(bulletins: Bulletins, with_lfs: Repository) -> None:
    (with_lfs.folder / "bulletins.d" / "shows.csv").write_text(TABLE)
    assert kinds(against_main(bulletins)) == {}


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


def reported(changes: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    return {each["id"]: (each["kind"], [effect["text"] for effect in each["effects"]]) for each in changes["bulletins"]}


def test_without_a_ledger_everything_that_changed_is_there(pull_request: Repository, bulletins: Bulletins) -> None:
    change(pull_request)
    changes = against_main(bulletins)

    assert reported(changes) == {
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
    changes = reported(against_main(bulletins, "--sandbox"))

    (text,) = changes["sent"][1]
    assert text.startswith("already sent 20")
    assert text.endswith("and this edit sends nothing; raise revision to send it again")
    (text,) = changes["new-name"][1]
    assert text.startswith("is blocked: the bulletin old-name sent the same payload to india 20")


def test_the_markdown_says_all_of_it(pull_request: Repository, bulletins: Bulletins) -> None:
    assert bulletins("fire", "--sandbox", "--yes").code == 0
    change(pull_request)
    seen = rendered(bulletins("plan", "--sandbox", "--against", "main", "--format", "markdown").out)

    assert seen.text.startswith(
        "Merging this sends 1 bulletin as soon as fire runs (1 in india)"
        " and 2 firings of 1 bulletin later (1 in india, 1 in europe),"
        " the first on Sun 2036-12-07 21:00 Asia/Singapore."
        " It edits 1 bulletin that goes out later (1 in india), on Fri 2036-12-05 21:00 Asia/Singapore."
        " It stops 1 bulletin that would have gone out (1 in india)."
        " 1 not sent yet would reach other people: their account moves."
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


def test_the_text_ends_with_what_merging_does(pull_request: Repository, bulletins: Bulletins) -> None:
    change(pull_request)
    *_, stops, moves, summary = bulletins("plan", "--against", "main").out.splitlines()

    assert stops == "It stops 1 bulletin that would have gone out (1 in india)."
    assert moves == "3 not sent yet would reach other people: their account moves."  # and not tonight, nor tomorrow
    assert summary.startswith("plan at ")


RECURRING = (
    SHOWS
    + """
  - id: daily
    name: Daily
    properties: {program_id: "7"}
    accounts: [india, europe]
    schedule: {cron: "30 20 * * *", timezone: Asia/Kolkata, starts: 2036-11-29, ends: 2036-12-31}
"""
)
LATE = ("--now", "2036-11-28T18:00:00Z")


def add_daily(repository: Repository) -> None:
    """Daily and the rest are on the main branch, and a branch begins there."""
    repository.git("checkout", "--quiet", "main")
    repository.commit({"bulletins.d/shows.yaml": RECURRING})
    repository.git("checkout", "--quiet", "-b", "again")


def test_what_recurs_says_when_first_and_by_which_cron(pull_request: Repository, bulletins: Bulletins) -> None:
    pull_request.commit({"bulletins.d/shows.yaml": RECURRING})
    changes = against_main(bulletins, *LATE)

    days = "then Sun 2036-11-30 {0} and Mon 2036-12-01 {0}, by cron `30 20 * * *`"
    assert reported(changes)["daily"] == (
        "added",
        [
            f"goes out first Sat 2036-11-29 20:30 Asia/Kolkata, {days.format('20:30')} until Wed 2036-12-31",
            f"goes out first Sat 2036-11-29 15:00 UTC, {days.format('15:00')} in Asia/Kolkata until Wed 2036-12-31",
        ],
    )
    (daily,) = changes["bulletins"]
    assert daily["recurrence"] == {
        "cron": "30 20 * * *", "timezone": "Asia/Kolkata", "ends": "2036-12-31T18:29:59Z",
    }  # fmt: skip


def test_the_last_time_of_what_recurs_is_reported_as_any_other(pull_request: Repository, bulletins: Bulletins) -> None:
    pull_request.commit({"bulletins.d/shows.yaml": RECURRING})
    changes = against_main(bulletins, "--now", "2036-12-31T01:00:00Z", "--account", "india")

    assert reported(changes)["daily"] == ("added", ["goes out Wed 2036-12-31 20:30 Asia/Kolkata"])
    assert "recurrence" not in changes["bulletins"][0]


def test_an_edit_of_what_recurs_says_its_next_time(pull_request: Repository, bulletins: Bulletins) -> None:
    add_daily(pull_request)
    pull_request.commit({"bulletins.d/shows.yaml": RECURRING.replace("name: Daily", "name: Every day")})
    changes = against_main(bulletins, "--now", "2036-12-01T15:10:00Z", "--account", "india")

    assert reported(changes)["daily"][1] == [
        "goes out as soon as fire runs",
        (
            "goes out next Tue 2036-12-02 20:30 Asia/Kolkata, then Wed 2036-12-03 20:30 and Thu 2036-12-04 20:30,"
            " by cron `30 20 * * *` until Wed 2036-12-31"
        ),
    ]
    assert [effect["would_go"] for effect in changes["bulletins"][0]["effects"]] == [True, True]


AFTER_MANY = ("--now", "2036-11-30T19:15:00Z")
EXPIRED = (
    "10 times from Sun 2036-11-30 22:50 Asia/Kolkata to Mon 2036-12-01 00:20 Asia/Kolkata",
    "10 times from Sun 2036-11-30 17:20 UTC to Sun 2036-11-30 18:50 UTC",
)


def add_frequent(repository: Repository) -> str:
    """A bulletin of every ten minutes in both accounts, on main; the checkout is a branch of it."""
    schedule = '{cron: "*/10 * * * *", timezone: Asia/Kolkata, grace: 2h, catch_up: all}'
    entry = f"  - {{id: often, name: Often, properties: {{}}, accounts: [india, europe], schedule: {schedule}}}\n"
    repository.git("checkout", "--quiet", "main")
    repository.commit({"bulletins.d/shows.yaml": SHOWS + entry})
    repository.git("checkout", "--quiet", "-b", "frequent")
    return SHOWS + entry


def test_times_that_expired_often_are_reported_once_after_what_goes_out(
    pull_request: Repository, bulletins: Bulletins
) -> None:
    frequent = add_frequent(pull_request)
    pull_request.commit({"bulletins.d/shows.yaml": frequent.replace("name: Often", "name: Very often")})
    texts = list(dict.fromkeys(reported(against_main(bulletins, *AFTER_MANY))["often"][1]))
    late = [f"{times} are too late and never sent" for times in EXPIRED]

    assert (texts[0], texts[-2:], len(texts)) == ("goes out as soon as fire runs", late, 5)
    lines = bulletins("plan", "--against", "main", *AFTER_MANY).out.splitlines()
    assert next(line for line in lines if line.startswith("~ changed  often")).endswith(
        f"in india: {late[0]}; in europe: {late[1]}"
    )
    seen = rendered(bulletins("plan", "--against", "main", "--format", "markdown", *AFTER_MANY).out)
    assert [row[2:] for row in seen.rows[1:6]] == [
        ["india (2 times), europe (2 times)", "goes out as soon as fire runs"],
        ["india", texts[1].replace("`", "")],
        ["europe", texts[2].replace("`", "")],
        ["india", late[0]],
        ["europe", late[1]],
    ]
    page = bulletins("plan", "--against", "main", "--format", "html", *AFTER_MANY).out
    places = [page.index(each) for each in (texts[0], *late)]
    assert ([page.count(each) for each in late], places) == ([1, 1], sorted(places))


def test_of_what_is_taken_out_the_times_that_expired_often_are_reported_once(
    pull_request: Repository, bulletins: Bulletins
) -> None:
    add_frequent(pull_request)
    pull_request.commit({"bulletins.d/shows.yaml": SHOWS})
    kind, texts = reported(against_main(bulletins, *AFTER_MANY))["often"]

    assert (kind, texts[0]) == ("removed", "was due, and is not sent any more")
    assert list(dict.fromkeys(texts))[-2:] == [f"{times} had expired unsent" for times in EXPIRED]


def test_taking_out_what_recurs_says_what_does_not_come(pull_request: Repository, bulletins: Bulletins) -> None:
    add_daily(pull_request)
    pull_request.commit({"bulletins.d/shows.yaml": SHOWS})
    changes = against_main(bulletins, *LATE, "--account", "india")

    assert reported(changes)["daily"] == (
        "removed",
        [
            (
                "would have gone out next Sat 2036-11-29 20:30 Asia/Kolkata, then Sun 2036-11-30 20:30 and"
                " Mon 2036-12-01 20:30, by cron `30 20 * * *`"
                " until Wed 2036-12-31, and is not sent any more"
            )
        ],
    )


@pytest.mark.parametrize(
    ("old", "new", "id_", "would_go"),
    [
        ("name: Weekly", "name: W", "weekly", [True]),
        ("2036-12-05T18:30", "2036-12-05T19:30", "weekly", [True]),
        ("id: weekly,", "id: weekly, enabled: false,", "weekly", [True]),
        ("id: weekly,", "id: weekly, accounts: [india, europe],", "weekly", [True, False]),
        ("id: weekly,", "id: weekly, accounts: [europe],", "weekly", [False, True]),
        (", schedule: {at: 2036-12-05T18:30:00+05:30}", "", "weekly", [False]),  # now, instead of later
        ("id: weekly,", "id: every-week,", "every-week", [True]),
        ('cron: "30 20 * * *"', 'cron: "30 21 * * *"', "daily", [True, True]),
    ],
    ids=["name", "time", "disabled", "account-added", "account-left", "sooner", "renamed", "cron"],
)
def test_what_would_go_out_without_the_change_is_distinguished(
    pull_request: Repository, bulletins: Bulletins, old: str, new: str, id_: str, would_go: list[bool]
) -> None:
    add_daily(pull_request)
    assert old in RECURRING
    pull_request.commit({"bulletins.d/shows.yaml": RECURRING.replace(old, new)})
    (changed,) = against_main(bulletins, *LATE)["bulletins"]

    assert (changed["id"], [effect["would_go"] for effect in changed["effects"]]) == (id_, would_go)


def test_an_edit_that_was_off_or_was_sent_sends_it_anew(pull_request: Repository, bulletins: Bulletins) -> None:
    off = SHOWS.replace("id: weekly,", "id: weekly, enabled: false,")
    pull_request.git("checkout", "--quiet", "main")
    pull_request.commit({"bulletins.d/shows.yaml": off})
    assert bulletins("fire", "--sandbox", "--yes").code == 0
    pull_request.git("checkout", "--quiet", "-b", "on")
    pull_request.commit({"bulletins.d/shows.yaml": SHOWS.replace("id: sent,", "id: sent, revision: 2,")})
    changes = against_main(bulletins, "--sandbox")

    assert {each["id"]: [effect["would_go"] for effect in each["effects"]] for each in changes["bulletins"]} == {
        "sent": [False],
        "weekly": [False],
    }


def test_the_text_keeps_what_changed_on_the_screen(pull_request: Repository, bulletins: Bulletins) -> None:
    pull_request.git("checkout", "--quiet", "main")
    entry = '  - {{id: b-{0}, name: B {0}, properties: {{program_id: "b{0}"}}}}\n'
    many = SHOWS + "".join(entry.format(number) for number in range(200))
    pull_request.commit({"bulletins.d/shows.yaml": many})
    pull_request.git("checkout", "--quiet", "-b", "one")
    pull_request.commit({"bulletins.d/shows.yaml": many.replace("name: Weekly", "name: Every week")})
    short, whole = (bulletins("plan", "--against", "main", *more).out for more in ([], ["--verbose"]))

    assert len(short.splitlines()) < 20
    assert "… and 197 more fire (--verbose shows them)" in short
    assert "… and 1 wait of changed bulletins, shown above (--verbose shows them)" in short
    assert sum(line.startswith("fire  ") for line in whole.splitlines()) == 202


def test_the_text_says_local_times_of_what_waits(pull_request: Repository, bulletins: Bulletins) -> None:
    out = bulletins("plan", "--now", "2036-12-01T13:00:00Z").out
    assert "due 2036-12-05T13:00:00Z (Fri 18:30 in Asia/Kolkata), in 4d\n" in out


def test_an_account_that_a_bulletin_leaves_is_reported(pull_request: Repository, bulletins: Bulletins) -> None:
    pull_request.git("checkout", "--quiet", "main")
    both = SHOWS.replace("name: Weekly,", "name: Weekly, accounts: [india, europe],")
    pull_request.commit({"bulletins.d/shows.yaml": both})
    pull_request.git("checkout", "--quiet", "-b", "leave")
    pull_request.commit({"bulletins.d/shows.yaml": both.replace("[india, europe]", "[europe]")})

    assert reported(against_main(bulletins))["weekly"] == (
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

    changes = reported(against_main(bulletins, "--sandbox"))
    assert changes["sent"] == ("changed", ["goes out again, as soon as fire runs"])
    assert changes["weekly"] == ("changed", ["goes out Fri 2036-12-05 18:30 Asia/Kolkata"])


def test_a_dirty_tree_and_an_unchanged_one(pull_request: Repository, bulletins: Bulletins) -> None:
    assert reported(against_main(bulletins)) == {}
    pull_request.write({"bulletins.d/shows.yaml": SHOWS + '  - {id: e, name: E, properties: {program_id: "9"}}\n'})
    assert reported(against_main(bulletins)) == {"e": ("added", ["goes out as soon as fire runs"])}


def test_a_base_with_problems_is_compared_as_far_as_it_can_be_read(
    pull_request: Repository, bulletins: Bulletins
) -> None:
    pull_request.git("checkout", "--quiet", "main")
    pull_request.commit({"bulletins.d/broken.yaml": "bulletins: ["})
    pull_request.git("checkout", "--quiet", "-b", "fix")
    pull_request.commit({"bulletins.d/broken.yaml": "bulletins: []"})
    changes = against_main(bulletins)

    assert (changes["base_problems"], reported(changes)) == (1, {})


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
    assert set(reported(against_main(bulletins, "--id", "t*", "--id", "gone"))) == {"tonight", "tomorrow", "gone"}
    assert set(reported(against_main(bulletins, "--changed-since", "main", "--exclude-id", "t*"))) == {
        "sent", "new-name", "weekly", "gone",
    }  # fmt: skip


@pytest.mark.parametrize("command", ["plan", "fire"])
def test_what_changed_can_be_selected(pull_request: Repository, bulletins: Bulletins, command: str) -> None:
    pull_request.commit({"bulletins.d/shows.yaml": SHOWS.replace("Weekly,", "Every week,")})
    options = ["--format", "json", *(["--dry-run", "--report-all"] if command == "fire" else [])]
    done = bulletins(command, "--changed-since", "main", *options)

    entries = done.json["firings" if command == "plan" else "results"]
    assert [entry["id"] for entry in entries] == ["weekly"]


def test_a_selection_of_what_changed_that_is_empty_is_an_error(pull_request: Repository, bulletins: Bulletins) -> None:
    done = bulletins("fire", "--dry-run", "--changed-since", "main")
    assert done.refused_with(ErrorCode.NO_MATCH, "--changed-since", exit_code=2)


@pytest.mark.parametrize("option", ["--against", "--changed-since"])
def test_a_ref_that_cannot_be_read_aborts(pull_request: Repository, bulletins: Bulletins, option: str) -> None:
    done = bulletins("plan", option, "no-such-branch")
    assert done.refused_with(ErrorCode.UNKNOWN_REF, "'no-such-branch'")
    assert not done.out


def test_outside_a_checkout_it_aborts(small_set: Path, bulletins: Bulletins) -> None:
    assert bulletins("plan", "--against", "main").refused_with(ErrorCode.NO_CHECKOUT)


def test_problems_come_in_the_format_that_was_asked_for(pull_request: Repository, bulletins: Bulletins) -> None:
    pull_request.write({"bulletins.d/shows.yaml": SHOWS.replace('"1"', "1")})
    done = bulletins("plan", "--against", "main", "--format", "markdown")

    assert done.code == 3
    assert rendered(done.out).rows[1][2] == "property-not-string"


def test_a_when_far_from_the_due_time_is_shown_with_its_change(pull_request: Repository, bulletins: Bulletins) -> None:
    schedule = "schedule: {at: 2036-12-05T18:30:00Z}"
    old = f'  - {{id: old, name: Old, properties: {{program_id: "7"}}, when: 1796130000, {schedule}}}\n'
    pull_request.commit({"bulletins.d/shows.yaml": SHOWS + old})
    (text,) = reported(against_main(bulletins))["old"][1]
    assert "older than 2 hours" in text
    for format_ in ("text", "markdown", "github"):
        assert "older than 2 hours" in bulletins("plan", "--against", "main", "--format", format_).out


PAST = ("--now", "2036-12-06T14:00:00Z")


def warnings_of(bulletins: Bulletins, *options: str) -> list[tuple[str, int]]:
    done = bulletins("plan", "--against", "main", "--format", "json", *options)
    jsonschema.Draft202012Validator(schema("plan")).validate(done.json)
    return [(each["code"], each["line"]) for each in done.json.get("definition_warnings", [])]


def test_a_new_bulletin_with_a_time_in_the_past_is_a_warning(pull_request: Repository, bulletins: Bulletins) -> None:
    """Two are new, and one has a new time; the time of the one that was there before is past, too."""
    lines = SHOWS.replace("gone", "gone-2").replace("2036-12-05T18:30:00+05:30", "2036-12-05T19:30:00+05:30")
    lines += '  - {id: soon, name: Soon, properties: {program_id: "7"}, schedule: {at: 2036-12-08T18:30:00+05:30}}\n'
    lines += "  - {id: off, name: Off, properties: {}, enabled: false, schedule: {at: 2036-12-01T18:30:00Z}}\n"
    ended = "{cron: 30 18 * * FRI, timezone: Asia/Kolkata, ends: 2036-11-30}"
    lines += f'  - {{id: ended, name: Ended, properties: {{program_id: "9"}}, schedule: {ended}}}\n'
    pull_request.commit({"bulletins.d/shows.yaml": lines})
    assert warnings_of(bulletins, *PAST) == [("new-in-past", 6), ("new-in-past", 10)]


@pytest.mark.parametrize("format_", ["text", "json", "markdown", "github", "sarif", "junit", "html"])
def test_strict_makes_a_time_in_the_past_an_error(
    pull_request: Repository, bulletins: Bulletins, format_: str, tmp_path: Path
) -> None:
    entry = "  - {id: late, name: Late, properties: {}, schedule: {at: 2036-12-01T18:30:00Z}}\n"
    pull_request.commit({"bulletins.d/shows.yaml": SHOWS + entry})
    command = ("plan", "--sandbox", "--against", "main", "--format", format_, *PAST)
    done = bulletins(*command)
    assert done.code == Exit.OK
    assert "new-in-past" in done.out
    strict = bulletins(*command, "--strict", "--out", str(tmp_path / "plan.json"))
    assert strict.code == Exit.PROBLEMS
    assert "new-in-past" in strict.out + strict.err
    assert not (tmp_path / "plan.json").exists()


def test_rows_with_times_in_the_past_are_one_warning(pull_request: Repository, bulletins: Bulletins) -> None:
    rows = ", ".join(f"{{n: a{number}}}" for number in range(9))
    entry = (
        f'  - {{for_each: {{rows: [{rows}]}}, id: "{{{{ row.n }}}}", name: "{{{{ row.n }}}}", properties: {{}},'
        " schedule: {at: 2036-12-01T18:30:00Z}}\n"
    )
    pull_request.commit({"bulletins.d/shows.yaml": SHOWS + entry})
    assert warnings_of(bulletins, *PAST) == [("new-in-past", 8)]


def test_what_was_sent_is_no_warning_although_its_time_is_past(pull_request: Repository, bulletins: Bulletins) -> None:
    entry = "  - {id: tonight, name: Tonight, properties: {}, schedule: {at: 2036-12-06T13:30:00Z, grace: 7d}}\n"
    pull_request.commit({"bulletins.d/shows.yaml": SHOWS + entry})
    assert warnings_of(bulletins, *PAST) == [("new-in-past", 8)]
    bulletins("ledger", "init")
    bulletins("ledger", "baseline", "--id", "tonight", "--also-later", "--note", "sent by hand", "--yes")
    assert warnings_of(bulletins, *PAST) == []


def test_a_new_time_in_the_past_is_shown_in_text_and_refused_with_strict(
    pull_request: Repository, bulletins: Bulletins
) -> None:
    entry = "  - {id: old, name: Old, properties: {}, schedule: {at: 2035-12-06T13:30:00Z}}\n"
    pull_request.commit({"bulletins.d/shows.yaml": SHOWS + entry})
    done = bulletins("plan", "--against", "main", *PAST)
    assert (done.code, "[new-in-past]" in done.out) == (0, True)
    strict = bulletins("plan", "--against", "main", *PAST, "--strict", "--out", "plan.json")
    assert (strict.code, "[new-in-past]" in strict.out + strict.err, Path("plan.json").exists()) == (3, True, False)
