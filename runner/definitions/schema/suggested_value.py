"""What to write in place of a value that has the wrong type.

In: the value, the types that its field takes, and its document. Out: the fix, for people who do not program.
"""

from __future__ import annotations

import re
from typing import Any

from runner.definitions.problem import Path
from runner.definitions.reading.document import Document, source_line
from runner.definitions.reading.syntax_causes import in_quotes

_BOOLEANS = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([Zz]|[+-][0-9]{2}:[0-9]{2})?\Z")
_TEXT_BEFORE_COMMA = re.compile(r"[{\[:,] *([^\s:,{}\[\]\"'][^:,{}\[\]\"']*), *$")
_NO_BLANK = re.compile(r"([A-Za-z_][\w-]{,30}):(\S.{,60})")
_WORKBOOK = re.compile(r"([^\x00-\x1f]{1,60})\.(?:xlsx?|xlsm|ods|numbers)", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ,._:+-]{,60}\Z")


def suggest_value(instance: Any, wanted: list[str], path: Path, document: Document) -> str:
    """Return what to write in place of `instance`, whose type is none of those `wanted`; empty if nothing is known."""
    if "string" in wanted and isinstance(instance, (bool, int, float)):
        written = document.written(path)
        return f'Write "{written}".' if written else "Write it in quotes."
    if instance is None and (whole := rest_of_a_text(path, document)):
        return whole
    if "string" in wanted:
        return "Write a text in quotes." if instance is None else "Write one text."
    if instance is None and "object" in wanted:
        return "Indent its fields below it, or remove it."
    if instance is None:
        return "Write a value, or remove the field."
    text = instance if isinstance(instance, str) else ""
    if isinstance(instance, list) and "object" in wanted and (len(path) == 1 or any(map(_is_group, instance))):
        return "Remove the dash before each name; its fields stay indented below it."
    match [name for name in wanted if name != "null"]:
        case ["array"]:
            return f"Write [{text}]." if _PLAIN.match(text) else "Write a list: each item on its own line after a dash."
        case ["object"] if path[-1:] == ("schedule",):
            return f"Write {{at: {text if _TIME.match(text) else '2026-12-01T18:30:00+05:30'}}}."
        case ["object"] if match := _NO_BLANK.fullmatch(text):
            return f"Write a space after the colon: {match[1]}: {match[2]}"
        case ["object"]:
            return "Write its fields below it, indented, one on each line."
        case ["boolean"]:
            word = _BOOLEANS.get(text.lower(), "true or false")
            return f"Write {word} without quotes." if text.lower() == word else f"Write {word}."
        case ["integer"]:
            return f"Write {text} without quotes." if text.isdecimal() and len(text) < 20 else "Write a whole number."
        case ["object", "boolean"]:
            return "Write true, or the JSON Schema of the property."
        case _:
            return ""


def rest_of_a_text(path: Path, document: Document) -> str:
    """Return how to write a text with a comma whose rest became the key at `path`; empty for any other key.

    The key follows a comma and has no colon: {title: Love, Actually} has two keys.
    """
    if not path or not isinstance(path[-1], str):
        return ""
    line, start = document.position(path, at_key=True)
    end_line, end = document.position(path)
    source = source_line(document.text, line)
    if line != end_line or ":" in source[start - 1 : end] or not source[: start - 1].rstrip().endswith(","):
        return ""
    if "accounts" in document.value:
        return "Put the whole text that contains the comma in quotes."  # it may be a secret
    before = _TEXT_BEFORE_COMMA.search(source[: start - 1])
    whole = f": {in_quotes(before[1] + ', ' + str(path[-1]))}" if before and in_quotes(before[1]) else ""
    return f"Put the whole text that contains the comma in quotes{whole}."


def saved_as_csv(name: str) -> str:
    """Return what to do with a table that is the file of a spreadsheet program; empty for any other name."""
    found = _WORKBOOK.fullmatch(name)
    what = "In the spreadsheet program, save the sheet with the file type CSV UTF-8, and write the name of that file"
    return f"{what}: {found[1]}.csv" if found else ""


def _is_group(value: Any) -> bool:
    return isinstance(value, dict)
