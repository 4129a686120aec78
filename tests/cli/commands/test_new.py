"""`new`: questions on a terminal, options elsewhere; the entry is at the end of its file, all else as before."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Write

from cli.conftest import Bulletins
from runner import files
from runner.definitions.load import load
from runner.definitions.model import Bulletin
from runner.errors import ErrorCode

ACCOUNTS = """
accounts:
  india: {region: in1, account_id_env: A, passcode_env: B}
  europe: {region: eu1, account_id_env: C, passcode_env: D}
"""
EVENTS = """
business_events:
  Program Released:
    required: [program_id, language]
    properties:
      program_id: {pattern: '^[0-9]+$'}
      language: {enum: [Hindi, Tamil]}
      title: {}
  Flash Sale: {required: [sale_id]}
"""
SHOWS = """
# the shows
defaults: {c-by: a@example.com, accounts: [india], schedule: {grace: 2h}}
bulletins:
  - id: sa-re-ga-ma-9
    business_event: Program Released
    name: Sa Re Ga Ma 9  # the ninth
    properties: {program_id: "1", language: Hindi}

# the end
"""
WHOLE = [
    *("--event", "Program Released", "--property", "program_id=2", "--property", "language=Tamil"),
    *("--name", "Sa Re Ga Ma 10", "--id", "sa-re-ga-ma-10", "--at", "2036-12-01 18:30", "--yes"),
]
REST = ["--property", "title=x", "--file", "shows.yaml", "--c-by", "a@b.de", "--account", "india", "--grace", "1h"]
WITHOUT_ID = [*WHOLE[: WHOLE.index("--id")], *WHOLE[WHOLE.index("--id") + 2 :]]
ALL_BUT_YES = [*WHOLE[:-1], *REST]


@pytest.fixture
def shows(write: Write) -> Path:
    """A set of one file of bulletins, two accounts and a catalog."""
    return write({"accounts.yaml": ACCOUNTS, "events.yaml": EVENTS, "shows.yaml": SHOWS}) / "shows.yaml"


def bulletin(id: str) -> Bulletin:  # noqa: A002
    definitions = load(["bulletins.d"])
    assert definitions.problems == ()
    return next(bulletin for bulletin in definitions.bulletins if bulletin.id == id)


def test_options_say_all(bulletins: Bulletins, shows: Path) -> None:
    before = shows.read_text(encoding="utf-8")
    shows.chmod(0o640)
    done = bulletins("new", *WHOLE)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("appended sa-re-ga-ma-10 to bulletins.d/shows.yaml\n")
    entry = (
        "  - id: sa-re-ga-ma-10\n"
        "    business_event: Program Released\n"
        "    name: Sa Re Ga Ma 10\n"
        "    properties:\n"
        '      program_id: "2"\n'
        "      language: Tamil\n"
        "    schedule: {at: 2036-12-01T18:30:00, timezone: Asia/Kolkata}\n"
    )
    assert shows.read_text(encoding="utf-8") == before.replace("\n\n# the end", f"\n{entry}\n# the end")
    assert shows.stat().st_mode & 0o777 == 0o640
    assert bulletin("sa-re-ga-ma-10").c_by == "a@example.com"
    assert sorted(os.listdir(shows.parent)) == ["accounts.yaml", "events.yaml", "shows.yaml"]


@pytest.mark.parametrize(
    ("left_out", "named"),
    [
        ("--event", "--event"),
        ("--name", "--name"),
        ("--at", "one of --at, --cron or --at-once"),
        ("--property", "--property program_id=…"),
        ("--yes", "--yes"),
    ],
)
def test_what_is_missing_is_named(bulletins: Bulletins, shows: Path, left_out: str, named: str) -> None:
    before = shows.read_bytes()
    place = WHOLE.index(left_out)
    arguments = WHOLE[:place] + WHOLE[place + (1 if left_out == "--yes" else 2) :]
    done = bulletins("new", *arguments)
    assert done.refused_with(ErrorCode.BAD_USAGE, named, exit_code=2)
    assert shows.read_bytes() == before


def test_all_that_is_missing_is_named_at_once(bulletins: Bulletins, shows: Path, write: Write) -> None:
    said = "and there is no terminal to ask on"
    one_file = "--event, --name, one of --at, --cron or --at-once and --yes are missing"
    assert bulletins("new").refused_with(ErrorCode.BAD_USAGE, one_file, said, exit_code=2)
    of_event = "--property program_id=…, --property language=…, --name and one of --at, --cron or --at-once are"
    assert bulletins("new", "--event", "Program Released", "--yes").refused_with(
        ErrorCode.BAD_USAGE, of_event, exit_code=2
    )
    write(
        {"more.yaml": "defaults: {schedule: {at: 2036-12-01T18:30:00Z}}\nbulletins:\n", "well.yaml": "bulletins: [\n"}
    )
    two_files = "--file, --event, --name and --yes are missing"  # any of the files may say the rest
    assert bulletins("new").refused_with(ErrorCode.BAD_USAGE, two_files, said, exit_code=2)
    new_file = "--event, --name, --c-by, --account, one of --at, --cron or --at-once and --yes are missing"
    assert bulletins("new", "--file", "x.yaml").refused_with(ErrorCode.BAD_USAGE, new_file, said, exit_code=2)


@pytest.mark.parametrize("arguments", [[], WHOLE])
def test_without_an_account_nothing_is_asked(bulletins: Bulletins, write: Write, arguments: list[str]) -> None:
    folder = write({"a.yaml": "bulletins: []\n"})
    message = "the set defines no account to which a bulletin could be sent; nothing was written"
    done = bulletins("new", *arguments)
    assert done.refused_with(ErrorCode.NO_ACCOUNTS, message, "bulletins.d/accounts.yaml")
    write({"accounts.yaml": done.err.partition("the line: ")[2]})
    assert bulletins("validate").out == "0 bulletins in 2 files are valid\n"
    write({"accounts.yaml": "accounts: {india: {region: in2}}\n"})
    done = bulletins("new", *arguments)
    assert done.refused_with(ErrorCode.NO_ACCOUNTS, message)
    folder.rename(folder.parent / "my set")
    assert "help: Fix what bulletins validate 'my set' shows, or" in bulletins("new", "my set").err


def test_what_to_type_then_can_be_pasted(bulletins: Bulletins, shows: Path, tmp_path: Path) -> None:
    shows.parent.rename(tmp_path / "my set")
    done = bulletins("new", "my set", *WHOLE)
    assert done.out.splitlines()[1] == "see when it will be sent: bulletins plan 'my set' --id sa-re-ga-ma-10"


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        (["--event", "Program Relased"], "--event"),
        (["--id", "sa-re-ga-ma-9"], "--id"),
        (["--id", "A"], "--id"),
        (["--name", ""], "--name"),
        (["--name", "{{ row.show }}"], "--name"),
        (["--property", "language=hindi"], "--property language"),
        (["--property", "langauge=Hindi"], "--property langauge"),
        (["--property", "language"], "--property"),
        (["--at", "2036-12-01"], "--at"),
        (["--at", "2036-13-01 18:30"], "--at"),
        (["--at", ""], "--at"),
        (["--at", "2020-12-01T18:30:00Z"], "--at"),
        (["--grace", "x"], "--grace"),
        (["--account", "inda"], "--account"),
        (["--timezone", "Asia/Kolkatta"], "--timezone"),
        (["--cron", "30 18 * * FRI"], "--cron"),
        (["--tag", "#"], "--tag"),
        (["--event", "\udcff"], "--event"),
        (["--name", "a\udcff"], "--name"),
        (["--property", "title=\udcff"], "UTF-8"),
        (["--property", "\udcff=x"], "UTF-8"),
        (["--c-by", "a"], "--c-by"),
        (["--file", "shows.txt"], "--file"),
        (["--file", ".shows.yaml"], "--file"),
        (["--file", "../shows.yaml"], "--file"),
    ],
)
def test_a_wrong_option_is_reported(bulletins: Bulletins, shows: Path, changed: list[str], value: str) -> None:
    before = shows.read_bytes()
    assert bulletins("new", *WHOLE, *changed).refused_with(ErrorCode.BAD_USAGE, value, "--help", exit_code=2)
    assert shows.read_bytes() == before


def test_the_proposed_id_is_taken_and_said(bulletins: Bulletins, shows: Path) -> None:
    done = bulletins("new", *WITHOUT_ID)
    assert done.code == 0
    assert done.err == "--id was not given, and the proposed id was taken: sa-re-ga-ma-10\n"
    assert done.out.startswith("appended sa-re-ga-ma-10 to bulletins.d/shows.yaml\n")
    assert bulletin("sa-re-ga-ma-10").name == "Sa Re Ga Ma 10"


def test_a_proposed_id_that_is_used_is_not_taken(bulletins: Bulletins, shows: Path) -> None:
    """A script that runs twice would add the same once more, under an id that was never sent."""
    assert bulletins("new", *WITHOUT_ID).code == 0
    before = shows.read_bytes()
    done = bulletins("new", *WITHOUT_ID)
    assert done.refused_with(ErrorCode.BAD_USAGE, "--id", "'sa-re-ga-ma-10'", "sa-re-ga-ma-10-2", exit_code=2)
    assert shows.read_bytes() == before


def test_a_recurring_one(bulletins: Bulletins, shows: Path) -> None:
    arguments = [*WHOLE, "--cron", "30 18 * * FRI", "--account", "europe", "--name", "Friday {{ occurrence.date }}"]
    del arguments[arguments.index("--at") : arguments.index("--at") + 2]
    assert bulletins("new", *arguments).code == 0
    assert '    schedule: {cron: "30 18 * * FRI", timezone: UTC}\n' in shows.read_text(encoding="utf-8")
    assert bulletin("sa-re-ga-ma-10").accounts == ("europe",)


def test_a_new_file(bulletins: Bulletins, shows: Path) -> None:
    (shows.parent / ".schemas").mkdir()
    (shows.parent / ".schemas" / "bulletins.schema.json").write_text("{}", encoding="utf-8")
    more = ["--file", "2036/december.yaml", "--c-by", "b@example.com", "--account", "india", "--tag", "music"]
    done = bulletins("new", *WHOLE, *more)
    assert (done.code, done.err) == (0, "")
    text = (shows.parent / "2036" / "december.yaml").read_text(encoding="utf-8")
    assert text.startswith(
        "# yaml-language-server: $schema=../.schemas/bulletins.schema.json\n\nbulletins:\n  - id: sa-re-ga-ma-10\n"
    )
    assert bulletin("sa-re-ga-ma-10").tags == ("music",)


def test_a_new_problem_of_the_set_stops_it(bulletins: Bulletins, shows: Path) -> None:
    before = shows.read_bytes()
    arguments = [*WHOLE, "--name", "Sa Re Ga Ma 9", "--property", "program_id=1", "--property", "language=Hindi"]
    arguments[arguments.index("--at") : arguments.index("--at") + 2] = ["--at-once"]
    done = bulletins("new", *arguments)
    assert done.refused_with(ErrorCode.NEW_BULLETIN_HAS_PROBLEM, exit_code=3)
    assert "bulletins.d/shows.yaml:8:5: error[duplicate-payload]: " in done.err
    assert shows.read_bytes() == before


def test_a_problem_that_the_set_has_is_not_in_the_way(bulletins: Bulletins, shows: Path, write: Write) -> None:
    write({"broken.yaml": "bulletins:\n  - id: A\n"})
    done = bulletins("new", *WHOLE, "--file", "shows.yaml")
    assert (done.code, done.err.count("\n")) == (0, 1)
    assert re.fullmatch(r"the set already has \d problems \(bulletins validate shows them\)\n", done.err)


@pytest.mark.parametrize(
    ("text", "code", "exit_code"),
    [
        ("bulletins: [", ErrorCode.FILE_HAS_PROBLEMS, 3),
        ("defaults: {schedule: 5}\nbulletins: []\n", ErrorCode.FILE_HAS_PROBLEMS, 3),
        ("accounts: {}\n", ErrorCode.NO_BULLETINS_IN_FILE, 5),
    ],
)
def test_a_file_that_is_not_well_is_left_alone(
    bulletins: Bulletins, shows: Path, text: str, code: ErrorCode, exit_code: int
) -> None:
    shows.write_text(text, encoding="utf-8")
    done = bulletins("new", *WHOLE, "--file", "shows.yaml")
    assert done.refused_with(code, "bulletins.d/shows.yaml", "--file", exit_code=exit_code)
    assert shows.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("nothing", ["", " null", " ~", " []"])
def test_a_list_that_is_not_begun(bulletins: Bulletins, shows: Path, nothing: str) -> None:
    shows.write_text(f"defaults: {{c-by: a@b.de, accounts: [india]}}\nbulletins:{nothing}\n", encoding="utf-8")
    assert bulletins("new", *WHOLE).code == 0
    assert bulletin("sa-re-ga-ma-10").accounts == ("india",)


@pytest.mark.parametrize(("more", "option"), [(["--at-once"], "--at-once"), (["--cron", "30 18 * * FRI"], "--cron")])
def test_what_the_defaults_say_cannot_be_undone(
    bulletins: Bulletins, shows: Path, more: list[str], option: str
) -> None:
    at = "at: 2036-12-01T18:30:00+05:30"
    shows.write_text(SHOWS.replace("grace: 2h", at).replace("language: Hindi", "language: Tamil"), encoding="utf-8")
    place = WHOLE.index("--at")
    without = WHOLE[:place] + WHOLE[place + 2 :]
    assert bulletins("new", *without, *more).refused_with(ErrorCode.BAD_USAGE, option, "--file", exit_code=2)
    assert bulletins("new", *without, "--grace", "3h").code == 0
    assert "    schedule: {grace: 3h}\n" in shows.read_text(encoding="utf-8")


@pytest.mark.parametrize("option", [["--grace", "1h"], ["--timezone", "UTC"]])
def test_what_goes_with_a_time_alone(bulletins: Bulletins, shows: Path, option: list[str]) -> None:
    place = WHOLE.index("--at")
    done = bulletins("new", *WHOLE[:place], *WHOLE[place + 2 :], "--at-once", *option)
    assert done.refused_with(ErrorCode.BAD_USAGE, "--at", "--cron", option[0], exit_code=2)


def test_a_list_in_brackets_is_left_alone(bulletins: Bulletins, shows: Path) -> None:
    shows.write_text("defaults: {c-by: a@b.de, accounts: [india]}\nbulletins: [{id: a}]\n", encoding="utf-8")
    assert bulletins("new", *WHOLE).refused_with(ErrorCode.CANNOT_APPEND, "bulletins.d/shows.yaml")


def test_nothing_is_written_through_a_link(bulletins: Bulletins, shows: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text("bulletins: []\n", encoding="utf-8")
    (shows.parent / "link.yaml").symlink_to("../elsewhere.yaml")
    done = bulletins("new", *WHOLE, "--file", "link.yaml")
    message = "bulletins.d/link.yaml is a link to ../elsewhere.yaml, and nothing is written through links"
    assert done.refused_with(ErrorCode.BAD_USAGE, message, exit_code=2)
    (shows.parent / "deep").symlink_to(tmp_path)
    done = bulletins("new", *WHOLE, "--file", "deep/elsewhere.yaml")
    assert done.refused_with(ErrorCode.BAD_USAGE, "bulletins.d/deep/elsewhere.yaml", exit_code=2)
    assert (tmp_path / "elsewhere.yaml").read_text(encoding="utf-8") == "bulletins: []\n"


@pytest.mark.parametrize("path", [".", "../bulletins.d", "shows.yaml"])
def test_a_set_from_within(bulletins: Bulletins, shows: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.chdir(shows.parent)
    more = ["--file", "shows.yaml"] if path != "shows.yaml" else []
    done = bulletins("new", path, *WHOLE, *more)
    assert (done.code, done.out.count("appended")) == (0, 1)
    assert shows.read_text(encoding="utf-8").count("- id: ") == 2


def test_without_a_set(bulletins: Bulletins) -> None:
    done = bulletins("new")
    assert done.refused_with(ErrorCode.DEFINITIONS_UNREADABLE, exit_code=2)


def test_a_file_that_changes_meanwhile_is_left_alone(
    bulletins: Bulletins, shows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runner.cli.terminal import prompts

    def confirm(question: str, *, undone: str, enter_is_yes: bool, ask: object) -> None:
        shows.write_text("bulletins: []\n", encoding="utf-8")

    monkeypatch.setattr(prompts, "require_yes", confirm)
    monkeypatch.setattr("sys.stdin", Terminal())
    done = bulletins("new", *ALL_BUT_YES)
    assert done.refused_with(ErrorCode.FILE_CHANGED, "bulletins.d/shows.yaml")
    assert shows.read_text(encoding="utf-8") == "bulletins: []\n"


def test_while_it_writes_no_other_one_does(bulletins: Bulletins, shows: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl", reason="this system has no such locks")
    rewrite = files.rewrite

    def watched(path: Path, data: bytes) -> None:
        folder = os.open(shows.parent, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(folder)
        rewrite(path, data)

    monkeypatch.setattr(files, "rewrite", watched)
    assert bulletins("new", *WHOLE).code == 0
    assert bulletin("sa-re-ga-ma-10")


def test_of_several_at_once_none_is_lost_that_was_said_to_be_there(shows: Path) -> None:
    command = [sys.executable, "-m", "runner", "new", *WHOLE, "--name"]
    running = {
        f"n-{n}": subprocess.Popen(
            [*command, f"N {n}", "--id", f"n-{n}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for n in range(4)
    }
    said = {name for name, process in running.items() if b"appended" in process.communicate()[0]}
    there = {each.id for each in load(["bulletins.d"]).bulletins} - {"sa-re-ga-ma-9"}
    assert there == said
    assert said


class Terminal:
    """Standard input that says it is one, and from which nothing comes."""

    def isatty(self) -> bool:
        return True


Answers = Callable[..., tuple[int, str]]


@pytest.fixture
def answers(shows: Path, tmp_path: Path) -> Answers:
    """Types an answer at each question, in order, and returns the exit code and all that the terminal showed."""
    pytest.importorskip("pty", reason="there are pseudo-terminals on POSIX only")
    from cli.terminal import on_terminal

    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "config", "user.email", "me@example.com"], check=True)

    def type_answers(*steps: tuple[str, str]) -> tuple[int, str]:
        with on_terminal("new", folder=tmp_path, environment={"TERM": "dumb"}) as terminal:
            for question, keys in steps:
                terminal.wait_for(question)
                terminal.type(keys)
            return terminal.wait(), terminal.text

    return type_answers


def test_every_question(answers: Answers, shows: Path) -> None:
    before = shows.read_text(encoding="utf-8")
    code, text = answers(
        ("1 to 2 [bulletins.d/shows.yaml]: ", "\n"),
        ("2  Flash Sale\n1 to 2: ", "Program Relased\n"),
        ("use Program Released? Enter takes it.\n1 to 2 [Program Released]: ", "1\n"),
        ("\nprogram_id: ", "\n"),
        ("an answer is needed here.\nprogram_id: ", "x\n"),
        ("which the catalog does not allow.", "10\n"),
        ("2  Tamil\n1 to 2: ", "3\n"),
        ("Type the number in front of your choice.\n1 to 2: ", "2\n"),
        ("title (may be left out): ", "\n"),
        ("name, as the activity log shows it [Sa Re Ga Ma 10]: ", "\n"),
        ("id, unique in the whole set [sa-re-ga-ma-10]: ", "sa-re-ga-ma-9\n"),
        ("such as sa-re-ga-ma-10.\n  use sa-re-ga-ma-9-2? Enter takes it.\nid, unique", "sa-re-ga-ma-10\n"),
        ("(c-by) [a@example.com]: ", "a\n"),
        ("Write it like releases@example.com.\ne-mail", "\n"),
        ("2  europe\n1 to 2 [india]: ", "1, 3\n"),
        ("not in the list. Type the number in front of your choice.\n1 to 2 [india]: ", "1, 2\n"),
        ("3  again and again (cron)\n1 to 3: ", "2\n"),
        ("in Asia/Kolkata, like 2026-12-01 18:30: ", "2020-01-01 10:00\n"),
        ("'2020-01-01 10:00' is in the past: it is 20", "soon\n"),
        ("'soon' is not a date with a time. Write it like 2026-12-01 18:30, or with an offset", "2036-01-01 10:00\n"),
        ("grace: how late it may still be sent [2h]: ", "soon\n"),
        ("is not a duration. Write it like 30m, 2h or 1d12h.\n", "30 min\n"),
        ("Write 30m.\n  use 30m? Enter takes it.\n", "\n"),
        ("Append this to bulletins.d/shows.yaml? [Y/n]: ", "2h\n"),
        ("  '2h' is neither yes nor no: answer y or n.\nAppend this to bulletins.d/shows.yaml? [Y/n]: ", "\n"),
    )
    assert code == 0, text
    entry = (
        "  - id: sa-re-ga-ma-10\n"
        "    business_event: Program Released\n"
        "    name: Sa Re Ga Ma 10\n"
        "    properties:\n"
        '      program_id: "10"\n'
        "      language: Tamil\n"
        "    accounts: [india, europe]\n"
        "    schedule: {at: 2036-01-01T10:00:00, timezone: Asia/Kolkata, grace: 30m}\n"
    )
    assert entry in text
    assert shows.read_text(encoding="utf-8") == before.replace("\n\n# the end", f"\n{entry}\n# the end")


@pytest.mark.parametrize("columns", [100, 40])
def test_a_line_can_be_edited_and_a_question_answered_again(shows: Path, tmp_path: Path, columns: int) -> None:
    pytest.importorskip("pty", reason="there are pseudo-terminals on POSIX only")
    from cli.terminal import on_terminal

    left, up, back = "\x1b[D", "\x1b[A", "\x1b[Z"
    with on_terminal("new", "--file", "shows.yaml", folder=tmp_path, columns=columns) as terminal:
        for question, keys in (
            ("Flash Sale\n", "Program Relased\n"),
            ("use Program", "\n"),  # the proposal is taken
            ("program_id:", f"13{left}2\n"),  # 123
            ("Tamil\n", f"{back}"),
            ("program_id: 123", "4\n"),  # 1234
            ("2  Tamil", "2\n"),
            ("title", "<\n"),
            ("1 to 2: 2", "\x7f1\n"),
            ("title", "\n"),
            ("name, as", "\n"),
            ("id, unique", "Tonight 1\n"),
            ("use tonight-1?", "\n"),
            ("c-by", f"{up}\n"),
            ("europe", "1\n"),
            ("cron)", "3\n"),
            ("30 18", "0 9 * * FRI\n"),
            (": next ", "2 hours\n"),
            ("use 2h?", "\n"),
            ("Append", "\n"),
        ):
            terminal.wait_for(question)
            terminal.type(keys)
        assert terminal.wait() == 0, terminal.text
    made = bulletin("tonight-1")
    assert made.properties == {"program_id": "1234", "language": "Hindi"}
    assert made.c_by == "a@example.com"


def test_several_lines_that_are_pasted_are_one_line(shows: Path, tmp_path: Path) -> None:
    pytest.importorskip("pty", reason="there are pseudo-terminals on POSIX only")
    from cli.terminal import on_terminal

    without_name = [
        each for each in ALL_BUT_YES if each not in ("--name", ALL_BUT_YES[ALL_BUT_YES.index("--name") + 1])
    ]
    with on_terminal("new", *without_name, folder=tmp_path) as terminal:
        terminal.wait_for("name, as")
        terminal.type("\x1b[200~first \r\n second\rthird\n\x1b[201~\n")
        terminal.wait_for("Append")
        terminal.type("\n")
        assert terminal.wait() == 0, terminal.text
    assert [each.name for each in load(["bulletins.d"]).bulletins][-1] == "first second third"


@pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")
@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_a_signal_at_a_question_writes_nothing(shows: Path, tmp_path: Path, term: str) -> None:
    from cli.terminal import on_terminal

    before = shows.read_bytes()
    with on_terminal("new", folder=tmp_path, environment={"TERM": term}) as terminal:
        terminal.wait_for("1 to 2 [")
        assert terminal.signal(signal.SIGTERM) in (130, 143)
    assert shows.read_bytes() == before


def test_a_new_file_and_the_address_that_git_knows(answers: Answers, shows: Path) -> None:
    code, text = answers(
        ("1 to 2 [bulletins.d/shows.yaml]: ", "2\n"),
        ("name of the new file, in bulletins.d [", "sale.yaml\n"),
        ("1 to 2: ", "2\n"),
        ("sale_id: ", "S1\n"),
        ("another property, as name=value (Enter: none): ", "discount\n"),
        ("'discount' is not written like name=value. Press Enter alone to go on.", "discount=20%\n"),
        ("or nothing: another property, as name=value (Enter: none): ".removeprefix("or nothing: "), "\n"),
        ("name, as the activity log shows it [Flash Sale]: ", "छूट\n"),
        ("id, unique in the whole set [flash-sale]: ", "\n"),
        ("(c-by) [me@example.com]: ", "\n"),
        ("1 to 2: ", "india\n"),
        ("1 to 3: ", "1\n"),
        ("Append this to the new file bulletins.d/sale.yaml? [Y/n]: ", "y\n"),
    )
    assert code == 0, text
    made = bulletin("flash-sale")
    assert (made.name, made.c_by, made.schedule) == ("छूट", "me@example.com", None)
    assert made.properties == {"sale_id": "S1", "discount": "20%"}


def test_values_of_which_one_is_empty(answers: Answers, shows: Path) -> None:
    (shows.parent / "events.yaml").write_text(
        "business_events:\n  Program Released: {}\n"
        "  Sale: {required: [slot], properties: {slot: {enum: ['', late]}, kind: {enum: ['', a]}}}\n",
        encoding="utf-8",
    )
    code, text = answers(
        ("1 to 2 [", "2\n"),
        ("name of the new file", "sale.yaml\n"),
        ("2  Sale\n1 to 2: ", "2\n"),
        ("slot:\n  1  (empty)\n  2  late\n1 to 2: ", "\n"),
        ("nothing was chosen. Type the number in front of your choice.\n1 to 2: ", "1\n"),
        ("kind (may be left out):\n  1  (empty)\n  2  a\n  3  left out\n1 to 3 [left out]: ", "\n"),
        ("name, as", "\n"),
        ("id, unique", "\n"),
        ("(c-by)", "\n"),
        ("2  europe\n1 to 2: ", "1\n"),
        ("1 to 3: ", "1\n"),
        ("[Y/n]: ", "\n"),
    )
    assert code == 0, text
    assert bulletin("sale").properties == {"slot": ""}


@pytest.mark.parametrize("keys", ["\x03", "\x04"], ids=["ctrl-c", "ctrl-d"])
@pytest.mark.parametrize("term", ["xterm", "dumb"])
def test_leaving_writes_nothing(shows: Path, tmp_path: Path, keys: str, term: str) -> None:
    pytest.importorskip("pty", reason="there are pseudo-terminals on POSIX only")
    from cli.terminal import on_terminal

    before = shows.read_bytes()
    for question, arguments in (
        ("1 to 2 [", []),
        ("Append this", ALL_BUT_YES),
    ):
        with on_terminal("new", *arguments, folder=tmp_path, environment={"TERM": term}) as terminal:
            terminal.wait_for(question)
            assert terminal.leave(keys) == 130
        assert " [question-interrupted]\n" in terminal.text
        assert shows.read_bytes() == before


@pytest.mark.parametrize(
    ("cron", "meaning", "warned"),
    [("30 18 * * FRI", "At 18:30 on Friday: next Fri ", False), ("*/40 * * * *", "its times: next ", True)],
)
def test_the_next_times_of_a_cron_are_shown(
    bulletins: Bulletins, shows: Path, cron: str, meaning: str, warned: bool
) -> None:
    place = WHOLE.index("--at")
    done = bulletins("new", *WHOLE[:place], *WHOLE[place + 2 :], *REST, "--cron", cron)
    assert done.code == 0, done.err
    assert meaning in done.out
    assert ("warning[surprising-cron]" in done.err) is warned


@pytest.mark.parametrize(("more", "zone"), [([], "Asia/Kolkata"), (["--timezone", "Europe/Paris"], "Europe/Paris")])
def test_the_question_for_cron_says_by_which_clocks(shows: Path, tmp_path: Path, more: list[str], zone: str) -> None:
    pytest.importorskip("pty", reason="there are pseudo-terminals on POSIX only")
    from cli.terminal import on_terminal

    place = WHOLE.index("--at")
    arguments = [*WHOLE[:place], *WHOLE[place + 2 :], *REST, *more]
    with on_terminal("new", *arguments, folder=tmp_path, columns=200) as terminal:
        terminal.wait_for("1 to 3:")
        terminal.type("3\n")
        terminal.wait_for(f"cron (by the clocks of {zone}): minute, hour, day of month, month, day of week, like ")
        terminal.type("30 18 * * FRI\n")
        assert terminal.wait() == 0, terminal.text
    schedule = f'    schedule: {{cron: "30 18 * * FRI", timezone: {zone}, grace: 1h}}\n'
    assert schedule in shows.read_text(encoding="utf-8")


def test_no_writes_nothing(shows: Path, tmp_path: Path) -> None:
    pytest.importorskip("pty", reason="there are pseudo-terminals on POSIX only")
    from cli.terminal import on_terminal

    before = shows.read_bytes()
    with on_terminal("new", *ALL_BUT_YES, folder=tmp_path) as terminal:
        terminal.wait_for("[Y/n]:")
        terminal.type("n\n")
        assert terminal.wait() == 5
    assert " [not-confirmed]\n" in terminal.text
    assert shows.read_bytes() == before
