"""A plan as Markdown: a reviewer sees at a glance what merging sends, where and when."""

from __future__ import annotations

import pytest

from report.documents import (
    hostile_plan,
    make_bulletin_change,
    make_changes,
    make_field,
    make_plan,
    make_planned,
    make_shared_change,
)
from report.hostile import HOSTILE
from report.markdown import ALLOWED, rendered
from runner.plan.decide import Action
from runner.report.markdown.markup import MAX_CHARACTERS
from runner.report.markdown.plan import plan_markdown
from runner.report.safe_text import printable

LATER = {"action": "wait", "due_at": "2026-12-04T13:00:00Z", "text": "goes out Fri 2026-12-04 18:30 Asia/Kolkata"}


def effect(**fields: object) -> dict[str, object]:
    return {**make_bulletin_change()["effects"][0], **fields}


def test_the_first_line_says_what_merging_sends_where_and_when() -> None:
    changes = make_changes(
        [
            make_bulletin_change(id="a", effects=[effect(), effect(account="europe")]),
            make_bulletin_change(id="b", effects=[effect(**LATER)]),
            make_bulletin_change("removed", id="c", effects=[effect(action=None, text="is not sent any more")]),
        ]
    )
    seen = rendered(plan_markdown(make_plan(make_planned(), changes=changes)))

    assert seen.text.splitlines()[0] == (
        "Merging this sends 2 firings of 1 bulletin as soon as fire runs (1 in india, 1 in europe)"
        " and 1 bulletin later (1 in india), on Fri 2026-12-04 18:30 Asia/Kolkata."
    )


def test_edits_of_what_was_sent_send_nothing() -> None:
    sent = effect(action="changed", text="already sent 2026-11-20T13:00:00Z, and this edit sends nothing")
    changes = make_changes([make_bulletin_change("changed", effects=[sent])])
    seen = rendered(plan_markdown(make_plan(make_planned(action="changed"), changes=changes)))

    assert seen.text.startswith("Merging this sends nothing.")
    assert seen.rows[1][0] == "✏️ edited"
    assert seen.rows[1][3] == "already sent 2026-11-20T13:00:00Z, and this edit sends nothing"
    assert "- name: Episode 11\n+ name: Episode 12\n" in seen.text


def test_a_rename_and_an_account_that_moves_are_warned_of() -> None:
    changes = make_changes([make_bulletin_change("renamed")], [make_shared_change()])
    seen = rendered(plan_markdown(make_plan(make_planned(), make_planned("b", "wait"), changes=changes)))

    assert "blockquote" in seen.tags
    assert "sa-re-ga-ma-12: was sent as old-id: the same payload would go out again" in seen.text
    assert "the account india moves: region in1 → sg1" in seen.text
    assert (
        "account india: region in1 → sg1; 12 bulletins go there; 2 that went there before are not sent yet" in seen.text
    )
    assert seen.rows[1][1] == "sa-re-ga-ma-12 Episode 12was old-id"


def test_what_recurs_says_so_with_its_cron_as_code() -> None:
    text = "goes out first Fri 2026-12-04 18:30 Asia/Kolkata, then by cron `30 18 * * FRI`"
    recurrence = {"cron": "30 18 * * FRI", "timezone": "Asia/Kolkata", "ends": None}
    change = make_bulletin_change(effects=[effect(**{**LATER, "text": text})], recurrence=recurrence)
    markdown = plan_markdown(make_plan(make_planned(action="wait"), changes=make_changes([change])))
    seen = rendered(markdown)

    assert seen.text.splitlines()[0] == (
        "Merging this sends 1 bulletin again and again (1 in india), from Fri 2026-12-04 18:30 Asia/Kolkata on."
    )
    assert seen.rows[1][3] == text.replace("`", "")
    assert "<code>30 18 &#42; &#42; FRI</code>" in markdown


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("Episode 12", "Episode\u200b 12", "- name: Episode 12\n+ name: Episode\\u200b 12\n"),
        ("क्ष", "क्\u200cष", "- name: 'क्ष'\n+ name: 'क्\\u200cष'\n"),
        ("Episode 12", "Episode\u00a012", "- name: 'Episode 12'\n+ name: 'Episode\\xa012'\n"),
        ("Episode 12", "Episode 12 ", "- name: 'Episode 12'\n+ name: 'Episode 12 '\n"),
        ("क्\u200cष", "क्\u200cषा", "- name: क्\u200cष\n+ name: क्\u200cषा\n"),
    ],
    ids=["zero-width-space", "non-joiner", "no-break-space", "trailing-space", "to-be-seen"],
)
def test_both_sides_of_an_edit_can_be_distinguished(old: str, new: str, shown: str) -> None:
    change = make_bulletin_change("changed", fields=[make_field("name", old, new)])
    assert shown in plan_markdown(make_plan(make_planned(), changes=make_changes([change])))


def test_what_comes_from_the_defaults_is_reported() -> None:
    field = make_field("c-by", "a@example.com", "b@example.com", inherited=True)
    changes = make_changes([make_bulletin_change("changed", fields=[field])])

    assert "+ c-by: b@example.com  (from the file's defaults)" in plan_markdown(
        make_plan(make_planned(), changes=changes)
    )


def test_a_bulletin_in_many_accounts_takes_a_row_for_each_thing_that_happens() -> None:
    effects = [effect(account=name) for name in ("india", "europe")] + [effect(account="asia", text="is blocked: why")]
    seen = rendered(plan_markdown(make_plan(changes=make_changes([make_bulletin_change(effects=effects)]))))

    assert [row[2:] for row in seen.rows[1:3]] == [
        ["india, europe", "goes out as soon as fire runs"],
        ["asia", "is blocked: why"],
    ]


def test_an_account_is_named_once_for_many_firings() -> None:
    often = [effect(account=name) for name in ("india", "europe", "india", "india")]
    effects = [*often, *(effect(action="expired", text="2 times from a to b are too late") for _ in range(2))]
    seen = rendered(plan_markdown(make_plan(changes=make_changes([make_bulletin_change(effects=effects)]))))

    assert [row[2:] for row in seen.rows[1:3]] == [
        ["india (3 times), europe", "goes out as soon as fire runs"],
        ["india", "2 times from a to b are too late"],
    ]


def test_a_plan_alone_shows_what_is_sent_and_what_is_wrong_first() -> None:
    plan = make_plan(*(make_planned(action.value, action.value) for action in Action))
    seen = rendered(plan_markdown(plan))

    assert seen.text.startswith("2 bulletins would be sent now (2 in india).")
    shown = [row[0] for row in seen.rows if row[0] != "action"]
    assert shown[:7] == ["in doubt", "duplicate", "changed", "expired", "fire", "retry", "claimed"]
    assert sorted(shown[7:]) == ["disabled", "done", "wait"]


def test_nothing_to_say_is_said() -> None:
    assert rendered(plan_markdown(make_plan())).text.startswith("Nothing would be sent now. No firings.")


def test_a_plan_up_to_a_time_shows_what_comes_and_says_how_much_comes_later() -> None:
    plan = make_plan(
        make_planned("a", "wait"), make_planned("b", "done"), selection={"until": ["2026-12-07T23:59:59Z"]}
    )
    plan["summary"]["later"] = 3
    seen = rendered(plan_markdown(plan))

    assert seen.text.startswith(
        "Nothing would be sent now. 1 wait, 1 done. Up to 2026-12-07T23:59:59Z; 3 more come only after that."
    )
    shown, _, rest = plan_markdown(plan).partition("<details>")
    assert ("<code>a</code>" in shown, "<code>b</code>" in rest) == (True, True)
    assert "come only" not in plan_markdown(make_plan(make_planned("a", "wait")))


def test_many_expired_times_of_a_bulletin_are_one_row() -> None:
    times = [
        make_planned(
            "weekly", "expired", occurrence=f"r1@{day}", due_at=f"2026-11-0{day}T13:00:00Z", reason=f"no {day}"
        )
        for day in range(1, 5)
    ]
    seen = rendered(plan_markdown(make_plan(*times, make_planned("once", "expired"))))

    assert [row[1:] for row in seen.rows[1:]] == [
        [
            "weekly 4 times",
            "india",
            "Sun 2026-11-01 18:30 Asia/Kolkatato Wed 2026-11-04 18:30 Asia/Kolkata",
            "the last no 4",
        ],
        [
            "once Episode 12",
            "india",
            "Tue 2026-12-01 18:30 Asia/Kolkata",
            "was due 2026-12-01T13:00:00Z; its grace period of 1h ended 2h ago",
        ],
    ]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    document = hostile_plan(text)
    markdown = plan_markdown(document)
    seen = rendered(markdown)

    assert seen.tags <= ALLOWED
    assert seen.attributes <= {("class", "language-diff")}
    assert len(markdown) <= MAX_CHARACTERS
    assert markdown == "\n".join(printable(line) for line in markdown.splitlines()) + "\n"


def test_what_holds_for_the_whole_page_is_there_however_much_there_is() -> None:
    renames = [make_bulletin_change("renamed", id=f"id-{number}") for number in range(10_000)]
    changes = make_changes(renames, [make_shared_change()], base_problems=3)
    text = rendered(plan_markdown(make_plan(make_planned("b", "wait"), changes=changes, ledger=None))).text

    assert text.splitlines()[0].endswith(" 2 not sent yet would reach other people: their account moves.")
    for said in ("There is no ledger here", "have 3 problems", "the account india moves", "12 bulletins go there"):
        assert said in text
    assert "id-0: was sent as old-id" in text
    assert "planned 2026-12-01T13:00:00Z" in text


def test_ten_thousand_firings_fit_into_a_comment() -> None:
    changes = make_changes([make_bulletin_change(id=f"id-{number}") for number in range(10_000)])
    markdown = plan_markdown(make_plan(*(make_planned(f"id-{n}") for n in range(10)), changes=changes))

    assert MAX_CHARACTERS - 1_000 < len(markdown) <= MAX_CHARACTERS
    assert markdown.rstrip().endswith("more lines or parts are not shown._")


def test_an_edit_names_the_row_and_the_place_of_its_template() -> None:
    change = make_bulletin_change("changed", row="bulletins.d/shows.csv:17")
    seen = rendered(plan_markdown(make_plan(make_planned(), changes=make_changes([change]))))

    assert "sa-re-ga-ma-12, bulletins.d/a.yaml:4, bulletins.d/shows.csv:17" in seen.text
