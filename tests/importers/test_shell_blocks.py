from __future__ import annotations

import pytest

from importers import text
from runner.importers.shell import Command, commands_in
from runner.importers.shell_blocks import Blocks


def within(script: str) -> list[str]:
    """The first words of the commands inside a block; the word x wherever it is."""
    blocks, found = Blocks(), []
    for command in commands_in(text(script)):
        assert isinstance(command, Command)
        if blocks.enter(command.words):
            found += [word.text for word in command.words if word.text.startswith("x")]
    return found


@pytest.mark.parametrize(
    "script",
    [
        "for a in 1 2 3\ndo\n x\ndone\ny",
        "for ((i = 0; i < 3; i++))\ndo\n x\ndone\ny",
        "select a in 1 2; do\n x\ndone\ny",
        "while read -r a; do\n x\ndone < file\ny",
        "until false\ndo\n x\ndone | tee log\ny",
        "if a\nthen\n x\nfi\ny",
        "if a; then b; elif c; then\n x\nelse\n x2\nfi\ny",
        "send() {\n x\n}\ny",
        "send()\n{\n x\n}\ny",
        "function send {\n x\n}\ny",
        "case $a in\n done)\n x\n ;;\nesac\ny",
        "for a in 1; do for b in 2; do\n c\n done\n x\ndone\ny",
        "if a; then for b in 2; do c; done; fi; { while d\ndo\n x\ndone; }\ny",
        "$ for a in 1\ndo\n x\ndone\ny",
    ],
)
def test_commands_inside_a_block_are_known_until_it_is_closed(script: str) -> None:
    last = script.replace("\ny", "\nx9")
    assert within(script)[0] == "x"
    assert "x9" not in within(last)


@pytest.mark.parametrize("script", ["'{'\nx", "echo for if {\nx", "(a\nx)", "done\nfi\n}\nx", "a=for\nx", ""])
def test_what_only_looks_like_one_opens_nothing(script: str) -> None:
    assert within(script) == []
