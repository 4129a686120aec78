from __future__ import annotations

import ast
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from refusals import refused

import runner
from runner.definitions.schedules import zones
from runner.errors import ErrorCode, Exit

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "offset"),
    [
        ("UTC", timedelta()),
        ("Etc/UTC", timedelta()),
        ("Asia/Kolkata", timedelta(hours=5.5)),
        ("Asia/Calcutta", timedelta(hours=5.5)),
        ("America/Argentina/Ushuaia", timedelta(hours=-3)),
        ("Etc/GMT+12", timedelta(hours=-12)),
        ("America/Port-au-Prince", timedelta(hours=-5)),
        ("Pacific/Chatham", timedelta(hours=13.75)),
    ],
)
def test_a_zone_of_that_name(name: str, offset: timedelta) -> None:
    assert NOON.astimezone(zones.zone(name)).utcoffset() == offset
    assert zones.zone(name) is zones.zone(name)


def test_every_name_is_that_of_a_zone() -> None:
    assert [name for name in zones.names() if NOON.astimezone(zones.zone(name)).utcoffset() is None] == []
    assert len(zones.names()) > 500


@pytest.mark.parametrize(
    "name",
    [
        "",
        " UTC",
        "utc",
        "asia/kolkata",
        "ASIA/KOLKATA",
        "Asia",
        "America/Argentina",
        "Asia/Kolkata/",
        "/Asia/Kolkata",
        "Asia//Kolkata",
        "Asia/../Asia/Kolkata",
        "./Asia/Kolkata",
        "../zones",
        "../../etc/localtime",
        "posix/Asia/Kolkata",
        "right/Asia/Kolkata",
        "Factory",
        "posixrules",
        "localtime",
        "__init__.py",
        "Asia/__init__.py",
        "tzdata.zi",
        "leapseconds",
        "zones",
        "Asia/Kolkata\0",
        "Asia/Kolkata\n",
        "Asia\\Kolkata",
        "\ud800",
        "a" * 5000,
        "America/" * 1000,
    ],
)
def test_no_zone_of_that_name(name: str) -> None:
    with pytest.raises(KeyError):
        zones.zone(name)


@given(st.text() | st.text("AEaiks/._-", max_size=30))
def test_any_text_is_a_zone_or_none(name: str) -> None:
    if name not in zones.names():
        with pytest.raises(KeyError):
            zones.zone(name)


def test_the_data_of_the_system_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia" / "Kolkata").write_bytes(
        files("tzdata").joinpath("zoneinfo", "America", "New_York").read_bytes()
    )
    program = (
        "from datetime import datetime, UTC; from zoneinfo import ZoneInfo;"
        "from runner.definitions.schedules import zones;"
        "noon = datetime(2026, 12, 1, 12, tzinfo=UTC);"
        "print(*(noon.astimezone(read('Asia/Kolkata')).strftime('%H:%M') for read in (ZoneInfo, zones.zone)))"
    )
    environment = {"PYTHONTZPATH": str(tmp_path), "PYTHONPATH": str(Path(runner.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split() == ["07:00", "17:30"]


def test_only_one_module_reads_zones() -> None:
    importing = {
        path.name
        for path in Path(runner.__file__).parent.rglob("*.py")
        if "zoneinfo" in (text := path.read_text(encoding="utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom | ast.Import)
        and "zoneinfo" in (getattr(node, "module", None), *(alias.name for alias in node.names))
    }
    assert importing == {"zones.py"}


@pytest.mark.usefixtures("without_zone_data")
def test_utc_needs_no_data() -> None:
    assert zones.zone("UTC") is UTC


@pytest.mark.usefixtures("without_zone_data")
@pytest.mark.parametrize("name", ["Asia/Kolkata", "Nowhere/Else"])
def test_without_the_package_the_way_to_it_is_named(name: str) -> None:
    with refused(ErrorCode.ZONE_DATA_MISSING) as error:
        zones.zone(name)
    assert error.value.exit_code is Exit.REFUSED
    assert "pip install" in error.value.help
