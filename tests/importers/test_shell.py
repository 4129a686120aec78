from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importers import shown, text
from runner.definitions.problem import Problem
from runner.importers.shell import Command, Word, commands_in

PIECES = st.sampled_from(
    [*"abc{}:,/@=", "é", "सा", " ", "\n", "\\\n", "'a b'", '"a b"', '"\\""', "'\"'", "\\'", '""', "''", "\\ ", '"\\x"']
)


def words_of(script: str) -> list[list[Word]]:
    found = list(commands_in(text(script)))
    assert not [each for each in found if isinstance(each, Problem)]
    return [each.words for each in found if isinstance(each, Command)]


def texts(script: str) -> list[list[str]]:
    return [[word.text for word in words] for words in words_of(script)]


@given(st.lists(PIECES, max_size=20).map("".join))
@example("a\\\nb")
def test_words_are_those_of_the_shell(script: str) -> None:
    commands = [command for line in script.replace("\\\n", "").split("\n") if (command := shlex.split(line))]
    assert texts(script) == commands


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash says what its own quotes mean")
@pytest.mark.parametrize(
    "quoted",
    ["\\n\\t\\\\ \\' \\\"", "\\u0938\\u093e", "\\U0001f3b5", "\\xe0\\xa4\\xb8", "\\340\\244\\270", "\\x41z", "\\q"],
)
def test_ansi_quotes_mean_what_bash_says(quoted: str) -> None:
    said = subprocess.run(
        ["bash", "-c", f"printf %s $'{quoted}'"], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
    ).stdout.decode()
    assert texts(f"x$'{quoted}'") == [[f"x{said}"]]


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("# a 'b\na # c\n", [["a"]]),
        ("a;b && c || d | e & f\n(g)", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("a > out 2>&1 < in >> more &> all b", [["a", "b"]]),
        ("a <<END b\nnot 'here\nEND\nc", [["a", "b"], ["c"]]),
        ("a <<-'E'\nx\n\tE\nb <<< c", [["a"], ["b"]]),
        ("a <<END\nnever closed", [["a"]]),
        ("a \\\r\n b\r\nc", [["a", "b"], ["c"]]),
        ("a#b", [["a#b"]]),
        ("", []),
        ("\\", [["\\"]]),
    ],
)
def test_commands_end_where_the_shell_ends_them(script: str, commands: list[list[str]]) -> None:
    assert texts(script) == commands


@pytest.mark.parametrize(
    ("script", "read"),
    [
        ("a <<END | c\nb $\nEND\n", "b $\n"),
        ("a <<'END'\r\nb\r\nEND\r\nc", "b\r\n"),
        ("a <<-END\n\tb\n\t\tc\n\tEND\nd", "b\nc\n"),
        ("a <<END\n END\n", " END\n"),
        ("a <<< 'b c'", "b c"),
    ],
)
def test_a_here_document_is_below_its_command(script: str, read: str) -> None:
    command = next(commands_in(text(script)))
    assert isinstance(command, Command)
    assert command.stdin is not None
    assert (command.stdin.text, command.stdin.expands_at) == (read, None)
    assert len(command.stdin.offsets) == len(read) + 1
    assert all(script[at] == each for at, each in zip(command.stdin.offsets, read, strict=False))


@pytest.mark.parametrize(
    ("script", "at"),
    [("a <<E\nb $C\nE", 8), ("a <<E\n\\$\nE", 6), ("a <<'E'\n$C `d`\nE", None), ("a <<E\n\\n\nE", None)],
)
def test_what_the_shell_would_fill_in_below_is_marked(script: str, at: int | None) -> None:
    command = next(commands_in(text(script)))
    assert isinstance(command, Command)
    assert command.stdin is not None
    assert command.stdin.expands_at == at


@given(st.lists(PIECES | st.sampled_from(["$'\\u0938'", "$'\\xe0\\xa4\\xb8'"]), max_size=20).map("".join))
def test_every_character_of_a_word_has_its_position(script: str) -> None:
    for word in (word for words in words_of(script) for word in words):
        assert len(word.offsets) == len(word.text) + 1
        assert word.offsets == sorted(word.offsets)
        assert all(script[at] in (character, "\\") for character, at in zip(word.text, word.offsets, strict=False))


@pytest.mark.parametrize(
    ("script", "at"),
    [
        ('a "x$B"', 4),
        ("a $B", 2),
        ("a ${B}", 2),
        ("a `b`", 2),
        ('a "`b`"', 3),
        ("a '$B'", None),
        ('a "$ 5 \\$B"', None),
    ],
)
def test_what_the_shell_would_fill_in_is_marked(script: str, at: int | None) -> None:
    assert [word.expands_at for word in words_of(script)[0]] == [None, at]


@pytest.mark.parametrize("script", ["a\nb 'c", 'a\nb "c', "a\nb $'c", 'a\nb "c\\"'])
def test_a_quote_that_is_never_closed_is_a_problem_where_it_opens(script: str) -> None:
    *commands, problem = commands_in(text(script))
    assert len(commands) == 1
    assert isinstance(problem, Problem)
    assert shown([problem])[0].startswith("2:3 the quote that opens here is never closed")


@given(st.text(alphabet="ab'\"\\$`\n\r;&|<>()#{}0123456789xuU \t!-", max_size=40))
def test_no_script_is_too_odd(script: str) -> None:
    assert all(isinstance(each, (Command, Problem)) for each in commands_in(text(script)))
