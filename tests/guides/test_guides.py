"""The guides and README say what the program does: their commands, definitions, tables and links are checked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli.conftest import Bulletins, bulletins
from conftest import Write

from guides.pages import GUIDES, PAGES, ROOT, blocks, check_call, commands, links, table
from runner.definitions.load import load
from runner.definitions.model import CatchUp
from runner.definitions.regions import HOSTS
from runner.definitions.templates import OCCURRENCE_FIELDS
from runner.definitions.templates.filters import FILTERS
from runner.errors import ErrorCode, Exit
from runner.fire.outcome import Outcome
from runner.guides import TOPICS, guide_text, guide_title
from runner.plan.decide import Action
from runner.report.formats import RUN_FORMATS

__all__ = ["bulletins"]

MOST_WORDS_OF_README = 900
ACCOUNTS = """
accounts:
  india: {region: in1, account_id_env: INDIA_ID, passcode_env: INDIA_PASSCODE}
"""
BULLETIN = """
bulletins:
  - id: one
    business_event: Program Released
    name: One
    c-by: releases@example.com
    properties: {}
"""


def test_each_topic_has_a_page_and_each_page_a_topic() -> None:
    assert sorted(TOPICS) == sorted(path.stem for path in GUIDES.glob("*.md"))


def test_a_guide_is_found_only_by_its_topic() -> None:
    with pytest.raises(KeyError):
        guide_text("../../README")


def test_the_command_lists_every_guide(bulletins: Bulletins) -> None:
    done = bulletins("guide")
    assert [line.split()[0] for line in done.out.splitlines()] == list(TOPICS)


@pytest.mark.parametrize("topic", TOPICS)
def test_the_command_prints_a_guide(bulletins: Bulletins, topic: str) -> None:
    done = bulletins("guide", topic)
    assert (done.code, done.out, done.err) == (0, guide_text(topic), "")
    assert guide_title(topic) in done.out


def test_an_unknown_topic_is_refused(bulletins: Bulletins) -> None:
    assert bulletins("guide", "schedule").refused_with(ErrorCode.UNKNOWN_GUIDE, "'schedule'", exit_code=Exit.USAGE)


def test_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= MOST_WORDS_OF_README


def test_readme_links_every_guide() -> None:
    assert {f"runner/guides/{topic}.md" for topic in TOPICS} <= set(links(ROOT / "README.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in links(page):
        assert link.startswith("https://") or (page.parent / link).resolve().is_file(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    for call in commands(page):
        check_call(call)


def test_the_check_of_commands_can_fail() -> None:
    for call in ("bulletins fier", "bulletins fire --yess", "bulletins ledger shwo"):
        with pytest.raises(AssertionError):
            check_call(call)


@pytest.mark.parametrize("topic", TOPICS)
def test_guides_that_are_named_exist(topic: str) -> None:
    named = re.findall(r"`bulletins guide ([a-z-]+)`", guide_text(topic))
    assert set(named) <= set(TOPICS)


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_definitions_are_valid(page: Path, write: Write) -> None:
    for number, block in enumerate(block for block in blocks(page) if block.language == "yaml"):
        content = yaml.safe_load(block.text)
        if isinstance(content, dict) and content.keys() & {"accounts", "bulletins", "business_events", "schedule"}:
            assert _problems(content, block.text, write, str(number)) == []


def _problems(content: dict[str, Any], text: str, write: Write, folder: str) -> list[str]:
    if "schedule" in content:
        text = f"{BULLETIN}    {text}"
    files = {f"{folder}/definitions.yaml": text}
    if "accounts" not in content:
        files[f"{folder}/accounts.yaml"] = ACCOUNTS
    if "for_each" in text:
        files[f"{folder}/shows.csv"] = (
            "show,episode,program_id,language,date,time\nIndian Idol,1,900001,Hindi,2036-12-01,20:00\n"
        )
    if "events: {Flash Sale" in text:
        files[f"{folder}/events.yaml"] = "business_events:\n  Flash Sale: {properties: {}}\n"
    return [str(problem) for problem in load([write(files) / folder]).problems]


@pytest.mark.parametrize(
    ("page", "header", "expected"),
    [
        ("definitions", "region", [*HOSTS]),
        ("schedules", "`catch_up`", [each.value for each in CatchUp]),
        ("formats-and-exit-codes", "code", [str(each.value) for each in Exit]),
        ("formats-and-exit-codes", "action", [each.value for each in Action]),
        ("formats-and-exit-codes", "format", [*RUN_FORMATS]),
        ("pull-requests", "file", [path.name for path in (ROOT / ".github" / "examples").glob("*.yml")]),
    ],
)
def test_tables_list_what_the_program_knows(page: str, header: str, expected: list[str]) -> None:
    assert sorted(table(GUIDES / f"{page}.md", header)) == sorted(expected)


def test_the_table_of_actions_says_which_are_sent() -> None:
    rows = table(GUIDES / "formats-and-exit-codes.md", "action")
    assert {action for action, (_, sent) in rows.items() if sent == "yes"} == {
        action.value for action in Action if action.sends
    }


def test_the_table_of_outcomes_names_every_outcome() -> None:
    rows = table(GUIDES / "formats-and-exit-codes.md", "what was seen")
    assert {cells[0] for cells in rows.values()} == {outcome.value for outcome in Outcome}


def test_fields_of_the_schemas_are_listed() -> None:
    for name, heading in (("bulletins", "## Bulletins"), ("accounts", "## Accounts")):
        section = (GUIDES / "definitions.md").read_text(encoding="utf-8").split(heading)[1].split("\n## ")[0]
        listed = re.findall(r"^\| `([a-z_-]+)` \|", section, re.MULTILINE)
        schema = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
        fields = schema["$defs"]["account" if name == "accounts" else "template"]["properties"]
        assert sorted(set(listed) - set(HOSTS)) == sorted(fields)


def test_names_in_templates_are_listed() -> None:
    assert _quoted("many-from-one", "Filters: ") >= set(FILTERS)
    assert _quoted("schedules", "The name and the properties may hold") >= {
        "{{ occurrence.date }}" if name == "date" else name for name in OCCURRENCE_FIELDS
    }


def _quoted(topic: str, beginning: str) -> set[str]:
    """The words in back quotes of the paragraph that begins so."""
    paragraph = guide_text(topic).split(beginning)[1].split("\n\n")[0]
    return set(re.findall(r"`([^`]+)`", paragraph))
