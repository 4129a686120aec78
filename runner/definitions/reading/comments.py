"""Warn about texts of bulletins that end before a #, because it begins a comment.

In: the document of a file. Out: warnings. Only texts without quotes are looked at, because quotes show intent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.definitions.problem import MAX_PROBLEMS, Path, Problem
from runner.definitions.problem_codes import Code
from runner.definitions.reading.document import Document, Value, source_line
from runner.definitions.reading.syntax_causes import in_quotes

_WORTH_A_LOOK = re.compile(r"[^ ] #\w")
_HASH = re.compile(r" #(?=\w)[^\r\n,}\]]*")
_TEXTS = ("business_event", "name", "c-by", "properties")  # what is sent


def comment_warnings(document: Document) -> list[Problem]:
    """Return the warnings about the texts that a file's bulletins and defaults send."""
    if not _WORTH_A_LOOK.search(document.text) or not isinstance(document.value, dict):
        return []
    found: list[Problem] = []
    for path, text in _sent_texts(document.value):
        line, column = document.position(path)
        source = source_line(document.text, line)
        if not source.startswith(text, column - 1):
            continue  # in quotes, on several lines, or an alias
        end = column - 1 + len(text)
        if hash_ := _HASH.match(source, end):
            message = f"the text ends before{hash_[0][:60].rstrip()}, because a # after a space begins a comment"
            whole = in_quotes(source[column - 1 : hash_.end()].rstrip())
            help_ = (
                f"If it belongs to the text, write {whole or 'quotes around both'}. Else, write a space after the #."
            )
            found.append(Problem(document.file, line, end + 2, Code.COMMENT_IN_TEXT, message, help_, source))
        if len(found) == MAX_PROBLEMS:
            break
    return found


def _sent_texts(value: dict[str, Value]) -> Iterator[tuple[Path, str]]:
    """Yield the texts of the bulletins and of the defaults that belong to a payload, with their paths."""
    bulletins = value.get("bulletins")
    entries: list[tuple[Path, Value]] = [(("defaults",), value.get("defaults"))]
    entries += [
        (("bulletins", number), each) for number, each in enumerate(bulletins if isinstance(bulletins, list) else ())
    ]
    for path, entry in entries:
        for name in _TEXTS if isinstance(entry, dict) else ():
            child = entry.get(name)
            if isinstance(child, str):
                yield (*path, name), child
            elif isinstance(child, dict):
                yield from (((*path, name, key), text) for key, text in child.items() if isinstance(text, str))
