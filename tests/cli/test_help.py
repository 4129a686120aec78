"""What the program says of itself, and of calls that mean nothing."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from cli.conftest import Bulletins
from runner import __version__
from runner.cli.grouped_help import GroupedCommand
from runner.cli.program import cli
from runner.errors import ErrorCode

COMMANDS = [
    "init",
    "new",
    "import",
    "validate",
    "expand",
    "plan",
    "fire",
    "status",
    "resolve",
    "report",
    "ledger",
    "sandbox",
    "schema",
    "explain",
    "guide",
    "completion",
]
LEDGER = ["init", "show", "check", "export", "import", "baseline"]
ALL = [[], *([command] for command in COMMANDS), *(["ledger", command] for command in LEDGER)]
ALL += [["import", kind] for kind in ("csv", "json", "curl")]


@pytest.mark.parametrize("command", ALL, ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_has_help(bulletins: Bulletins, command: list[str], option: str) -> None:
    done = bulletins(*command, option)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: {' '.join(['bulletins', *command])} ")
    assert "-h, --help" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_help_lists_every_command_with_a_whole_sentence(bulletins: Bulletins) -> None:
    lines = bulletins("--help").out.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == COMMANDS
    assert all(line.endswith(".") and not line.endswith("...") for line in lines)


@pytest.mark.parametrize("group", ["ledger", "import"])
def test_help_of_a_group_cuts_no_sentence(bulletins: Bulletins, group: str) -> None:
    lines = bulletins(group, "--help").out.partition("Commands:\n")[2].splitlines()
    assert lines
    assert all(line.endswith(".") and not line.endswith("...") for line in lines)


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_help_cuts_nothing_and_names_what_an_option_takes(bulletins: Bulletins, command: list[str]) -> None:
    _usage, _, rest = bulletins(*command, "--help").out.partition("\n")
    assert "..." not in rest
    assert " RANGE" not in rest
    assert not [line for line in rest.splitlines() if line.endswith("-")]  # a word broken at its hyphen


@pytest.mark.parametrize("command", ["new", "validate", "expand", "fire", "ledger baseline"])
def test_help_says_which_folder_is_taken(bulletins: Bulletins, command: str) -> None:
    assert "bulletins.d" in " ".join(bulletins(*command.split(), "--help").out.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_does(command: str) -> None:
    import click

    context = click.Context(cli)
    found = cli.get_command(context, command)
    assert found is not None
    options = [each for each in found.params if isinstance(each, click.Option)]
    assert all(option.help for option in options)


def test_version(bulletins: Bulletins) -> None:
    done = bulletins("--version")
    assert (done.code, done.out, done.err) == (0, f"bulletins {__version__}\n", "")


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_heavy_modules_stay_out_of_quick_answers(option: str) -> None:
    heavy = {"requests", "sqlalchemy", "jsonschema", "rich", "yaml", "jinja2", "prometheus_client", "cronsim"}
    code = (
        f"import sys\nfrom runner.cli.program import run\nrun([{option!r}])\nprint({heavy!r} & set(sys.modules) or [])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", [[], ["ledger"]])
def test_no_command_shows_the_help(bulletins: Bulletins, command: list[str]) -> None:
    done = bulletins(*command)
    assert done.code in (0, 2)  # by click's version
    assert (done.out + done.err).startswith(f"Usage: {' '.join(['bulletins', *command])} ")


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        (["fier"], ("'fier'", "Did you mean fire", "bulletins --help")),
        (["send"], ("'send'", "Did you mean fire", "bulletins --help")),
        (["help"], ("'help'", "Did you mean --help", "bulletins --help")),
        (["Check"], ("'Check'", "Did you mean validate", "bulletins --help")),
        (["import", "shows.xlsx"], ("bulletins import xlsx FILE", "bulletins import --help")),
        (["fire", "-sandbox"], ("--sandbox", "bulletins fire --help")),
        (["plan", "-format=json"], ("--format", "bulletins plan --help")),
        (["explode"], ("'explode'", "bulletins --help")),
        (["ledger", "int"], ("'int'", "bulletins ledger --help")),
        (["--vershun"], ("bulletins --help",)),
        (["plan", "--formt", "json"], ("bulletins plan --help",)),
        (["plan", "--format", "yaml"], ("'yaml'", "'text'", "'json'", "bulletins plan --help")),
        (["plan", "--now", "noon"], ("'noon'", "bulletins plan --help")),
        (["plan", "--now", "2026-12-01T18:30:00"], ("bulletins plan --help",)),
        (["plan", "a", "b"], ("(b)", "bulletins plan --help")),
        (["fire", "--max", "-1"], ("bulletins fire --help",)),
        (["fire", "--max", "many"], ("'many'", "bulletins fire --help")),
        (["fire", "--now", "2026-12-01T18:30:00Z"], ("--now", "--dry-run", "bulletins fire --help")),
        (["completion"], ("'SHELL'", "bulletins completion --help")),
        (["validate", "--format"], ("'--format'", "bulletins validate --help")),
        (["fire", "--sandbox=1"], ("'--sandbox'", "bulletins fire --help")),
        (["ledger", "show", "--format"], ("bulletins ledger show --help",)),
        (["import", "csv", "--event"], ("bulletins import csv --help",)),
        (["--version=1"], ("bulletins --help",)),
        (["resolve", "a", "--sent"], ("--note", "bulletins resolve --help")),
        (["resolve", "a", "--note", "seen"], ("--sent", "--not-sent", "bulletins resolve --help")),
        (["resolve", "--sent", "--note", "seen"], ("an ID", "--run", "bulletins resolve --help")),
        (["resolve"], ("an ID", "--run", "--sent", "--not-sent", "--note", "bulletins resolve")),
        (["resolve", "a", "--sent", "--not-sent", "--note", "seen"], ("--sent", "bulletins resolve --help")),
        (["resolve", "a", "--sent", "--note", " "], ("--note", "bulletins resolve --help")),
        (["sandbox", "--port", "70000"], ("70000", "bulletins sandbox --help")),
        (["sandbox", "--latency", "soon"], ("'soon'", "bulletins sandbox --help")),
        (["sandbox", "--latency", "9999s"], ("3600", "bulletins")),
        (["sandbox", "--fault", "504x"], ("'504x'", "bulletins sandbox --help")),
        (["sandbox", "--credentials", "nobody"], ("ID:PASSCODE", "bulletins sandbox --help")),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage(bulletins: Bulletins, arguments: list[str], values: tuple[str, ...]) -> None:
    done = bulletins(*arguments)
    assert done.refused_with(ErrorCode.BAD_USAGE, *values, exit_code=2)
    assert done.out == ""


def test_the_help_of_fire_has_each_option_in_one_group(bulletins: Bulletins) -> None:
    command = cli.get_command(click.Context(cli), "fire")
    assert isinstance(command, GroupedCommand)
    grouped = [name for names in command.groups.values() for name in names]
    options = {max(each.opts, key=len) for each in command.params if isinstance(each, click.Option)}
    assert sorted(grouped) == sorted(options)
    shown = bulletins("fire", "--help").out
    assert all(shown.count(f"\n{title}:\n") == 1 for title in (*command.groups, "Examples"))
