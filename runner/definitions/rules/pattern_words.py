"""Say in words what a pattern (a regular expression) of the catalog allows. Pure."""

from __future__ import annotations

import re

from runner.definitions.suggest import counted, listed

_PART = re.compile(r"(\[[^\]\\^]+\]|\\d|\\\.|[A-Za-z0-9_ :/@#,-])(\{\d+(?:,\d*)?\}|[+*?])?")
_CLASSES = {
    "0-9": ("digit", "digits"),
    "\\d": ("digit", "digits"),
    "A-Z": ("capital letter", "capital letters"),
    "a-z": ("small letter", "small letters"),
    "A-Za-z": ("letter", "letters"),
    "a-zA-Z": ("letter", "letters"),
}
_MOST_PARTS = 6


def in_words(pattern: str) -> str:
    """Return `6 digits` for `^[0-9]{6}$`; empty for a pattern that is too complicated for a sentence."""
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return ""
    body, said, literal = pattern[1:-1], list[str](), ""
    parts = list(_PART.finditer(body))
    if "".join(each[0] for each in parts) != body or not parts:
        return ""
    for part, times in (each.groups() for each in parts):
        if part[0] == "[" or part == "\\d":
            if (words := _class_words(part, times or "")) is None:
                return ""
            said += [f"the text {literal}"] * bool(literal) + [words]
            literal = ""
        elif times:
            return ""
        else:
            literal += part[-1]
    said += [f"the text {literal}"] * bool(literal)
    if len(said) > _MOST_PARTS:
        return ""
    return f"only {said[0]}" if len(said) == 1 and body.endswith("+") else ", then ".join(said)


def _class_words(part: str, times: str) -> str | None:
    """Return `6 digits`; None for a class of characters without a name."""
    inside = part.strip("[]")
    if inside in _CLASSES:
        one, many = _CLASSES[inside]
    else:
        ranges = re.findall("0-9|A-Za-z|a-zA-Z|A-Z|a-z|[^A-Za-z0-9]", inside)
        if "".join(ranges) != inside:
            return None
        many = listed([_CLASSES[each][1] if each in _CLASSES else _character(each) for each in ranges], "or")
        one = "one of " + many
    match re.findall(r"\d+", times):
        case [] if times == "":
            return f"1 {one}" if inside in _CLASSES else one
        case [] if times == "+":
            return many
        case []:
            return f"{f'1 {one}' if times == '?' else many}, or nothing"
        case [count] if "," not in times:
            return counted(int(count), one, many) if inside in _CLASSES else f"{count} of {many}"
        case [least]:
            return f"at least {least} {many}"
        case [least, most]:
            return f"{least} to {most} {many}"
    return None


def _character(character: str) -> str:
    return {"-": "hyphens", "_": "underscores", ".": "dots", " ": "blanks"}.get(character, character)
