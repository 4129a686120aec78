"""Read a script's curl commands as drafts, if they look like those of the API's documentation.

Nothing is run, and no header is kept or shown. A body from another file, or another address, is a problem at its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from runner.definitions.problem import Problem
from runner.definitions.problem_codes import Code
from runner.definitions.suggest import did_you_mean, quoted
from runner.importers.draft import Draft
from runner.importers.payloads import payloads_in
from runner.importers.shell import Command, Word, commands_in
from runner.importers.shell_blocks import Blocks
from runner.importers.text import UNREADABLE, Piece, Text

# The API's page "Trigger bulletins".
PATH = "/1/targets/trigger.json"
_CURL = frozenset({"curl", "curl.exe"})
_PROMPTS = frozenset({"$", "%"})
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
# A call that is not a command of the script itself: inside a text for another shell, or behind an unusual space.
_CALL = re.compile(r"curl(?:\.exe)?\s+(?:[\"'$-]|https?:)", re.IGNORECASE)
_CALL_OR_ADDRESS = re.compile(rf"{_CALL.pattern}|trigger\.json", re.IGNORECASE)
# Addresses that a message may show: they can't contain credentials.
_SHOWN_PATH = re.compile(r"/1/[a-z_./]{0,60}\Z")
_OPTION = re.compile(r"-(?:[A-Za-z0-9#]|-[a-z][a-z0-9.-]*)\Z")

_BODY = frozenset({"-d", "--data", "--data-ascii", "--data-binary", "--data-raw", "--json"})
_VALUES = frozenset({
    "-A", "-b", "-c", "-D", "-e", "-E", "-H", "-m", "-o", "-u", "-w", "-x", "-X", "-y", "-Y", "--cacert", "--capath",
    "--cert", "--ciphers", "--connect-timeout", "--connect-to", "--cookie", "--cookie-jar", "--dump-header",
    "--header", "--interface", "--keepalive-time", "--key", "--limit-rate", "--max-redirs", "--max-time", "--noproxy",
    "--output", "--oauth2-bearer", "--output-dir", "--pass", "--proxy", "--proxy-user", "--referer", "--request",
    "--resolve", "--retry", "--retry-delay", "--retry-max-time", "--speed-limit", "--speed-time", "--stderr",
    "--tls-max", "--trace", "--trace-ascii", "--url", "--user", "--user-agent", "--write-out",
})  # fmt: skip
_FLAGS = frozenset({
    "-0", "-1", "-2", "-3", "-4", "-6", "-a", "-f", "-g", "-i", "-j", "-k", "-L", "-n", "-N", "-O", "-q", "-R", "-s",
    "-S", "-v", "-#", "--anyauth", "--basic", "--compressed", "--create-dirs", "--fail", "--fail-early",
    "--fail-with-body", "--globoff", "--http1.0", "--http1.1", "--http2", "--http2-prior-knowledge", "--include",
    "--insecure", "--ipv4", "--ipv6", "--location", "--no-buffer", "--no-keepalive", "--no-progress-meter",
    "--path-as-is", "--progress-bar", "--retry-all-errors", "--retry-connrefused", "--show-error", "--silent",
    "--ssl-reqd", "--styled-output", "--tcp-nodelay", "--tlsv1", "--tlsv1.0", "--tlsv1.1", "--tlsv1.2", "--tlsv1.3",
    "--trace-time", "--verbose",
})  # fmt: skip
# What changes the request into one that is not this API's, each with why.
_REFUSED = {
    "-F": "sends a form", "--form": "sends a form", "--form-string": "sends a form",
    "-G": "sends no body", "--get": "sends no body", "-I": "sends no body", "--head": "sends no body",
    "-T": "sends a file", "--upload-file": "sends a file",
    "-K": "reads more options from a file", "--config": "reads more options from a file",
    "--data-urlencode": "sends a body that is not JSON", "--url-query": "changes the address",
}  # fmt: skip


class _Refused(Exception):
    def __init__(self, offset: int, message: str, help: str, code: Code = UNREADABLE) -> None:  # noqa: A002
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.help = help
        self.code = code


@dataclass(slots=True)
class _Request:
    """The request that one call of curl makes."""

    start: int
    stdin: Word | None = None
    bodies: list[tuple[str, Piece]] = field(default_factory=list)
    addresses: list[Word] = field(default_factory=list)


@dataclass(slots=True)
class Passed:
    """The count of commands that were skipped because they are not curl."""

    count: int = 0


def drafts_in(script: Text, given: Mapping[str, str], passed: Passed) -> Iterator[Draft | Problem]:
    """Return the drafts of a script's calls of curl, and its problems."""
    blocks, goes_on = Blocks(), False
    for command in commands_in(script):
        if isinstance(command, Problem):
            yield command
            continue
        is_within = blocks.enter(command.words)
        if goes_on:  # further lines of a call that was already refused
            goes_on = _goes_on_as_in_windows(command)
            continue
        try:
            arguments = _arguments(command, is_within)
            if arguments is None:
                _check_has_no_call(command)
                passed.count += 1
                continue
            if goes_on := _goes_on_as_in_windows(command):
                message = "this line continues as in Windows, but the script is read like a Unix shell script"
                raise _Refused(command.words[-1].offsets[-1] - 1, message, "End the line with \\ instead.")
            for request in _requests(arguments, command, script):
                yield from _drafts(request, given, script)
        except _Refused as error:
            yield script.problem(error.offset, error.code, error.message, error.help)


def _drafts(request: _Request, given: Mapping[str, str], script: Text) -> Iterator[Draft | Problem]:
    try:
        base_url = _base_url(request)
        body = _body(request)
    except _Refused as error:
        yield script.problem(error.offset, error.code, error.message, error.help)
    else:
        yield from payloads_in(body, given, base_url)


def _arguments(command: Command, is_within: bool) -> list[Word] | None:
    """Return the words after `curl`; None if it is another command."""
    words = command.words
    number = next((number for number, word in enumerate(words) if _is_curl(word)), None)
    if number is None:
        return None
    if is_within or not all(word.text in _PROMPTS or _ASSIGNMENT.match(word.text) for word in words[:number]):
        message = "curl is inside another command or a loop, and an import runs no commands"
        raise _Refused(words[number].start, message, "Write each call in full, in a line that begins with curl.")
    return words[number + 1 :]


def _check_has_no_call(command: Command) -> None:
    """Raises _Refused where the words of another command, or what it reads, hold a call: it would be lost."""
    for word in (*command.words, *([command.stdin] if command.stdin else [])):
        is_assignment = _ASSIGNMENT.match(word.text) is not None
        if found := (_CALL if is_assignment else _CALL_OR_ADDRESS).search(word.text):
            message = "this looks like a call that another command makes, and only calls of curl are read"
            hint = "Write it as a line that begins with curl and a plain space, or take it out."
            raise _Refused(word.offsets[found.start()], message, hint)


def _goes_on_as_in_windows(command: Command) -> bool:
    """Whether its line ends with the ^ of cmd.exe or the ` of PowerShell."""
    last = command.words[-1].text if command.words else ""
    return last.endswith("^") or last == "`"


def _is_curl(word: Word) -> bool:
    return word.text.replace("\\", "/").rpartition("/")[2] in _CURL


def _requests(words: list[Word], command: Command, script: Text) -> Iterator[_Request]:
    request = _Request(command.words[0].start, command.stdin)
    waiting = iter(words)
    for word in waiting:
        if word.text in ("--next", "-:"):
            yield request
            request = _Request(word.start, request.stdin)
        elif word.text.startswith("--"):
            _long_option(request, word, waiting, script)
        elif word.text.startswith("-") and word.text != "-":
            _short_options(request, word, waiting, script)
        else:
            request.addresses.append(word)
    yield request


def _long_option(request: _Request, word: Word, waiting: Iterator[Word], script: Text) -> None:
    name = word.text
    if name in _BODY or name in _VALUES:
        _take(request, name, word.start, next(waiting, None), script)
    elif name not in _FLAGS and name.replace("--no-", "--", 1) not in _FLAGS:
        raise _with_equals(name, word.start) or _unknown(name, word.start)


def _short_options(request: _Request, word: Word, waiting: Iterator[Word], script: Text) -> None:
    for number, letter in enumerate(word.text[1:], start=1):
        name = f"-{letter}"
        if name in _BODY or name in _VALUES:
            rest = number + 1
            value: Word | None = None
            if rest < len(word.text):
                value = Word(word.offsets[rest], word.text[rest:], word.offsets[rest:], word.expands_at)
            _take(request, name, word.start, value or next(waiting, None), script)
            return
        if name not in _FLAGS:
            raise _unknown(name, word.start)


def _with_equals(option: str, offset: int) -> _Refused | None:
    name, equals, _ = option.partition("=")
    if not equals or name not in _BODY | _VALUES | _FLAGS:
        return None
    hint = f"Remove = and the text after it: {name} takes no value."
    if name not in _FLAGS:
        hint = f"Write a space between {name} and its value."
    return _Refused(offset, f"curl takes no = behind {name}", hint)


def _unknown(option: str, offset: int) -> _Refused:
    name = option.partition("=")[0]
    if name in _REFUSED:
        message = f"{name} {_REFUSED[name]}; the API needs one JSON object in the body"
        return _Refused(offset, message, "Write the body behind -d, in single quotes.")
    hint = "Remove it where it does not change what is sent."
    if not _OPTION.match(name):  # a header may be stuck to it, and is not for showing
        return _Refused(offset, "an option that is not known here", "Write a space between an option and its value.")
    if len(name) > 2:
        hint = did_you_mean(name, _BODY | _VALUES | _FLAGS) or hint
    return _Refused(offset, f"the option {name} is unknown to bulletins", hint)


def _take(request: _Request, name: str, offset: int, value: Word | None, script: Text) -> None:
    """What an option says with its value; only bodies, addresses and methods matter."""
    if value is None:
        raise _Refused(offset, f"nothing follows {name}", "Write its value, or remove it.")
    if name in _BODY:
        request.bodies.append((name, _content(name, value, request, script)))
    elif name == "--url":
        request.addresses.append(value)
    elif name in ("-X", "--request") and value.text.upper() != "POST":
        raise _Refused(value.start, f"{name} asks for another method than POST", f"Write {name} POST, or remove it.")


def _content(name: str, value: Word, request: _Request, script: Text) -> Piece:
    hint = "Write its value instead; in single quotes, a $ is only a $."
    is_file = value.text.startswith("@") and name != "--data-raw"
    if is_file and value.text == "@-" and request.stdin is not None:
        value, request.stdin, is_file = request.stdin, None, False  # whoever reads it next finds nothing
        hint = "Write its value instead; below <<'EOF', with the quotes, a $ is only a $."
    if value.expands_at is not None:
        message = "the shell would fill something in here, and nothing is run"
        raise _Refused(value.expands_at, message, hint)
    if is_file:
        what, it = f"the file {quoted(value.text[1:])}", "that file"
        if value.text == "@-":
            what, it = "standard input", "what comes there"
        message = f"{name} takes the body from {what}, which is not read from here"
        hint = f"Write the body here, in single quotes or below <<'EOF'; or give {it} to bulletins import json."
        raise _Refused(value.start, message, hint)
    return Piece(script, value.text, value.offsets)


def _body(request: _Request) -> Piece:
    if not request.bodies:
        raise _Refused(request.start, "this call of curl has no body", "Write the payload behind -d, in single quotes.")
    if len(request.bodies) > 1:
        name, second = request.bodies[1]
        message = f"{name} is given twice; curl joins bodies, but the API takes one object a call"
        raise _Refused((second.offsets or [request.start])[0], message, "Write one call for each.")
    return request.bodies[0][1]


def _base_url(request: _Request) -> str:
    """Return scheme, host and port of the request's address."""
    if not request.addresses:
        raise _Refused(
            request.start, "this call of curl has no address", "Write the address of the API's trigger.json."
        )
    word = next((word for word in request.addresses if "://" not in word.text), request.addresses[-1])
    if len(request.addresses) > 1:
        message = "curl reads this as a second address, because there is no option before it"
        raise _Refused(word.start, message, "Check the quotes around it and before it.")
    if word.expands_at is not None:
        message = "the shell would fill something in here, and nothing is run"
        raise _Refused(word.expands_at, message, "Write the address out.")
    try:
        address = urlsplit(word.text if "://" in word.text else f"http://{word.text}")
        host, port = address.hostname, address.port
    except ValueError:
        host = None
    is_shown = "://" in word.text  # what is none may be a stray part of a header
    if not host or address.scheme not in ("http", "https") or (address.path != PATH and not is_shown):
        message = "this is not an address of the API"
        raise _Refused(word.start, message, f"Write one like https://in1.api.clevertap.com{PATH}.")
    if address.path != PATH or address.query:
        shown = address.path if _SHOWN_PATH.match(address.path) else "another path"
        what = "has a query" if address.path == PATH else f"goes to {shown}"
        message = f"this call {what}, but bulletins are raised only at {PATH}"
        raise _Refused(word.start, message, "Remove the call from the script, or fix its address.")
    return f"{address.scheme}://{host}{'' if port is None else f':{port}'}"
