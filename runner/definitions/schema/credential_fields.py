"""Check the fields of an account that point to its credentials, without ever quoting their values.

A secret that somebody wrote into a definition must not be repeated in a log, a pull request or a report. Pure
functions: paths and plain values come in, findings go out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from runner.definitions.problem import Finding, Path, Problem, dotted
from runner.definitions.problem_codes import Code
from runner.definitions.reading.document import Value

# Field -> content of the variable that it names, and an example of a name.
VARIABLES = {
    "account_id_env": ("account id", "CLEVERTAP_INDIA_ACCOUNT_ID"),
    "passcode_env": ("passcode", "CLEVERTAP_INDIA_PASSCODE"),
}
_QUOTABLE = ("region", "concurrency", "ledger", "timezone", "budget")  # their values are not secret
_ROTATE = "If it is the passcode itself, change the passcode in CleverTap now: everyone who can read this file has it."

_CLEVERTAP = re.compile(r"(?=.{7})[A-Z0-9]+(-[A-Z0-9]+)+", re.ASCII)  # QAB-AWD-KIUL
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]{16,}")
_MIXED = re.compile(r"(?=.{8})[A-Za-z]*[0-9]+[A-Za-z]+[0-9]", re.ASCII)  # two groups of digits
_SEPARATORS = re.compile(r"[\s_/.:=,;]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_FIELD_LIKE = re.compile(r"[A-Za-z_-]{1,60}", re.ASCII)
_SECRET_FIELD = re.compile("pass|secret|token|key|credential|pwd|code", re.IGNORECASE)

# Signs of a file with accounts, even if it can't be read as YAML.
_ACCOUNTS_FILE = re.compile(rb"(?im)\A[\s{\"']*accounts\W|^[\"']?accounts[\"']?[ \t]*:|passcode|account_id_env")
# Messages that replace those of the YAML reader which quote text of the file.
_QUOTING = {
    Code.YAML_TAG: ("a value has a YAML tag, which is not allowed", "Put the value in quotes."),
    Code.YAML_ALIAS: ("the YAML alias here can't be used", "Write the value itself, or put it in quotes."),
    Code.YAML_KEY: (
        "this field name can't be used",
        "Write each field as its name, a colon, a space and its value.",
    ),
}


def looks_like_secret(text: str) -> bool:
    """Whether a word of a text looks like a secret.

    A secret is a passcode like CleverTap's `QAB-AWD-KIUL`, a hexadecimal number of at least 16 digits, or a word of at
    least 8 characters with two groups of digits.
    """
    return any(
        _CLEVERTAP.fullmatch(word) or _HEXADECIMAL.fullmatch(word) or _MIXED.match(word)
        for word in _SEPARATORS.split(text)
    )


def is_surely_a_name(variable: str) -> bool:
    """Whether a message may quote the name of a variable that is not set here.

    A passcode of letters alone is a valid name too, but has no underscore. A short one is quoted, for it helps.
    """
    return len(variable) < 10 or "_" in variable


def is_quotable(path: Path, value: Value) -> bool:
    """Whether a message may quote the value at `path`. Fields of accounts that may contain a secret are refused."""
    if path[:1] != ("accounts",):
        return True
    is_harmless = len(path) > 2 and path[2] in _QUOTABLE
    return is_harmless and not (isinstance(value, str) and looks_like_secret(value))


def bad_variable(path: Path, file: str, *, is_name: bool = False) -> Finding:
    """Return the finding that the value at `path` is not the name of a variable, or looks like a secret."""
    holds, example = VARIABLES[str(path[2])]
    found = "looks like a secret, not like" if is_name else "is not"
    message = f"{dotted(path)} {found} the name of a variable"
    help_ = f"Write the name of the variable that contains the {holds}, like {example}. {_ROTATE}"
    return Finding(Code.BAD_FORMAT, file, path, message, help_)


def unknown_field(path: Path, value: Value, hint: str, file: str) -> Finding:
    """Return the finding about an unknown field at `path`, in an account or at the top of its file."""
    key = str(path[-1])
    message = f"{dotted(path)} is not a field"
    if not _FIELD_LIKE.fullmatch(key) or looks_like_secret(key):
        message = f"{dotted(path[:-1]) or 'the file'} has a field with an unknown name"
        hint = f"Write each field as its name, a colon, a space and its value. {hint}"
    is_name = isinstance(value, str) and _VARIABLE.fullmatch(value) and not looks_like_secret(value)
    if _SECRET_FIELD.search(key) and not is_name:
        hint = f"{hint} Never write a passcode here, only the name of the variable that contains it. {_ROTATE}"
    return Finding(Code.UNKNOWN_FIELD, file, path, message, hint, at_key=True)


def has_good_names(name: str, entry: Mapping[str, Any], file: str, findings: list[Finding]) -> bool:
    """Whether no field of a valid account looks like a secret. Otherwise, findings are added to `findings`."""
    found = [
        bad_variable(("accounts", name, field), file, is_name=True)
        for field in VARIABLES
        if looks_like_secret(entry.get(field, ""))
    ]
    passcode_file = entry.get("passcode_file", "")
    if "/" not in passcode_file and "\\" not in passcode_file and looks_like_secret(passcode_file):
        path = ("accounts", name, "passcode_file")
        help_ = f"Write the path of the file, like /run/secrets/clevertap or ./passcode. {_ROTATE}"
        found.append(
            Finding(
                Code.BAD_FORMAT, file, path, f"{dotted(path)} looks like a secret, not like the path of a file", help_
            )
        )
    if passcode_file.startswith("~"):
        path = ("accounts", name, "passcode_file")
        help_ = "Write the whole path, like /home/asha/passcode or /run/secrets/clevertap."
        message = f"{dotted(path)} begins with ~, which is not replaced by your home folder here"
        found.append(Finding(Code.BAD_FORMAT, file, path, message, help_))
    findings += found
    return not found


def without_quotes(problems: Iterable[Problem], data: bytes) -> list[Problem]:
    """Return the problems of an unreadable file, without text quoted from it if it may contain accounts."""
    if not _ACCOUNTS_FILE.search(data.replace(b"\0", b"")):
        return list(problems)
    found = []
    for each in problems:
        message, help_ = _QUOTING.get(each.code, (each.message, each.help))
        if each.code is Code.YAML_SYNTAX and ": " in help_:
            help_ = f"{help_.partition(': ')[0]}."  # the text that follows the colon is from the file
        found.append(replace(each, message=message, help=help_, source=""))
    return found
