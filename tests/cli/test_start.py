"""What a command imports before it has anything to do. Modules are counted, not seconds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from conftest import Write

from cli.conftest import Bulletins
from runner.cli.program import cli

ROOT = Path(__file__).parents[2]
SCRIPT = """
import json, sys
from runner.cli import main
try:
    main(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""
FOR_SENDING = ("requests", "urllib3", "http.client")
FOR_READING = ("yaml", "jsonschema", "jsonschema_rs", "jinja2", "cronsim", "runner.definitions.building.build")
OTHER_DIALECTS = ("sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.mysql", "psycopg")
SET: Mapping[str, str] = {
    "accounts.yaml": """\
        accounts:
          india: {region: in1, account_id_env: INDIA_ID, passcode_env: INDIA_PASSCODE}
        """,
    "shows.yaml": """\
        bulletins:
          - id: show
            business_event: Program Released
            name: Show
            properties: {}
            c-by: releases@example.com
            enabled: false
        """,
}


def modules(*arguments: str) -> set[str]:
    """The modules that a command imports."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], env=environment, capture_output=True, check=True, encoding="utf-8"
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_the_list_of_commands_holds_the_help_of_each() -> None:
    """The list is written without importing the commands, and click writes it from the commands themselves."""
    listed, from_commands = click.HelpFormatter(), click.HelpFormatter()
    cli.format_commands(click.Context(cli), listed)
    click.Group.format_commands(cli, click.Context(cli), from_commands)
    assert listed.getvalue() == from_commands.getvalue()


def test_help_imports_little() -> None:
    found = modules("--help")
    assert found.isdisjoint({"sqlalchemy", "rich", "shutil", *FOR_SENDING, *FOR_READING})
    assert not [name for name in found if name.startswith(("runner.definitions", "runner.ledger", "runner.plan"))]


@pytest.mark.parametrize("arguments", [("plan",), ("fire", "--yes"), ("fire", "--yes", "--quiet")])
def test_a_command_with_nothing_to_send_imports_nothing_for_sending(
    write: Write, bulletins: Bulletins, arguments: tuple[str, ...]
) -> None:
    write(SET)
    assert bulletins("ledger", "init").code == 0
    found = modules(*arguments)
    assert found.isdisjoint({"jsonschema", "jinja2", *FOR_SENDING, *OTHER_DIALECTS})
    assert modules(*arguments).isdisjoint({*FOR_SENDING, *FOR_READING, *OTHER_DIALECTS})  # now from the cache


def test_a_plan_without_a_ledger_imports_no_database(write: Write, bulletins: Bulletins) -> None:
    write(SET)
    assert bulletins("plan").code == 0  # fills the cache
    assert modules("plan").isdisjoint({"sqlalchemy", *FOR_SENDING, *FOR_READING})


def test_without_the_cache_the_files_are_read_again(write: Write, bulletins: Bulletins) -> None:
    write(SET)
    assert bulletins("plan").code == 0  # fills the cache
    assert "yaml" in modules("plan", "--no-cache")
