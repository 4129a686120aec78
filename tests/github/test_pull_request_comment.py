"""The example `pull-request-comment.yml`: one comment, in the right place, whatever the artifact holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from github.conftest import Project, bulletins_of
from github.machine import Event, Job

MARKER = "<!-- bulletins: what merging would send -->"
TESTS = Path(__file__).parents[1]
HOSTILE = """$(touch pwned) `touch pwned` "'; touch pwned #
::error::no
::set-output name=number::9
@file ${{ github.token }} true
"""


def pull(number: int, head: str, *, repository: str = "author/releases", branch: str = "change") -> dict[str, Any]:
    return {"number": number, "state": "open", "head": {"sha": head, "ref": branch, "repo": {"full_name": repository}}}


def comment(number: int, login: str, body: str) -> dict[str, Any]:
    return {"id": number, "issue": 1, "user": {"login": login}, "body": body}


class GitHub:
    """The state of the stand-in for GitHub's API, in its file."""

    def __init__(self, project: Project) -> None:
        self.file = project.machine.folder / "github.json"
        self.machine = project.machine
        self.write(pulls=[pull(1, "a" * 40)], comments=[], calls=[])
        project.machine.add_module("gh", "github.gh", str(self.file), path=TESTS)

    def write(self, **changes: list[Any]) -> None:
        old = json.loads(self.file.read_text(encoding="utf-8")) if self.file.exists() else {}
        self.file.write_text(json.dumps(old | changes), encoding="utf-8")

    @property
    def comments(self) -> list[Any]:
        found: list[Any] = json.loads(self.file.read_text(encoding="utf-8"))["comments"]
        return found

    def upload(self, text: str) -> Path:
        """What a pull request's run left, or whoever changed the workflow in a fork."""
        path = self.machine.artifact("bulletins-comment") / "comment.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, head: str = "a" * 40, *, event: str = "pull_request") -> Job:
        """The example, after a run of that commit of the fork's branch."""
        run = {
            "id": 42,
            "event": event,
            "conclusion": "success",
            "head_branch": "change",
            "head_sha": head,
            "head_repository": {"full_name": "author/releases", "owner": {"login": "author"}},
            "html_url": "https://github.com/shows/releases/actions/runs/42",
        }
        started = Event("workflow_run", "0" * 40, {"event": {"workflow_run": run}})
        return self.machine.run_job("pull-request-comment", "comment", started)


@pytest.fixture
def github(project: Project) -> GitHub:
    """One open pull request, without comments."""
    return GitHub(project)


def test_the_first_run_makes_the_comment_and_later_ones_replace_it(project: Project, github: GitHub) -> None:
    others = [comment(1, "author", "please review"), comment(2, "author", f"{MARKER}\nmine")]
    github.write(comments=others)
    github.upload("nothing is sent")
    assert github.run().result == "success"
    event = project.pull_request(new=bulletins_of("tonight"))
    project.machine.run_job("pull-request", "check", event)
    head = event.github["event"]["pull_request"]["head"]["sha"]
    github.write(pulls=[pull(1, head)])
    job = github.run(head)

    assert job.result == "success", job.log
    *before, made = github.comments
    assert before == others
    assert made["user"]["login"] == "github-actions[bot]"
    assert made["body"].startswith(f"{MARKER}\n")
    assert "tonight" in made["body"]
    assert "nothing is sent" not in made["body"]
    assert "actions/runs/42" in made["body"]


def test_a_run_that_a_newer_commit_overtook_says_nothing(github: GitHub) -> None:
    github.upload("old news")
    job = github.run("b" * 40)

    assert job.result == "success"
    assert "nothing to comment on" in job.log
    assert github.comments == []


def test_the_pull_request_is_found_by_where_it_comes_from(github: GitHub) -> None:
    github.write(pulls=[pull(5, "a" * 40, repository="author/other"), pull(7, "a" * 40), pull(8, "c" * 40)])
    github.upload("number: 9\n")

    assert github.run().result == "success"
    assert [(each["issue"], "number: 9" in each["body"]) for each in github.comments] == [(7, True)]


def test_two_pull_requests_of_one_commit_get_none(github: GitHub) -> None:
    github.write(pulls=[pull(7, "a" * 40), pull(8, "a" * 40)])
    github.upload("to main, or to release?")

    assert github.run().result == "success"
    assert github.comments == []


def test_a_hostile_text_stays_a_text(github: GitHub, tmp_path: Path) -> None:
    github.upload(HOSTILE)
    job = github.run()

    assert job.result == "success", job.log
    (made,) = github.comments
    assert made["body"].startswith(f"{MARKER}\n{HOSTILE}")
    assert "::error" not in job.log
    assert not list(tmp_path.rglob("pwned"))


@pytest.mark.parametrize("text", ["", "x" * 250_001, "-> /etc/hostname"], ids=["empty", "too long", "link"])
def test_what_makes_no_comment_is_refused(github: GitHub, text: str) -> None:
    path = github.upload(text)
    if text.startswith("-> "):
        path.unlink()
        path.symlink_to(text[3:])
    job = github.run()

    assert job.result == "failure"
    assert "::error::the artifact holds no text that can be a comment" in job.log
    assert github.comments == []


def test_runs_of_other_events_are_left_alone(github: GitHub) -> None:
    assert github.run(event="push").result == "skipped"
