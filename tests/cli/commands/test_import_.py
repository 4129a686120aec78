"""`import`, from the files that teams have to definitions that the set takes."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path

import pytest
from conftest import Write
from importers import documented, dumped, payload

from cli.conftest import Bulletins
from runner.definitions.load import load
from runner.errors import ErrorCode

ACCOUNTS = """
accounts:
  india: {region: in1, account_id_env: ID, passcode_env: PASSCODE}
  europe: {region: eu1, account_id_env: EUROPE_ID, passcode_env: PASSCODE}
"""
SHOWS = """\
Name,Event,Created by,program_id,language,At
Sa Re Ga Ma 1,Program Released,a@example.com,0001,Hindi,2036-12-01T18:30:00+05:30
Sa Re Ga Ma 2,Program Released,a@example.com,0002,Tamil,2036-12-02T18:30:00+05:30
"""


def file(name: str, content: str, encoding: str = "utf-8") -> str:
    Path(name).write_text(content, encoding=encoding, newline="")
    return name


@pytest.fixture
def folder(write: Write) -> Path:
    return write({"accounts.yaml": ACCOUNTS})


def test_the_documentations_curl_line_becomes_a_definition_with_an_equal_payload(
    bulletins: Bulletins, folder: Path
) -> None:
    script = file("raise.sh", "#!/bin/sh\n" + documented(dumped(payload())) + documented(dumped(payload(name="Two"))))
    done = bulletins("import", "curl", script, "--out", "bulletins.d/imported.yaml")
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [
        "2 bulletins written to bulletins.d/imported.yaml",
        "  accounts are india, because the calls go to https://in1.api.clevertap.com",
        "next: bulletins validate, then bulletins plan",
    ]
    definitions = load([folder])
    assert definitions.problems == ()
    assert [bulletin.payload() for bulletin in definitions.bulletins] == [payload(), payload(name="Two")]
    assert {bulletin.accounts for bulletin in definitions.bulletins} == {("india",)}
    written = (folder / "imported.yaml").read_text(encoding="utf-8")
    assert "PASSCODE-ITSELF" not in written + done.err
    assert "TEST-ACCOUNT-ID" not in written + done.err


def test_the_documentations_own_slip_is_refused(bulletins: Bulletins, folder: Path) -> None:
    script = file("raise.sh", "\n" + documented('{"business_event":true"}'))
    done = bulletins("import", "curl", script, "--out", "bulletins.d/imported.yaml")
    assert (done.code, done.out) == (3, "")
    found = 'after true, a double quote (") was found instead of a comma or the closing bracket'
    assert done.err.splitlines() == [
        f'raise.sh:2:40: error[bad-format]: not JSON: {found}. Text needs quotes on both sides: write "true".',
        "1 problem in 1 of 1 file",
        "nothing was written",
    ]
    assert not (folder / "imported.yaml").exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_spreadsheet_becomes_definitions(bulletins: Bulletins, folder: Path, encoding: str) -> None:
    delimiter = "\t" if encoding == "utf-16" else ","
    sheet = file("shows.csv", SHOWS.replace(",", delimiter).replace("\n", "\r\n"), encoding)
    done = bulletins("import", "csv", sheet, "--account", "india", "--account", "europe")
    assert done.code == 0
    assert done.err.splitlines() == [
        "2 bulletins written to standard output",
        "  fields: name from 'Name'; business_event from 'Event'; c-by from 'Created by'; schedule.at from 'At'",
        "  properties: program_id and language",
        "  times: 2 bulletins from 2036-12-01T18:30:00+05:30 to 2036-12-02T18:30:00+05:30",
        "next: the same command with --out and a new file of the set, like --out bulletins.d/new.yaml",
    ]
    assert (
        done.out
        == """\
defaults:
  business_event: Program Released
  c-by: a@example.com
  accounts: [india, europe]

bulletins:
  - id: sa-re-ga-ma-1
    name: Sa Re Ga Ma 1
    properties:
      program_id: "0001"
      language: Hindi
    schedule: {at: 2036-12-01T18:30:00+05:30}

  - id: sa-re-ga-ma-2
    name: Sa Re Ga Ma 2
    properties:
      program_id: "0002"
      language: Tamil
    schedule: {at: 2036-12-02T18:30:00+05:30}
"""
    )


def test_an_account_that_nothing_says_is_asked_for(bulletins: Bulletins, folder: Path) -> None:
    done = bulletins("import", "csv", file("shows.csv", SHOWS))
    assert done.code == 3
    hint = "Add a column accounts, or give --account with india or europe."
    assert done.err.startswith(f"shows.csv:1:1: error[missing-field]: there is no column accounts. {hint}\n1 problem")
    assert bulletins("import", "csv", "shows.csv", "--account", "india").code == 0


def test_what_a_table_lacks_is_reported_at_once(bulletins: Bulletins, folder: Path) -> None:
    done = bulletins("import", "csv", file("a.csv", "program_id,name\n1,x\n"))
    lacking = [line.partition("there is no column ")[2].partition(".")[0] for line in done.err.splitlines()[:-2]]
    assert (done.code, lacking) == (3, ["business_event", "c-by", "accounts"])


def test_a_row_without_an_account_is_pointed_at(bulletins: Bulletins, folder: Path) -> None:
    rows = SHOWS.replace("At\n", "At,Account\n").replace("05:30\n", "05:30,india\n", 1)
    sheet = file("shows.csv", rows.removesuffix("\n") + ",\n")
    done = bulletins("import", "csv", sheet)
    assert done.code == 3
    place = f"shows.csv:3:{len(rows.splitlines()[-1]) + 2}"
    assert done.err.startswith(f"{place}: error[missing-field]: the row has no accounts. Fill in the cell.\n1 problem")
    assert bulletins("import", "csv", sheet, "--account", "europe").code == 0


def test_what_payloads_lack_is_reported_at_once(bulletins: Bulletins, folder: Path) -> None:
    lacking = {name: value for name, value in payload().items() if name not in ("business_event", "c-by")}
    done = bulletins("import", "json", file("a.json", dumped(lacking)))
    assert done.code == 3
    options = [line.partition("ive --")[2].split()[0] for line in done.err.splitlines()[:-2]]
    assert options == ["event", "c-by", "account"]
    assert "payloads do not name an account. Give --account with india or europe." in done.err
    assert bulletins("import", "json", file("none.json", "[]")).refused_with(ErrorCode.NOTHING_TO_IMPORT, exit_code=2)


def test_what_no_column_says_is_given_by_options(bulletins: Bulletins) -> None:
    done = bulletins("import", "csv", file("a.csv", "name\nx\n"), "--event", "Album Out", "--c-by", "a@example.com")
    assert done.code == 0
    assert "business_event: Album Out\n" in done.out
    assert "c-by: a@example.com\n" in done.out
    assert "accounts were left out, because bulletins.d defines none" in done.err


def test_a_folder_of_payloads_is_read_in_the_order_of_its_names(bulletins: Bulletins, write: Write) -> None:
    write({"accounts.yaml": ACCOUNTS.replace("  europe", "#")})
    Path("payloads/more").mkdir(parents=True)
    for name, content in {
        "b.json": dumped(payload(name="B")),
        "a.jsonl": f"{dumped(payload(name='A1'))}\n{dumped(payload(name='A2'))}\n",
        "more/c.json": dumped([payload(name="C")]),
        ".d.json": "{",
        "notes.txt": "{",
    }.items():
        file(f"payloads/{name}", content)
    done = bulletins("import", "json", "payloads")
    assert done.code == 0
    assert [line.split()[-1] for line in done.out.splitlines() if " name: " in line] == ["A1", "A2", "B", "C"]
    assert done.err.startswith("4 bulletins written to standard output\n  accounts were left out, because the set")


def test_a_file_that_several_names_lead_to_is_read_once(bulletins: Bulletins) -> None:
    Path("p").mkdir()
    file("p/a.json", dumped(payload()))
    Path("p/b.json").symlink_to("a.json")
    done = bulletins("import", "json", "p", "p/a.json", "./p")
    assert done.code == 0
    assert "1 bulletin written" in done.err


def test_calls_without_a_scheme_are_those_of_the_account(bulletins: Bulletins, folder: Path) -> None:
    script = file("raise.sh", f"curl -d '{dumped(payload())}' in1.api.clevertap.com/1/targets/trigger.json\n")
    done = bulletins("import", "curl", script)
    assert done.code == 0
    assert "accounts: [india]" in done.out
    assert "which does not begin with https://; the account uses https" in done.err


@pytest.mark.parametrize(("cell", "code", "exit_code"), [("2E5", "rewritten", 0), ("2.34567E+05", "damaged", 3)])
def test_what_a_spreadsheet_has_rewritten_is_shown(bulletins: Bulletins, cell: str, code: str, exit_code: int) -> None:
    sheet = file("a.csv", f"name,event,c-by,program_id\nx,E,a@example.com,{cell}\n")
    done = bulletins("import", "csv", sheet)
    assert done.code == exit_code
    assert f"[cell-{code}]" in done.err


def test_problems_of_all_files_are_reported_and_nothing_is_written(bulletins: Bulletins) -> None:
    Path("p").mkdir()
    file("p/a.json", '{"name": NaN}')
    file("p/b.json", dumped(payload(when=1796130000000)))
    file("p/c.json", dumped(payload()))
    Path("p/d.json").write_bytes(b"\xff")
    done = bulletins("import", "json", "p", "--out", "new.yaml")
    assert (done.code, done.out) == (3, "")
    assert [line.split(": error")[0] for line in done.err.splitlines()[:3]] == ["p/a.json:1:10", "p/b.json:1:171",
                                                                                "p/d.json:1:1"]  # fmt: skip
    assert done.err.splitlines()[3:] == ["3 problems in 3 of 4 files", "nothing was written"]
    assert not Path("new.yaml").exists()


@pytest.mark.parametrize("form", ["csv", "json", "curl"])
def test_standard_input_is_read(bulletins: Bulletins, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"csv": SHOWS, "json": dumped(payload()), "curl": documented(dumped(payload()))}[form]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
    done = bulletins("import", form, "-")
    assert done.code == 0
    assert "bulletins:\n" in done.out


@pytest.mark.parametrize("form", ["csv", "xlsx", "json", "curl"])
def test_a_pointer_of_git_lfs_is_recognised(bulletins: Bulletins, form: str) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"
    done = bulletins("import", form, file("calendar", pointer))
    assert done.refused_with(ErrorCode.CANNOT_READ, "Git LFS", "git lfs pull", exit_code=2)


def test_a_file_that_is_there_is_never_replaced(bulletins: Bulletins) -> None:
    file("there.yaml", "mine")
    sheet = file("shows.csv", SHOWS)
    assert bulletins("import", "csv", sheet, "--out", "there.yaml").refused_with(ErrorCode.FILE_EXISTS, exit_code=2)
    assert Path("there.yaml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "code", "value", "exit_code"),
    [
        (["csv", "none.csv"], ErrorCode.CANNOT_READ, "none.csv", 2),
        (["csv", "."], ErrorCode.CANNOT_READ, ". can't be read", 2),
        (["json", "none"], ErrorCode.CANNOT_READ, "none", 2),
        (["json", "empty"], ErrorCode.NOTHING_TO_IMPORT, "empty", 2),
        (["curl", "/dev/null"], ErrorCode.CANNOT_READ, "/dev/null", 2),
        (["curl", "other.sh"], ErrorCode.NOTHING_TO_IMPORT, "", 2),
        (["csv", "shows.csv", "--path", "none"], ErrorCode.DEFINITIONS_UNREADABLE, "none", 2),
        (["csv", "shows.csv", "--out", "x.txt"], ErrorCode.BAD_FILE_NAME, "x.txt", 2),
        (["csv", "shows.csv", "--out", "shows.csv/x.yaml"], ErrorCode.CANNOT_WRITE, "shows.csv/x.yaml", 5),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_read_or_written_is_said(
    bulletins: Bulletins, arguments: list[str], code: ErrorCode, value: str, exit_code: int
) -> None:
    Path("empty").mkdir()
    file("shows.csv", SHOWS)
    file("other.sh", "echo 'no call'\n")
    done = bulletins("import", *arguments)
    assert done.refused_with(code, value, exit_code=exit_code)
    assert done.out == ""


def test_a_person_at_a_terminal_is_asked_what_comes_first_in_a_date(tmp_path: Path) -> None:
    pytest.importorskip("pty", reason="there are pseudo-terminals on POSIX only")
    from cli.terminal import on_terminal

    (tmp_path / "a.csv").write_text("name,event,c-by,at\nx,E,a@example.com,02/12/2036 9pm\n", encoding="utf-8")
    with on_terminal("import", "csv", "a.csv", "--timezone", "UTC", folder=tmp_path) as terminal:
        terminal.wait_for("2 December")
        terminal.wait_for("12 February")
        terminal.type("1\n")
        terminal.wait_for("at: 2036-12-02T21:00:00")
        assert terminal.leave("") == 0


def test_local_times_without_a_zone_are_one_problem_with_the_option(bulletins: Bulletins, folder: Path) -> None:
    rows = "".join(f"x{number},2036-12-0{number} 18:30\n" for number in range(1, 5))
    sheet = file("a.csv", f"name,at\n{rows}")
    arguments = ["import", "csv", sheet, "--account", "europe", "--event", "E", "--c-by", "a@example.com"]
    done = bulletins(*arguments)
    assert done.code == 3
    assert done.err.startswith("a.csv:1:6: error[bad-time]: ")
    assert "--timezone Asia/Kolkata" in done.err
    assert "timezone: Europe/Berlin" in bulletins(*arguments, "--timezone", "Europe/Berlin").out
    assert "timezone: Asia/Kolkata" in bulletins(*arguments[:4], "india", *arguments[5:]).out


@pytest.mark.parametrize(
    "options",
    [
        ["--column", "name"],
        ["--column", "=Title"],
        ["--column", "name="],
        ["--day-first", "--month-first"],
        ["--timezone", "IST/Kolkata"],
        ["--key", "id"],
    ],
    ids=str,
)
def test_options_that_cannot_be_meant_are_refused(bulletins: Bulletins, options: list[str]) -> None:
    done = bulletins("import", "csv", file("a.csv", "id,name,at\na,x,now\n"), *options)
    assert done.refused_with(ErrorCode.BAD_USAGE, options[-1] if options[0] == "--timezone" else "", exit_code=2)


@pytest.mark.parametrize("command", [[], ["csv"], ["xlsx"], ["json"], ["curl"]])
def test_every_form_has_help(bulletins: Bulletins, command: list[str]) -> None:
    done = bulletins("import", *command, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: {' '.join(['bulletins', 'import', *command])} ")
    assert max(map(len, done.out.splitlines())) <= 80


def test_what_to_type_then_names_the_set(bulletins: Bulletins, folder: Path) -> None:
    folder.rename(folder.parent / "my set")
    sheet = file("shows.csv", SHOWS)
    done = bulletins("import", "csv", sheet, "--account", "india", "--path", "my set", "--out", "my set/new.yaml")
    assert done.err.endswith("next: bulletins validate 'my set', then bulletins plan 'my set'\n")


def test_a_full_disk_is_reported_as_one(bulletins: Bulletins, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = bulletins("import", "csv", file("shows.csv", SHOWS), "--account", "india", "--out", "new.yaml")
    assert done.refused_with(ErrorCode.CANNOT_WRITE, "new.yaml", "No space left on device")
    assert not Path("new.yaml").exists()


@pytest.mark.parametrize(("keys", "code"), [("\x04", 3), ("\x03", 130)], ids=["ctrl-d", "ctrl-c"])
def test_somebody_at_a_terminal_is_reported_to_type(tmp_path: Path, keys: str, code: int) -> None:
    pytest.importorskip("pty", reason="there are pseudo-terminals on POSIX only")
    from cli.terminal import on_terminal

    with on_terminal("import", "json", "-", folder=tmp_path) as terminal:
        terminal.wait_for("type or paste the text here, then press Ctrl-D on a line of its own\n")
        assert terminal.leave(keys) == code
    assert "Traceback" not in terminal.text


def test_placeholders_in_payloads_are_refused_unless_they_are_meant(bulletins: Bulletins, folder: Path) -> None:
    meant = payload(name="Hello {{ Profile.name }}")
    file("payloads.json", dumped([meant, payload(name="Two")]))
    arguments = ("import", "json", "payloads.json", "--account", "india", "--out", "bulletins.d/imported.yaml")
    refused = bulletins(*arguments)
    assert refused.code == 3
    assert "error[unfilled-placeholder]" in refused.err
    assert "--literal-braces" in refused.err
    assert bulletins(*arguments, "--literal-braces").code == 0
    definitions = load([folder])
    assert definitions.found == ()
    assert [bulletin.payload() for bulletin in definitions.bulletins] == [meant, payload(name="Two")]
    assert [bulletin.literal_braces for bulletin in definitions.bulletins] == [True, False]


def test_imported_times_in_the_past_are_warnings(bulletins: Bulletins, folder: Path) -> None:
    old = SHOWS.replace("2036-12-01", "2020-12-01")
    done = bulletins("import", "csv", file("shows.csv", old), "--account", "india")
    assert done.code == 0
    assert done.err.count("warning[new-in-past]") == 1
    assert "warning[new-in-past]" not in bulletins("import", "csv", file("new.csv", SHOWS), "--account", "india").err


@pytest.mark.parametrize("column", [True, False])
def test_placeholders_of_a_recurring_row_are_literal_beside_the_occurrence(
    bulletins: Bulletins, folder: Path, column: bool
) -> None:
    rows = "name,event,c-by,cron,timezone,accounts,literal_braces\n"
    rows += (
        f"Hi {{{{ P.x }}}} {{{{occurrence.date}}}},E,a@example.com,30 18 * * FRI,UTC,india,{'true' if column else ''}\n"
    )
    rows += "Plain {{ occurrence.date }},E,a@example.com,30 18 * * FRI,UTC,india,\n"
    option = [] if column else ["--literal-braces"]
    done = bulletins("import", "csv", file("t.csv", rows), "--out", "bulletins.d/t.yaml", *option)
    assert done.code == 0, done.err
    definitions = load([folder])
    assert definitions.found == ()
    assert [bulletin.literal_braces for bulletin in definitions.bulletins] == [True, False]
    assert definitions.bulletins[0].name == "Hi {{ P.x }} {{ occurrence.date }}"
