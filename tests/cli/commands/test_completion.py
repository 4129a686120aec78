"""What the shells offer: values of the set, quickly and without a word about faults; in the shells themselves."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from conftest import Write
from importers.workbooks import workbook
from torture.processes import Zygote

from cli.conftest import Bulletins
from runner.errors import ErrorCode

PATIENCE_S = 120.0
ACCOUNTS = """
accounts:
  india: {region: in1, account_id_env: A, passcode_env: B}
  europe: {region: eu1, account_id_env: C, passcode_env: D}
"""
EVENTS = """
business_events:
  Program Released: {}
  Program Ended: {}
  Sale: {}
"""
BULLETINS = """
defaults: {business_event: Program Released, c-by: a@example.com, accounts: [india], properties: {}}
bulletins:
  - {id: sa-re-ga-ma-1, name: "One: the first", tags: [music, hindi]}
  - {id: sa-re-ga-ma-2, name: Two, tags: [music]}
  - {id: isai-1, name: Three}
"""
Offered = Callable[..., list[str]]


@pytest.fixture
def small(write: Write) -> Path:
    """Three bulletins, two accounts, three events."""
    return write({"accounts.yaml": ACCOUNTS, "events.yaml": EVENTS, "music.yaml": BULLETINS})


@pytest.fixture
def offered(bulletins: Bulletins, monkeypatch: pytest.MonkeyPatch) -> Offered:
    """Asks as a shell does."""
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # it is turned away, and is put back after the test

    def ask(*words: str) -> list[str]:
        for name, value in question(words).items():
            monkeypatch.setenv(name, value)
        done = bulletins()
        assert (done.code, done.err) == (0, "")
        return values_in(done.out)

    return ask


def question(words: Sequence[str]) -> dict[str, str]:
    return {
        "_BULLETINS_COMPLETE": "fish_complete",
        "COMP_WORDS": "\n".join(["bulletins", *words]),
        "COMP_CWORD": words[-1],
    }


def values_in(out: str) -> list[str]:
    return [line.partition(",")[2].partition("\t")[0] for line in out.splitlines() if line.startswith("plain,")]


@pytest.mark.parametrize("words", [("plan", "--against", ""), ("fire", "--changed-since", "")], ids=" ".join)
def test_branches_and_tags_are_offered(offered: Offered, small: Path, words: tuple[str, ...]) -> None:
    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-C", small.parent, "-c", "user.email=a@b.de", "-c", "user.name=A", *arguments], check=True
        )

    git("init", "--quiet", "--initial-branch", "main")
    git("add", ".")
    git("commit", "--quiet", "--message", "The first shows")
    git("tag", "v1")
    git("branch", "diwali")
    assert set(offered(*words)) == {"HEAD", "main", "v1", "diwali"}


def test_without_a_repository_no_ref_is_offered(offered: Offered, small: Path) -> None:
    assert set(offered("plan", "--against", "")) <= {"HEAD"}


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["plan", "--id", ""], ["sa-re-ga-ma-1", "sa-re-ga-ma-2", "isai-1"]),
        (["plan", "--id", "sa"], ["sa-re-ga-ma-1", "sa-re-ga-ma-2"]),
        (["fire", "--exclude-id", "i"], ["isai-1"]),
        (["fire", "--tag", ""], ["hindi", "music"]),
        (["plan", "--event", "Pro"], ["Program Released", "Program Ended"]),
        (["plan", "--account", ""], ["india", "europe"]),
        (["plan", "--file", "bulletins.d/m"], ["bulletins.d/music.yaml"]),
        (["status", "isai"], ["isai-1"]),
        (["resolve", "isai-1", "sa"], ["sa-re-ga-ma-1", "sa-re-ga-ma-2"]),
        (["new", "--event", "S"], ["Sale"]),
        (["import", "csv", "shows.csv", "--event", "S"], ["Sale"]),
        (["import", "curl", "--account", "eu"], ["europe"]),
        (["explain", "yaml-d"], ["yaml-documents", "yaml-duplicate-key", "yaml-depth"]),
        (["schema", "bu"], ["business_events", "bulletins"]),
        (["va"], ["validate"]),
    ],
    ids=str,
)
def test_values_of_the_set(small: Path, offered: Offered, words: list[str], values: list[str]) -> None:
    assert sorted(offered(*words)) == sorted(values)


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["csv", "t.csv", "--key", ""], ["Title", "Air date"]),
        (["csv", "t.csv", "--ignore-column", "A"], ["Air date"]),
        (["csv", "t.csv", "--column", "na"], ["name=Title", "name=Air date"]),
        (["csv", "t.csv", "--column", "name=T"], ["name=Title"]),
        (["csv", "t.csv", "--column", "properties.x="], ["properties.x=Title", "properties.x=Air date"]),
        (["csv", "t.csv", "--column", "a"], ["accounts=", "allow_duplicate=", "at="]),
        (["csv", "none.csv", "--key", ""], []),
        (["csv", "t.csv", "--timezone", "Asia/Kolk"], ["Asia/Kolkata"]),
        (["xlsx", "t.xlsx", "--sheet", ""], ["December", "Old news"]),
        (["xlsx", "t.xlsx", "--sheet", "December", "--key", ""], ["name", "code"]),
        (["xlsx", "t.csv", "--sheet", ""], []),
    ],
    ids=str,
)
def test_values_of_a_table_that_is_imported(offered: Offered, words: list[str], values: list[str]) -> None:
    Path("t.csv").write_text("Title,Air date\nx,y\n", encoding="utf-8")
    Path("t.xlsx").write_bytes(workbook({"December": [["December"], ["name", "code"]], "Old news": [["a"]]}))
    assert offered("import", *words) == values


def test_a_path_that_was_typed_counts(small: Path, offered: Offered) -> None:
    small.rename(small.parent / "other.d")
    assert offered("plan", "--id", "isai") == []
    assert offered("plan", "other.d", "--id", "isai") == ["isai-1"]
    assert offered("status", "--path", "other.d", "isai") == ["isai-1"]


def test_expanded_ids(small: Path, write: Write, offered: Offered) -> None:
    write(
        {
            "many.yaml": """
            defaults: {business_event: Sale, c-by: a@example.com, accounts: [india], properties: {}}
            bulletins:
              - {for_each: {csv: shows.csv}, id: "show-{{ row.n }}", name: "{{ row.n }}"}
            """,
            "shows.csv": "n\n7\n8\n",
        }
    )
    assert offered("plan", "--id", "show") == ["show-7", "show-8"]


def test_runs_that_left_a_report(small: Path, tmp_path: Path, offered: Offered) -> None:
    folder = tmp_path / ".bulletins" / "reports"
    folder.mkdir(parents=True)
    for run in ("01A", "01B", "idle"):
        (folder / f"{run}.json").write_text("{}", encoding="utf-8")
    assert offered("report", "01") == ["01B", "01A"]
    assert "idle" not in offered("report", "")


@pytest.mark.parametrize("text", ["bulletins: [", "\x00", "bulletins:\n  - {id: a, id: b}\n", "accounts: {india: 1}"])
def test_what_is_well_of_a_faulty_set_is_offered(small: Path, write: Write, offered: Offered, text: str) -> None:
    write({"faulty.yaml": text})
    assert offered("plan", "--id", "isai") == ["isai-1"]
    assert offered("plan", "--tag", "h") == ["hindi"]


@pytest.mark.parametrize(
    "words", [["plan", "--id", ""], ["plan", "nowhere", "--tag", ""], ["plna", "--id", ""], ["plan", "--nonsense", "x"]]
)
def test_no_fault_comes_between_the_words(write: Write, tmp_path: Path, zygote: Zygote, words: list[str]) -> None:
    write({"faulty.yaml": "bulletins: ["})
    done = zygote.run(tmp_path, {**os.environ, **question(words)}, [])
    assert (values_in(done.out), done.err) == ([], "")


def test_a_large_set_is_not_loaded(small: Path, write: Write, offered: Offered) -> None:
    head = "defaults: {business_event: Sale, c-by: a@example.com, accounts: [india], properties: {}}\nbulletins:\n"
    entries = "".join(
        f'  - id: "large-{n}"\n    name: "{"x" * 200}"\n  - {{id: flow-{n}, name: a}}\n' for n in range(9000)
    )
    write({"large.yaml": head + entries + '  - id: "many-{{ row.n }}"\n'})
    assert offered("plan", "--id", "large-8999") == ["large-8999"]
    assert offered("plan", "--id", "flow-8999") == ["flow-8999"]
    assert offered("plan", "--id", "isai") == ["isai-1"]
    assert offered("plan", "--id", "many") == []
    assert offered("plan", "--account", "") == ["india", "europe"]
    assert offered("plan", "--event", "S") == ["Sale"]
    write({"deep/shows.csv": "n\n", ".hidden/shows.csv": "n\n", "deep/.shows.csv": "n\n"})
    assert offered("plan", "--file", "bulletins.d/d") == ["bulletins.d/deep/shows.csv"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(bulletins: Bulletins, shell: str) -> None:
    done = bulletins("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert f"_BULLETINS_COMPLETE={shell}_complete" in done.out


def test_a_shell_that_is_not_known(bulletins: Bulletins) -> None:
    assert bulletins("completion", "tcsh").refused_with(ErrorCode.BAD_USAGE, "'tcsh'", "--help", exit_code=2)


# What follows asks the shells themselves.


@pytest.fixture
def shell_environment(tmp_path: Path, small: Path, zygote: Zygote) -> dict[str, str]:
    """An environment in which `bulletins` is this program, and nobody's own settings count."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "bulletins"
    program.write_text(zygote.client, encoding="utf-8")
    program.chmod(0o755)
    return {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
    }


def the_shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        if os.environ.get("BULLETINS_TEST_SERVICES") == "required":
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return found


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["bulletins", "plan", "--id", "sa"], ["sa-re-ga-ma-1", "sa-re-ga-ma-2"]),
        (["bulletins", "plan", "elsewhere.d", "--id", "sa"], []),
    ],
    ids=str,
)
def test_bash(shell_environment: dict[str, str], tmp_path: Path, words: list[str], values: list[str]) -> None:
    script = f"""
        eval "$(bulletins completion bash)"
        COMP_WORDS=({shlex.join(words)}) COMP_CWORD={len(words) - 1}
        $(complete -p bulletins | sed 's/.*-F \\([^ ]*\\) .*/\\1/') bulletins
        printf '%s\\n' ${{COMPREPLY+"${{COMPREPLY[@]}}"}}
    """
    command = [the_shell("bash"), "--norc", "-c", script]
    done = subprocess.run(
        command, env=shell_environment, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=PATIENCE_S
    )
    assert (done.stdout.split("\n")[:-1], done.stderr) == (values or [""], "")


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("bulletins plan --id sa", ["sa-re-ga-ma-1\tOne: the first", "sa-re-ga-ma-2\tTwo"]),
        ("bulletins plan --event Program\\ R", ["Program Released"]),
        ("bulletins fire --tag mu", ["music"]),
        ("bulletins plan --event Sh", ["Show: one, it's new"]),
        ("bulletins plan --event=Sh", ["--event=Show: one, it's new"]),
        ("bulletins plan --event 'Show: o", ["Show: one, it's new"]),
        ("bulletins plan --event On:", ["On:air,now"]),
        ("bulletins plan --id show", ["show-7\ta, b 7"]),
        ("bulletins plan --id=show", ["--id=show-7\ta, b 7"]),
        ("bulletins plan --format=js", ["--format=json"]),
        ("bulletins plan --out=a-f", ["--out=a-file"]),
        ("bulletins plan --out a-f", ["a-file"]),
        ("bulletins plan --file bulletins.d/d", ["bulletins.d/deep/shows.csv"]),
        ("bulletins plan --event zz", []),
        ("bulletins plan --event 'S", ["Sale", "Show: one, it's new"]),
        ("bulletins import csv a-file --event On", ["On:air,now"]),
    ],
)
def test_fish(shell_environment: dict[str, str], awkward: None, tmp_path: Path, line: str, values: list[str]) -> None:
    (tmp_path / "line").write_text(line, encoding="utf-8")
    script = "bulletins completion fish | source; complete -C (cat line)"
    command = [the_shell("fish"), "--no-config", "-c", script]
    done = subprocess.run(
        command, env=shell_environment, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=PATIENCE_S
    )
    assert (done.stdout.splitlines(), done.stderr) == (values, "")


ZSH = r"""
autoload -Uz compinit && compinit -u -d ../zcompdump  # made once for all tests
show() { print -r -- "<$BUFFER>" } && zle -N show && bindkey '^Xp' show
"""
BASH = r"""
bind 'set bell-style none'
show() { printf '<%s>\n' "$READLINE_LINE"; } && bind -x '"\C-xp": show'
"""


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("bulletins plan --id isa\t", "bulletins plan --id isai-1"),
        ("bulletins plan --id=isa\t", "bulletins plan --id=isai-1"),
        ("bulletins plan --event Sa\t", "bulletins plan --event Sale"),
        ("bulletins plan --event Program\\ R\t", "bulletins plan --event Program\\ Released"),
        ("bulletins plan --event=Program\\ R\t", "bulletins plan --event=Program\\ Released"),
        ("bulletins plan --event 'Show: o\t", "bulletins plan --event 'Show: one, it'\\''s new'"),
        ("bulletins plan --event=On\t", "bulletins plan --event=On:air,now"),
        ("bulletins plan --format=js\t", "bulletins plan --format=json"),
        ("bulletins plan --out=a-fi\t", "bulletins plan --out=a-file"),
        ("bulletins expl\t", "bulletins explain"),
    ],
)
def test_zsh(shell_environment: dict[str, str], awkward: None, tmp_path: Path, typed: str, completed: str) -> None:
    assert at_its_prompt(["zsh", "-f", "-i"], ZSH, shell_environment, tmp_path, typed) == completed


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("bulletins plan --id isa\t", "bulletins plan --id isai-1"),
        ("bulletins plan --id=isa\t", "bulletins plan --id=isai-1"),
        ("bulletins plan --tag=\t", "bulletins plan --tag="),  # there are two
        ("bulletins plan --event Program\\ R\t", "bulletins plan --event 'Program Released'"),
        ("bulletins plan --event=Program\\ R\t", "bulletins plan --event='Program Released'"),
        ("bulletins plan --event 'Show: o\t", "bulletins plan --event 'Show: one, it'\\''s new'"),
        ('bulletins plan --event="Show: o\t', 'bulletins plan --event="Show: one, it\'s new"'),
        ("bulletins plan --event On\t", "bulletins plan --event On:air,now"),
        ("bulletins plan --event On:a\t", "bulletins plan --event On:air,now"),
        ("bulletins plan --event=On:a\t", "bulletins plan --event=On:air,now"),
        ("bulletins plan --format=js\t", "bulletins plan --format=json"),
        ("bulletins plan --out=a-fi\t", "bulletins plan --out=a-file"),
        ("bulletins expl\t", "bulletins explain"),
    ],
)
def test_bash_at_its_prompt(
    shell_environment: dict[str, str], awkward: None, tmp_path: Path, typed: str, completed: str
) -> None:
    assert at_its_prompt(["bash", "--norc", "-i"], BASH, shell_environment, tmp_path, typed) == completed


@pytest.fixture
def awkward(write: Write, tmp_path: Path) -> None:
    """Events with commas, colons, spaces and quotes, a table, and a file that is none of the set."""
    write(
        {
            "more.yaml": """
            business_events:
              "Show: one, it's new": {}
              "On:air,now": {}
              "star*": {}
            """,
            "many.yaml": """
            defaults: {business_event: Sale, c-by: a@example.com, accounts: [india], properties: {}}
            bulletins:
              - {for_each: {csv: deep/shows.csv}, id: "show-{{ row.n }}", name: "a, b {{ row.n }}"}
            """,
            "deep/shows.csv": "n\n7\n",
            "deep/not-used.csv": "n\n7\n",
        }
    )
    (tmp_path / "a-file").write_text("", encoding="utf-8")


def at_its_prompt(command: list[str], script: str, environment: dict[str, str], folder: Path, typed: str) -> str:
    """What a shell makes of a line: completion works at a prompt alone, so it gets one, and prints the line itself."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [the_shell(command[0]), *command[1:]],
        env={**environment, "PS1": "ready> "},
        cwd=folder,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        said = read_until(master, "ready> ", "")
        (folder / "set-up").write_text(
            f'{script}\neval "$(bulletins completion {command[0]})"\necho bound\n', encoding="utf-8"
        )
        os.write(master, b". ./set-up\n")
        said = read_until(master, "bound\r\n", said)
        os.write(master, typed.encode())
        os.write(master, b"\x18p")
        said = read_until(master, ">\r\n", said)
        (shown,) = re.findall(r"<(bulletins [^\r]*)>\r\n", said)
        return str(shown).rstrip()
    finally:
        process.kill()
        process.wait()
        os.close(master)


def read_until(master: int, text: str, already: str) -> str:
    """All that came once the text came after what came already."""
    said, deadline = already, time.monotonic() + PATIENCE_S
    while text not in said[len(already) :]:
        readable, _, _ = select.select([master], [], [], max(0.0, deadline - time.monotonic()))
        assert readable, f"{text!r} never came: {said!r}"
        said += os.read(master, 65536).decode("utf-8", "replace")
    return said
