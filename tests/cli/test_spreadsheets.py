"""Spreadsheets as teams have them, through import, validate and plan: what comes out is exact, or a line a fault."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from conftest import Write
from guides.pages import GUIDES, blocks
from importers.spreadsheets import EVENT, SHEETS, TeamSheet

from cli.conftest import Bulletins

ACCOUNTS = "accounts:\n  india: {region: in1, account_id_env: ID, passcode_env: PASSCODE}\n"
FORMS = [
    pytest.param(sheet, form, id=f"{sheet.name}-{form}".replace(" ", "-"))
    for sheet in SHEETS
    for form in ("csv", "xlsx")
    if form == "csv" or sheet.has_workbook
]


@pytest.fixture(autouse=True)
def _folder(write: Write, bulletins: Bulletins) -> None:
    write({"accounts.yaml": ACCOUNTS})
    assert bulletins("ledger", "init").code == 0


def saved(sheet: TeamSheet, form: str) -> str:
    path = Path(f"calendar.{form}")
    path.write_bytes(sheet.csv() if form == "csv" else sheet.xlsx())
    return str(path)


@pytest.mark.parametrize(("sheet", "form"), FORMS)
def test_a_spreadsheet_becomes_exactly_its_bulletins(sheet: TeamSheet, form: str, bulletins: Bulletins) -> None:
    out = "bulletins.d/december.yaml"
    done = bulletins("import", form, saved(sheet, form), *sheet.options, "--out", out)
    if sheet.problems:
        places = re.findall(r"^calendar\.\w+:(\d+):(\d+): error\[([a-z-]+)\]", done.err, re.MULTILINE)
        assert done.code == 3, done
        row = {6: 2, 7: 2} if form == "xlsx" else {}
        assert [(int(line), int(column), code) for line, column, code in places] == [
            (line, row.get(column, column), code) for line, column, code in sheet.problems
        ]
        assert not Path(out).exists()
        return
    assert done.code == 0, done.err[:2000]
    assert [each for each in sheet.notes if each not in done.err] == []
    if form == "xlsx" and len(sheet.expected) > 1000:  # its plan is made from CSV, and takes seconds
        written = re.findall(r"id: (\S+)\n    name: (.+)\n", Path(out).read_text(encoding="utf-8"))
        assert written == [(id_, name) for id_, name, _, _ in sheet.expected]
        return
    assert bulletins("validate").code == 0
    plan = bulletins("plan", "--format", "json", "--no-cache")
    assert plan.code == 0
    assert sorted(map(_planned, plan.json["firings"]), key=str) == sorted(
        ([id_, name, properties, due] for id_, name, properties, due in sheet.expected), key=str
    )


def _planned(firing: dict[str, Any]) -> list[Any]:
    payload = firing["payload"]
    assert payload["c-by"] == "releases@example.com"
    assert firing["action"] == ("wait" if firing["due_at"] else "fire")
    return [firing["id"], payload["name"], payload["properties"], firing["due_at"]]


def test_both_forms_of_a_spreadsheet_make_the_same_file(bulletins: Bulletins) -> None:
    sheets = [sheet for sheet in SHEETS if sheet.expected and len(sheet.expected) < 100]
    for sheet in sheets:
        texts = [bulletins("import", form, saved(sheet, form), *sheet.options).out for form in ("csv", "xlsx")]
        assert texts[0] == texts[1] != ""


def test_the_story_of_the_guide_is_true(bulletins: Bulletins) -> None:
    _, table, command = [block.text for block in blocks(GUIDES / "spreadsheets.md")][:3]
    Path("calendar.csv").write_text(table, encoding="utf-8")
    done = bulletins(*shlex.split(command.replace("\\\n", " "))[1:])
    assert done.code == 0, done.err
    assert "line 1 ('Release calendar') is above the header" in done.err
    plan = bulletins("plan", "--format", "json", "--now", "2026-12-01T00:00:00Z")
    assert list(map(_planned, plan.json["firings"])) == [
        ["sa-re-ga-ma-41", "Sa Re Ga Ma 41", {"show": "सा रे गा मा"}, "2026-12-12T15:30:00Z"],
        ["sa-re-ga-ma-42", "Sa Re Ga Ma 42", {"show": "सा रे गा मा"}, "2026-12-19T15:00:00Z"],
    ]


def test_a_text_in_the_encoding_of_windows_is_named(bulletins: Bulletins) -> None:
    Path("calendar.csv").write_bytes("name,Show\nCafé 1,a\n".encode("cp1252"))
    done = bulletins("import", "csv", "calendar.csv", *EVENT)
    assert done.code == 3
    assert done.err.startswith("calendar.csv:2:4: error[yaml-encoding]: ")
    assert "Windows-1252" in done.err
    assert "CSV UTF-8" in done.err


def test_each_fault_of_a_column_is_one_line_with_its_rows(bulletins: Bulletins) -> None:
    rows = "".join(f"x{number},{number % 28 + 1}/13/2036,{number + 25}:00\n" for number in range(60))
    Path("calendar.csv").write_text(f"name,date,time\n{rows}", encoding="utf-8")
    done = bulletins("import", "csv", "calendar.csv", *EVENT, "--day-first")
    lines = done.err.splitlines()
    assert done.code == 3
    assert len(lines) <= 5
    assert all(line.startswith("calendar.csv:1:") for line in lines[:-2])


def test_a_sheet_that_is_ordered_anew_keeps_its_ids(bulletins: Bulletins) -> None:
    rows = ["सा,SR-1\n", "सा,SR-2\n", "सा,SR-3\n"]
    ids = []
    for order in (rows, rows[::-1], ["रे,SR-0\n", *rows]):
        Path("calendar.csv").write_text("name,code\n" + "".join(order), encoding="utf-8")
        done = bulletins("import", "csv", "calendar.csv", *EVENT, "--key", "code")
        ids.append(dict(re.findall(r"id: (\S+)\n[^-]*?code: (\S+)", done.out)))
    assert ids == [
        {f"sr-{number}": f"SR-{number}" for number in numbers} for numbers in ((1, 2, 3), (1, 2, 3), range(4))
    ]


def test_ids_that_depend_on_the_order_of_rows_are_noted_with_a_key(bulletins: Bulletins) -> None:
    Path("calendar.csv").write_text("name,lang,code\nसा,hi,SR-1\nरे,hi,SR-2\n", encoding="utf-8")
    done = bulletins("import", "csv", "calendar.csv", *EVENT)
    assert done.code == 0
    assert "an inserted row would shift" in done.err
    assert "--key code" in done.err.replace("'", "")
