"""Runs the jobs of an example workflow as GitHub does: steps in order, in bash, with the environment that they are
given and nothing else of this machine's. Actions of others have a stand-in here; ours puts `bulletins` on the PATH.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from git.repository import Repository, run_git

import runner
from github.expression import evaluate, inserted

ROOT = Path(runner.__file__).parents[1]
EXAMPLES = ROOT / ".github" / "examples"
ACTION = ROOT / ".github" / "actions" / "bulletins" / "action.yml"
TIMEOUT_S = 120.0
BULLETINS = "-by-our-action"
_SHELL = ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c"]
_STATUS = re.compile(r"\b(always|cancelled|success|failure)\(\)")
_KNOWN = {"id", "name", "if", "env", "run", "uses", "with"}


@dataclass(frozen=True, slots=True)
class Event:
    """What started a workflow: the `github` context without what every run has, and the commit to check out."""

    name: str
    sha: str
    github: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A job that ended: success, failure or skipped; how each step by id or name ended; all output; the summary."""

    result: str
    steps: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""


@dataclass
class Machine:
    """A fresh machine for each job, and the artifacts of all, under `folder`. Commits come from `origin`."""

    folder: Path
    origin: Path
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    jobs: int = 0

    def run(self, example: str, event: Event) -> dict[str, Job]:
        """Runs all jobs of an example in the order of the file; returns them by name."""
        done: dict[str, Job] = {}
        for name in workflow(example)["jobs"]:
            done[name] = self.run_job(example, name, event, done)
        return done

    def run_job(self, example: str, name: str, event: Event, needed: Mapping[str, Job] | None = None) -> Job:
        """Runs one job after those that it needs."""
        text = workflow(example)
        job = text["jobs"][name]
        assert text["defaults"] == {"run": {"shell": "bash"}}
        self.jobs += 1
        place = self.folder / f"job-{self.jobs}"
        contexts = self._contexts(event, place)
        needs = [job["needs"]] if "needs" in job else []
        contexts["needs"] = {each: {"outputs": (needed or {})[each].outputs} for each in needs}
        if "if" in job and not evaluate(job["if"], contexts):
            return Job("skipped")
        return _Running(self, place, event, contexts, job.get("env", {})).to_its_end(job)

    def artifact(self, name: str) -> Path:
        """The folder that was uploaded under that name."""
        return self.folder / "artifacts" / name

    def add_module(self, name: str, module: str, *arguments: str, path: Path) -> None:
        """Puts a module of this interpreter's on the PATH as a program."""
        words = " ".join(f"'{each}'" for each in (sys.executable, "-m", module, *arguments))
        self.add_program(name, f"#!/bin/sh\nPYTHONPATH='{path}' PYTHONWARNINGS=error exec {words} \"$@\"\n")

    def add_program(self, name: str, text: str, *, installed_by: str = "") -> None:
        """Puts a program on the PATH; of steps after that action, if one is named."""
        program = self.folder / f"programs{installed_by}" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(text)
        program.chmod(0o755)

    def _contexts(self, event: Event, place: Path) -> dict[str, Any]:
        common = {"event_name": event.name, "sha": event.sha, "repository": "shows/releases", "token": "job-token"}
        return {
            "github": {**common, **event.github},
            "secrets": self.secrets,
            "vars": self.variables,
            "steps": {},
            "runner": {"temp": str(place / "temp")},
        }


@dataclass
class _Running:
    machine: Machine
    place: Path
    event: Event
    contexts: dict[str, Any]
    env: Mapping[str, str]
    log: str = ""
    failed: bool = False
    installed: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.place / "workspace"

    def to_its_end(self, job: Mapping[str, Any]) -> Job:
        self.workspace.mkdir(parents=True)
        (self.place / "temp").mkdir()
        summary = self.place / "summary.md"
        summary.touch()
        ended = {}
        for step in job["steps"]:
            assert step.keys() <= _KNOWN, step
            outcome = self._step(step)
            ended[step.get("id") or step.get("name") or step["uses"].partition("@")[0]] = outcome
        outputs = {name: inserted(value, self.contexts) for name, value in job.get("outputs", {}).items()}
        text = summary.read_text(encoding="utf-8")
        return Job("failure" if self.failed else "success", ended, outputs, self.log, text)

    def _step(self, step: Mapping[str, Any]) -> str:
        outcome, outputs = "skipped", {}
        if self._is_wanted(step.get("if", "success()")):
            outcome = "success"
            try:
                outputs = self._run(step) if "run" in step else self._use(step)
            except subprocess.CalledProcessError:
                outcome, self.failed = "failure", True
        if "id" in step:
            self.contexts["steps"][step["id"]] = {"outcome": outcome, "outputs": outputs}
        return outcome

    def _is_wanted(self, condition: str) -> bool:
        functions = {
            "always()": True,
            "cancelled()": False,
            "success()": not self.failed,
            "failure()": self.failed,
        }
        wanted = evaluate(condition, {**self.contexts, **functions})
        return bool(wanted) and (not self.failed or bool(_STATUS.search(condition)))

    def _run(self, step: Mapping[str, Any]) -> dict[str, str]:
        output = self.place / "output"
        output.write_text("")
        done = subprocess.run(
            [*_SHELL, step["run"]],
            cwd=self.workspace,
            env=self._environment(step.get("env", {}), output),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        self.log += done.stdout
        done.check_returncode()
        return dict(line.split("=", 1) for line in output.read_text(encoding="utf-8").splitlines())

    def _environment(self, env: Mapping[str, str], output: Path) -> dict[str, str]:
        programs = [str(self.machine.folder / f"programs{by}") for by in ("", *self.installed)]
        given = {name: inserted(str(value), self.contexts) for name, value in {**self.env, **env}.items()}
        return {
            "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
            "HOME": str(self.place),
            "LANG": "C.UTF-8",
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_REPOSITORY": self.contexts["github"]["repository"],
            "GITHUB_STEP_SUMMARY": str(self.place / "summary.md"),
            "RUNNER_TEMP": str(self.place / "temp"),
            **given,
        }

    def _use(self, step: Mapping[str, Any]) -> dict[str, str]:
        options = {name: inserted(str(value), self.contexts) for name, value in step.get("with", {}).items()}
        match step["uses"].partition("@")[0]:
            case "actions/checkout":
                self._check_out(options)
            case "your-organization/bulletins/.github/actions/bulletins":
                assert options.keys() <= yaml.safe_load(ACTION.read_text(encoding="utf-8"))["inputs"].keys()
                self.installed.append(BULLETINS)
            case "actions/upload-artifact":
                self._upload(options)
            case "actions/download-artifact":
                source = self.machine.artifact(options["name"])
                shutil.copytree(source, self.workspace / options.get("path", "."), symlinks=True, dirs_exist_ok=True)
            case "github/codeql-action/upload-sarif":
                self._upload({"name": "sarif", "path": options["sarif_file"]})
            case other:
                raise AssertionError(f"nothing replaces {other} here")
        return {}

    def _check_out(self, options: Mapping[str, str]) -> None:
        origin, depth = self.machine.origin.as_uri(), options.get("fetch-depth", "1")
        run_git(self.workspace, "init", "--quiet")
        run_git(self.workspace, "remote", "add", "origin", origin)
        whole = ["+refs/heads/*:refs/remotes/origin/*"] if depth == "0" else [f"--depth={depth}"]
        run_git(self.workspace, "fetch", "--quiet", "origin", *whole, self.event.sha)
        run_git(self.workspace, "checkout", "--quiet", "--detach", self.event.sha)

    def _upload(self, options: Mapping[str, str]) -> None:
        target = self.machine.artifact(options["name"])
        shutil.rmtree(target, ignore_errors=True)
        found = [path for line in options["path"].split() if (path := self.workspace / line).exists()]
        if not found:
            self.log += f"no files were found: {options['path']}\n"
            if options.get("if-no-files-found") == "error":
                raise subprocess.CalledProcessError(1, "upload-artifact")
        for path in found:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)


def workflow(example: str) -> dict[str, Any]:
    """An example, read as YAML 1.1: `on` is the key True."""
    text: dict[str, Any] = yaml.safe_load((EXAMPLES / f"{example}.yml").read_text(encoding="utf-8"))
    return text


def run_scripts(text: Mapping[str, Any]) -> Iterator[str]:
    """Every script of a workflow or a composite action."""
    jobs = text["jobs"].values() if "jobs" in text else [text["runs"]]
    for job in jobs:
        yield from (step["run"] for step in job["steps"] if "run" in step)


def bare_clone(repository: Repository, folder: Path) -> Path:
    """A bare clone that gives any commit that it has, as GitHub does."""
    run_git(repository.folder, "clone", "--quiet", "--bare", ".", str(folder))
    run_git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    repository.git("remote", "add", "origin", str(folder))
    return folder
