"""Split a shell script into commands and words: comments, quotes and continued lines are read, nothing is run.

A part that the shell would fill in, such as a variable, is marked in its word and not changed. A here-document is a
word of the command that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from runner.definitions.problem import Problem
from runner.importers.text import UNREADABLE, Text

_EXPANSION = re.compile(r"\$[A-Za-z_0-9{(@*#?$!-]|`")
_FILLED_IN = re.compile(rf"{_EXPANSION.pattern}|\\[$`\\\r\n]")  # in a here-document without quotes around its end word
_END_OF_LINE = re.compile(r"\r\n|\n|\r")
_WHOLE_LINE = re.compile(r"(\t*)([^\r\n]*)(?:\r\n|\n|\r|\Z)")
_CONTINUED = re.compile(r"\\(?:\r\n|\n|\r)")
_OPERATOR = re.compile(r"[0-9]?<<-?(?!<)|[0-9]?(?:<<<|>>|[<>]&?)|&>>?|;;?|&&?|\|\|?|[()]")
_ANSI_SIMPLE = dict(zip("abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?", strict=True))
_ANSI = re.compile(
    r"""((?:\\x[0-9A-Fa-f]{1,2}|\\[0-7]{1,3})+)|\\u([0-9A-Fa-f]{1,4})|\\U([0-9A-Fa-f]{1,8})|\\([abeEfnrtv\\'"?])"""
)
_BYTE = re.compile(r"\\(?:x([0-9A-Fa-f]+)|([0-7]+))")
_RUN = re.compile(r"""[^ \t\r\n;&|<>()'"\\$`]+""")
_QUOTED_RUN = re.compile(r"""[^"\\$`]+""")


class Unclosed(ValueError):
    """A quote that opens at `offset` and never closes."""

    def __init__(self, offset: int) -> None:
        super().__init__("a quote is never closed")
        self.offset = offset


@dataclass(slots=True)
class Word:
    """One word of a command: its text without quotes, and the offset of each character.

    The last of `offsets` is the word's end; `expands_at` is the offset at which the shell would fill something in.
    """

    start: int
    text: str = ""
    offsets: list[int] = field(default_factory=list)
    expands_at: int | None = None

    @property
    def is_plain(self) -> bool:
        """Report whether the word has no quotes, like words with a meaning to the shell."""
        return self.offsets[-1] - self.start == len(self.text)


@dataclass(slots=True)
class Command:
    """One command: its words, and the here-document that it reads."""

    words: list[Word] = field(default_factory=list)
    stdin: Word | None = None


@dataclass(frozen=True, slots=True)
class _Awaited:
    """A here-document that begins on the next line."""

    command: Command
    end: Word
    loses_tabs: bool


@dataclass(slots=True)
class _Scanner:
    text: str
    offset: int = 0
    awaited: list[_Awaited] = field(default_factory=list)

    def commands(self) -> Iterator[Command]:
        """Return the commands of each line after its end, because here-documents follow below the line."""
        line = [Command()]
        while self.offset < len(self.text):
            character = self.text[self.offset]
            if found := _END_OF_LINE.match(self.text, self.offset):
                self.offset = found.end()
                self._read_awaited()
                yield from filter(_says_something, line)
                line = [Command()]
            elif character in " \t":
                self.offset += 1
            elif found := _CONTINUED.match(self.text, self.offset):
                self.offset = found.end()
            elif character == "#":
                self._to_end_of_line()
            elif found := _OPERATOR.match(self.text, self.offset):
                self.offset = found.end()
                if "<" in found[0] or ">" in found[0]:
                    self._redirect(line[-1], found[0].lstrip("0123456789"))
                else:
                    line.append(Command())
            else:
                line[-1].words.append(self._word())
        yield from filter(_says_something, line)

    def _to_end_of_line(self) -> None:
        while self.offset < len(self.text) and self.text[self.offset] not in "\r\n":
            self.offset += 1

    def _redirect(self, command: Command, operator: str) -> None:
        while self.text[self.offset : self.offset + 1] in (" ", "\t"):
            self.offset += 1
        if self.text[self.offset : self.offset + 1] in ("", "\n", "\r"):
            return
        target = self._word()
        if operator == "<<<":
            command.stdin = target
        elif operator in ("<<", "<<-"):
            self.awaited.append(_Awaited(command, target, operator == "<<-"))

    def _read_awaited(self) -> None:
        """Read the text between `<<END` and its END, which is not a command."""
        for awaited in self.awaited:
            awaited.command.stdin = self._heredoc(awaited)
        self.awaited = []

    def _heredoc(self, awaited: _Awaited) -> Word:
        word, pieces = Word(self.offset), []
        while self.offset < len(self.text) and (line := _WHOLE_LINE.match(self.text, self.offset)):
            start = self.offset + (len(line[1]) if awaited.loses_tabs else 0)
            self.offset = line.end()
            if self.text[start : line.end(2)] == awaited.end.text:
                word.offsets.append(line.start())
                break
            pieces.append(self.text[start : line.end()])
            word.offsets.extend(range(start, line.end()))
        else:
            word.offsets.append(self.offset)
        word.text = "".join(pieces)
        if awaited.end.is_plain and (found := _FILLED_IN.search(word.text)):
            word.expands_at = word.offsets[found.start()]
        return word

    def _word(self) -> Word:
        word = Word(self.offset)
        pieces: list[str] = []
        text = self.text
        while self.offset < len(text):
            character = text[self.offset]
            if character in " \t\r\n;&|<>()":
                break
            if character == "'":
                self._quoted(word, pieces, self.offset + 1)
            elif character == '"' or text.startswith('$"', self.offset):
                self._in_double_quotes(word, pieces, self.offset + (1 if character == '"' else 2))
            elif text.startswith("$'", self.offset):
                self._ansi(word, pieces, self.offset + 2)
            elif found := _CONTINUED.match(text, self.offset):
                self.offset = found.end()
            elif character == "\\" and self.offset + 1 < len(text):
                self._take(word, pieces, text[self.offset + 1], 2)
            else:
                self._run(word, pieces, _RUN)
        word.text = "".join(pieces)
        word.offsets.append(self.offset)
        return word

    def _take(self, word: Word, pieces: list[str], characters: str, length: int) -> None:
        """Add the meaning of the next `length` characters of the text to the word."""
        pieces.append(characters)
        word.offsets.extend([self.offset] * len(characters))
        self.offset += length

    def _run(self, word: Word, pieces: list[str], plain: re.Pattern[str]) -> None:
        """Read ordinary characters up to the next one with a meaning to the shell; at least one character."""
        if word.expands_at is None and _EXPANSION.match(self.text, self.offset):
            word.expands_at = self.offset
        found = plain.match(self.text, self.offset)
        end = found.end() if found else self.offset + 1
        pieces.append(self.text[self.offset : end])
        word.offsets.extend(range(self.offset, end))
        self.offset = end

    def _quoted(self, word: Word, pieces: list[str], start: int) -> None:
        end = self.text.find("'", start)
        if end < 0:
            raise Unclosed(self.offset)
        pieces.append(self.text[start:end])
        word.offsets.extend(range(start, end))
        self.offset = end + 1

    def _in_double_quotes(self, word: Word, pieces: list[str], start: int) -> None:
        opened, self.offset, text = self.offset, start, self.text
        while self.offset < len(text):
            character = text[self.offset]
            if character == '"':
                self.offset += 1
                return
            if found := _CONTINUED.match(text, self.offset):
                self.offset = found.end()
            elif character == "\\" and text[self.offset + 1 : self.offset + 2] in ("$", "`", '"', "\\"):
                self._take(word, pieces, text[self.offset + 1], 2)
            else:
                self._run(word, pieces, _QUOTED_RUN)
        raise Unclosed(opened)

    def _ansi(self, word: Word, pieces: list[str], start: int) -> None:
        opened, self.offset, text = self.offset, start, self.text
        while self.offset < len(text):
            character = text[self.offset]
            if character == "'":
                self.offset += 1
                return
            found = _ANSI.match(text, self.offset)
            self._take(word, pieces, _meaning(found) if found else character, len(found[0]) if found else 1)
        raise Unclosed(opened)


def _says_something(command: Command) -> bool:
    return bool(command.words) or command.stdin is not None


def _meaning(escape: re.Match[str]) -> str:
    """Return the characters for an escape of $'…'; several bytes after each other are UTF-8."""
    octets, short, long, simple = escape.groups()
    if simple:
        return _ANSI_SIMPLE[simple]
    if octets:
        found = (int(hexadecimal, 16) if hexadecimal else int(octal, 8) for hexadecimal, octal in _BYTE.findall(octets))
        return bytes(number & 0xFF for number in found).decode("utf-8", "surrogateescape")
    number = int(short or long, 16)
    return chr(number) if number <= 0x10FFFF else "\udcff"  # invalid text, so that it is refused


def commands_in(script: Text) -> Iterator[Command | Problem]:
    """Return the commands of a script; at the end a problem if a quote is never closed."""
    try:
        yield from _Scanner(script.text).commands()
    except Unclosed as error:
        hint = "Close it; a quote inside of single quotes is written '\\''."
        yield script.problem(error.offset, UNREADABLE, "the quote that opens here is never closed", hint)
