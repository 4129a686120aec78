"""The composite action: it installs the project from its own checkout, and runs what its inputs say."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from github.machine import ACTION

TIMEOUT_S = 300.0
SHELL = ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-c"]
TAKEN = "raise SystemExit('the repository has run its own module')\n"
SCRIPTS = {
    step["name"]: step["run"]
    for step in yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]
    if "run" in step
}


@dataclass(frozen=True)
class Installed:
    """Where the action installed it, by what it left for later steps."""

    path: str
    folder: Path

    def run(self, arguments: str, *, strict: str = "") -> tuple[int, str, str]:
        """The exit code of the step that runs it, what it printed, and what it left for later steps."""
        output = self.folder / "output"
        output.write_text("")
        environment = {
            "PATH": os.pathsep.join([self.path, os.environ["PATH"]]),
            "ARGUMENTS": arguments,
            "STRICT": strict,
            "GITHUB_OUTPUT": str(output),
            "PYTHONPATH": str(self.folder),
        }
        done = subprocess.run(
            [*SHELL, SCRIPTS["Run bulletins"]],
            env=environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        return done.returncode, done.stdout, output.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, package_index: None) -> Installed:
    """Installed from this working tree, with the dependencies of this interpreter, for they take the time.

    The job's folder holds what a repository may hold: modules that would take the place of those that are meant.
    """
    folder = tmp_path_factory.mktemp("action")
    for name in ("venv", "pip", "hatchling", "runner", "click", "yaml", "requests"):
        (folder / name).mkdir()
        for file in ("__init__.py", "__main__.py"):
            (folder / name / file).write_text(TAKEN, encoding="utf-8")
    for name in ("sitecustomize.py", "json.py", "subprocess.py"):
        (folder / name).write_text(TAKEN, encoding="utf-8")
    venv, path = folder / "bulletins" / "venv", folder / "path"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    given = {
        "PYTHON": sys.executable,
        "SOURCE": f"{ACTION.parent}/../../..",
        "EXTRAS": "postgres",
        "RUNNER_TEMP": str(folder),
        "GITHUB_PATH": str(path),
        "PIP_NO_COMPILE": "1",
        "PYTHONPATH": str(folder),
    }
    script = [*SHELL, SCRIPTS["Install bulletins"]]
    subprocess.run(script, cwd=folder, env={**os.environ, **given}, check=True, timeout=TIMEOUT_S)
    return Installed(path.read_text(encoding="utf-8").strip(), folder)


def test_later_steps_find_bulletins_and_the_python_of_the_job(installed: Installed) -> None:
    assert sorted(each.name for each in Path(installed.path).iterdir()) == ["bulletins"]
    program = Path(installed.path) / "bulletins"
    done = subprocess.run([program, "--version"], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.startswith("bulletins ")


def test_the_input_strict_makes_warnings_errors(installed: Installed) -> None:
    folder = installed.folder / "strict"
    folder.mkdir()
    (folder / "all.yaml").write_text('business_events: {"Program\\u200b Released": {}}\n')
    codes = [installed.run(f"validate\n{folder}", strict=each)[0] for each in ("", "false", "true")]
    assert codes == [0, 0, 3]


def test_it_runs_its_arguments_one_a_line(installed: Installed) -> None:
    folder = installed.folder / "bulletins.d of $(id) all"
    folder.mkdir()
    (folder / "bad.yaml").write_text("bulletins: 1\n", encoding="utf-8")
    code, printed, left = installed.run(f"validate\n{folder.name}\n--format\ngithub\n")

    assert (code, left) == (3, "exit-code=3\n")
    assert "::error file=bulletins.d of $(id) all/bad.yaml,line=1" in printed
    assert installed.run("--version")[::2] == (0, "exit-code=0\n")


def test_every_python_that_it_starts_is_isolated() -> None:
    lines = [
        line for script in SCRIPTS.values() for line in script.splitlines() if 'PYTHON"' in line or "/python" in line
    ]
    assert len(lines) == 3
    assert [line for line in lines if " -I " not in line] == []
