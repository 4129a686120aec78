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


def test_the_workflows_of_the_project_are_valid_and_run_what_ci_runs() -> None:
    workflows = sorted((ROOT / ".github" / "workflows").iterdir())
    check("vendor.github-workflows", *workflows)
    assert [path.name for path in workflows if "bash .ci/run" in path.read_text(encoding="utf-8")] == [
        "ci.yml",
        "release.yml",
    ]


@pytest.mark.parametrize("path", [ACTION, *(EXAMPLES / f"{name}.yml" for name in NAMES)], ids=lambda path: path.stem)
def test_no_script_is_made_from_what_others_wrote(path: Path) -> None:
    scripts = list(run_scripts(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert scripts
    assert not [script for script in scripts if "${{" in script]


@pytest.mark.parametrize("path", [ACTION, *(EXAMPLES / f"{name}.yml" for name in NAMES)], ids=lambda path: path.stem)
def test_actions_of_others_are_pinned_and_ours_is_of_this_version(path: Path) -> None:
    used = [step["uses"] for step in steps_of(yaml.safe_load(path.read_text(encoding="utf-8"))) if "uses" in step]
    by_commit = re.compile(r"(actions|github)/[\w/-]+@[0-9a-f]{40}")
    ours = f"your-organization/bulletins/.github/actions/bulletins@v{__version__}"
    assert [each for each in used if not by_commit.fullmatch(each) and each != ours] == []


@pytest.mark.parametrize("path", [ACTION, *(EXAMPLES / f"{name}.yml" for name in NAMES)], ids=lambda path: path.stem)
def test_a_pinned_commit_comes_with_its_version(path: Path) -> None:
    pinned = [line for line in path.read_text(encoding="utf-8").splitlines() if re.search(r"@[0-9a-f]{40}", line)]
    assert [line for line in pinned if not re.search(r"@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$", line)] == []


@pytest.mark.parametrize("path", [ACTION, *(EXAMPLES / f"{name}.yml" for name in NAMES)], ids=lambda path: path.stem)
def test_what_zizmor_passes_over_is_explained_where_it_is(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    for before, line in zip(["", *lines], lines, strict=False):
        if found := re.search(r"# zizmor: ignore\[[\w-]+\](.*)", line):
            assert found[1].strip() or before.strip().startswith("#"), line


@pytest.mark.parametrize("name", NAMES)
def test_every_workflow_says_what_it_may_do_and_how_long(name: str) -> None:
    text = workflow(name)
    assert text["permissions"] == ({} if name == "pull-request-comment" else READS_ONLY)
    more = {"comment": {"actions": "read", "pull-requests": "write"}, "code-scanning": {"security-events": "write"}}
    for job, found in text["jobs"].items():
        assert found.get("permissions", {}).items() <= {**READS_ONLY, **more.get(job, {})}.items()
    assert all(job["timeout-minutes"] <= 30 for job in text["jobs"].values())


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("pull-request")])
def test_what_a_pull_request_starts_gets_no_secret(name: str) -> None:
    assert "secrets" not in (EXAMPLES / f"{name}.yml").read_text(encoding="utf-8").replace("no secrets", "")


@pytest.mark.parametrize("name", NAMES)
def test_every_secret_belongs_to_an_environment(name: str) -> None:
    text = workflow(name)
    assert "secrets." not in str({**text, "jobs": None})
    with_secrets = {job: found.get("environment") for job, found in text["jobs"].items() if "secrets." in str(found)}
    wanted = {
        "fire-on-merge": {"fire": "bulletins"},
        "reviewed-plan": {"plan": "bulletins-plan", "fire": "bulletins"},
        "scheduled": {"fire": "bulletins-scheduled"},
    }
    assert with_secrets == wanted.get(name, {})


@pytest.mark.parametrize("name", NAMES)
def test_every_checkout_forgets_its_token(name: str) -> None:
    for step in steps_of(workflow(name)):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", [name for name in NAMES if name != "pull-request-comment"])
def test_no_file_is_written_into_the_checkout(name: str) -> None:
    """A link that was committed could lead it elsewhere. The comment's job has no checkout."""
    for script in run_scripts(workflow(name)):
        inside = script if 'cd "$RUNNER_TEMP"' not in script else ""
        for target in re.findall(r"(?:[0-9]?>>?|--out|--report) *([^\s|&>)]+)", inside):
            assert target.startswith(('"$RUNNER_TEMP/', '"$GITHUB_', '"$plan"', '"$said"')), target


def test_nothing_of_the_pull_request_is_checked_out_where_it_may_be_written_to() -> None:
    (job,) = workflow("pull-request-comment")["jobs"].values()
    assert {step["uses"].partition("@")[0] for step in job["steps"] if "uses" in step} == {"actions/download-artifact"}
