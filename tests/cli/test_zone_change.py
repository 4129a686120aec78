"""Two versions of the package tzdata by which one zone has two offsets: one after the other, nothing goes out twice."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from conftest import Write

import runner
from cli.conftest import Bulletins, account
from runner.definitions.schedules.zones import zone
from runner.sandbox.server import Sandbox

ZONE = "Asia/Kolkata"  # at +05:30
DAILY = """
bulletins:
  - id: daily
    business_event: Program Released
    name: Daily
    properties: {{}}
    c-by: a@example.com
    schedule: {{cron: "{due.minute} {due.hour} * * *", timezone: {zone}, grace: 20h, catch_up: {catch_up}}}
"""


def other_tzdata(folder: Path, offset_of: str) -> Path:
    """A folder with a package tzdata by which the clocks of ZONE are those of another zone."""
    package = folder / "other" / "tzdata"
    (package / "zoneinfo" / "Asia").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "zones").write_text(ZONE)
    (package / "zoneinfo" / ZONE).write_bytes(files("tzdata").joinpath("zoneinfo", *offset_of.split("/")).read_bytes())
    return package.parent


def fire_with(tzdata: Path) -> None:
    """A run as a process, with that package."""
    paths = map(str, (tzdata, Path(runner.__file__).parents[1]))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-m", "runner", "fire", "--yes"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("catch_up", ["latest", "all"])
@pytest.mark.parametrize(("other", "since"), [("Asia/Karachi", 40), ("Asia/Dhaka", 5)])  # at +05:00 and +06:00
def test_new_zone_data_sends_nothing_again(
    bulletins: Bulletins,
    write: Write,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    other: str,
    since: int,
    catch_up: str,
) -> None:
    monkeypatch.setenv("INDIA_ID", "india")
    monkeypatch.setenv("INDIA_PASSCODE", "sesame")
    due = datetime.now(UTC).astimezone(zone(ZONE)) - timedelta(minutes=since)
    write({"a.yaml": account(sandbox.base_url), "b.yaml": DAILY.format(due=due, zone=ZONE, catch_up=catch_up)})
    assert bulletins("ledger", "init").code == 0
    assert bulletins("fire", "--yes").code == 0
    assert len(sandbox.accepted()) == 1
    fire_with(other_tzdata(tmp_path, other))
    assert bulletins("fire", "--yes").code == 0
    assert len(sandbox.accepted()) == 1
