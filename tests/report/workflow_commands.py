"""What the runner of GitHub Actions makes of a log's lines, by its own rules: written anew, for tests alone."""

from __future__ import annotations

from dataclasses import dataclass

_REGISTERED = {
    *("error", "warning", "notice", "debug", "group", "endgroup", "echo", "add-mask", "add-matcher", "remove-matcher"),
    *("set-output", "save-state", "set-env", "add-path", "stop-commands", "internal-set-repo-path"),
}


@dataclass(frozen=True, slots=True)
class Command:
    """A command that the runner carries out."""

    name: str
    properties: dict[str, str]
    data: str


def read(log: str) -> list[Command | str]:
    """Each line of a log: a command, or text. The runner takes CR, LF and both for the end of a line."""
    lines = log.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [_modern(line) or _old(line) or line for line in lines]


def _modern(line: str) -> Command | None:
    line = line.lstrip()
    if not line.startswith("::") or "::" not in line[2:]:
        return None
    head, _, data = line[2:].partition("::")
    name, _, properties = head.partition(" ")
    if name not in _REGISTERED:
        return None
    return Command(name, _pairs(properties.strip(), ",", {":": "%3A", ",": "%2C"}), _unescaped(data, {}))


def _old(line: str) -> Command | None:
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, properties = line[start + 3 : end].partition(" ")
    if name not in _REGISTERED:
        return None
    more = {";": "%3B", "]": "%5D"}
    return Command(name, _pairs(properties, ";", more), _unescaped(line[end + 1 :], more))


def _pairs(text: str, separator: str, escapes: dict[str, str]) -> dict[str, str]:
    pairs = (part.split("=", 1) for part in text.split(separator) if part)
    return {pair[0]: _unescaped(pair[1], escapes) for pair in pairs if len(pair) == 2}


def _unescaped(text: str, escapes: dict[str, str]) -> str:
    for character, escape in {"\r": "%0D", "\n": "%0A", **escapes, "%": "%25"}.items():
        text = text.replace(escape, character)
    return text
