"""The files under .github and the hook's: valid by GitHub's schemas, pinned, and safe from what a pull request says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from github.machine import ACTION, EXAMPLES, ROOT, run_scripts, workflow
from runner import __version__

NAMES = sorted(path.stem for path in EXAMPLES.iterdir())
READS_ONLY = {"contents": "read"}


def steps_of(text: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for job in text["jobs"].values() if "jobs" in text else [text["runs"]]:
        yield from job["steps"]


def check(schema: str, *files: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *map(str, files)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_examples_and_the_action_are_valid_by_the_schemas_of_github() -> None:
    check("vendor.github-workflows", *EXAMPLES.iterdir())
    check("vendor.github-actions", ACTION)


def test_every_example_is_run_by_the_tests() -> None:
    tests = {path.stem.removeprefix("test_").replace("_", "-") for path in Path(__file__).parent.glob("test_*.py")}
    assert set(NAMES) <= tests
    assert not (ROOT / ".github" / "workflows").exists()


@pytest.mark.parametrize("path", [ACTION, *(EXAMPLES / f"{name}.yml" for name in NAMES)], ids=lambda path: path.stem)
def test_no_script_is_made_from_what_others_wrote(path: Path) -> None:
    scripts = list(run_scripts(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert scripts
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("path", [ACTION, *(EXAMPLES / f"{name}.yml" for name in NAMES)], ids=lambda path: path.stem)
def test_actions_of_others_are_pinned_and_ours_is_of_this_version(path: Path) -> None:
    used = [step["uses"] for step in steps_of(yaml.safe_load(path.read_text(encoding="utf-8"))) if "uses" in step]
    by_commit = re.compile(r"actions/[\w-]+@[0-9a-f]{40}")
    known = {
        f"your-organization/bulletins/.github/actions/bulletins@v{__version__}",
        "github/codeql-action/upload-sarif@v4",
    }
    assert [each for each in used if not by_commit.fullmatch(each) and each not in known] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_workflow_says_what_it_may_do_and_how_long(name: str) -> None:
    text = workflow(name)
    wanted = {"actions": "read", "pull-requests": "write"} if name == "pull-request-comment" else READS_ONLY
    assert text["permissions"] == wanted
    assert all(job["timeout-minutes"] <= 30 for job in text["jobs"].values())


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("pull-request")])
def test_what_a_pull_request_starts_gets_no_secret(name: str) -> None:
    assert "secrets" not in (EXAMPLES / f"{name}.yml").read_text(encoding="utf-8").replace("no secrets", "")


@pytest.mark.parametrize("name", ["fire-on-merge", "reviewed-plan"])
def test_what_a_push_starts_waits_for_the_reviewers_of_an_environment(name: str) -> None:
    jobs = workflow(name)["jobs"]
    with_credentials = [job for job in jobs.values() if "CLEVERTAP" in str(job)]
    assert [job.get("environment") for job in with_credentials] == ["bulletins"]


def test_nothing_of_the_pull_request_is_checked_out_where_it_may_be_written_to() -> None:
    (job,) = workflow("pull-request-comment")["jobs"].values()
    assert {step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step} == {"actions/download-artifact"}
