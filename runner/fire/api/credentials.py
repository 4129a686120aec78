"""The credentials of the accounts: read from environment variables and files, checked, and never shown.

A passcode gives access to the whole account, and a pull request can change `base_url`. So a passcode is sent only to
CleverTap's hosts, to this machine, and to hosts that the operator allowed on the command line.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

from runner.definitions.model import Account
from runner.definitions.regions import HOSTS
from runner.definitions.regions import is_loopback as is_loopback
from runner.definitions.schema.credential_fields import is_surely_a_name
from runner.errors import ErrorCode, UserError
from runner.fire.api.redaction import Redactor

MAX_FILE_BYTES = 4096  # of a file that holds a passcode

_DOMAIN = "." + HOSTS["eu1"]  # every region's host is a subdomain of the default one
_PASSCODE, _ACCOUNT_ID, _PROXY = "[passcode]", "[account id]", "[proxy password]"
_LEAST_ID = 4  # characters; a shorter id occurs in ordinary words, and is too short to be a passcode by mistake
# Only scheme, host and port: programs disagree about other parts of a URL, and some would read another host.
_ADDRESS = re.compile(r"(https?)://([a-z0-9][a-z0-9.-]*|\[[0-9a-f:]+\])(:[0-9]{1,5})?/?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The id and the passcode of an account, and the redactor that removes credentials from texts.

    Neither credential is in the repr. Without a `redactor`, only the account's own credentials are removed.
    """

    account_id: str = field(repr=False)
    passcode: str = field(repr=False)
    redactor: Redactor | None = field(default=None, repr=False, compare=False)

    def redacted(self, text: str) -> str:
        """Return the start of the text without any known credential, however it is encoded in the text."""
        return (self.redactor or _own_redactor(self.account_id, self.passcode)).redacted(text)


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of the variables and the file that an account names. A value that can't be read is empty.

    `faults` lists the reasons why they can't be used. A value that can't be used may still be a secret.
    """

    account: Account
    account_id: str = field(repr=False)
    passcode: str = field(repr=False)
    faults: tuple[str, ...] = ()


def read_credentials(accounts: Iterable[Account], environment: Mapping[str, str]) -> list[Reading]:
    """Return the credentials that are set on this machine for each of the accounts. Raises nothing."""
    return [_reading(account, environment) for account in accounts]


def load_credentials(
    readings: Iterable[Reading], needed: Iterable[Account], environment: Mapping[str, str]
) -> dict[str, Credentials]:
    """Return the credentials of the accounts `needed`, by name. Each of them redacts the secrets of all readings.

    Raises UserError with a list of all missing or unusable values.
    """
    by_name = {reading.account.name: reading for reading in readings}
    ids = [reading.account_id for reading in by_name.values()]
    passcodes = [reading.passcode for reading in by_name.values()]
    redactor = Redactor({**dict.fromkeys(_proxy_passwords(environment), _PROXY), **_labels(ids, passcodes)})
    used = [by_name[account.name] for account in needed]
    if faults := [fault for reading in used for fault in reading.faults]:
        raise UserError(
            ErrorCode.CREDENTIALS_MISSING,
            f"credentials are missing or unusable: {'; '.join(dict.fromkeys(faults))}",
            help="Set them on the machine on which this command runs, then run the command again. The definitions of"
            " the accounts name the variables and files. To try without them, use --sandbox.",
        )
    return {each.account.name: Credentials(each.account_id, each.passcode, redactor) for each in used}


@lru_cache
def _own_redactor(account_id: str, passcode: str) -> Redactor:
    return Redactor(_labels([account_id], [passcode]))


def _labels(ids: Iterable[str], passcodes: Iterable[str]) -> dict[str, str]:
    """Return the label that replaces each credential. A value that is both id and passcode counts as a passcode."""
    long_ids = (account_id for account_id in ids if len(account_id) >= _LEAST_ID)
    return {**dict.fromkeys(long_ids, _ACCOUNT_ID), **dict.fromkeys(passcodes, _PASSCODE)}


def _proxy_passwords(environment: Mapping[str, str]) -> Iterator[str]:
    """Return the passwords of the proxies that the environment names: an error of the network may quote one."""
    for name, value in environment.items():
        if name.lower().endswith("_proxy") and "@" in value:
            # Without urlsplit: it raises for malformed addresses, and those are the ones that errors quote.
            _, _, password = value.rpartition("@")[0].rpartition("//")[2].partition(":")
            yield from {password, unquote(password)}


def _reading(account: Account, environment: Mapping[str, str]) -> Reading:
    faults: list[str] = []
    account_id = _variable(account, "account_id_env", account.account_id_env, environment, faults)
    if account.passcode_file is None:
        passcode = _variable(account, "passcode_env", account.passcode_env or "", environment, faults)
    else:
        passcode = _content(account, account.passcode_file, faults)
    return Reading(account, account_id, passcode, tuple(faults))


def _variable(account: Account, field: str, name: str, environment: Mapping[str, str], faults: list[str]) -> str:
    value = environment.get(name, "")
    if not value and is_surely_a_name(name):
        faults.append(f"the variable {name} is not set")
    elif not value:
        faults.append(f"the variable that {field} of {account.name} ({account.place}) names is not set")
    else:
        _check(value, f"the variable {name}", faults)
    return value


def _content(account: Account, path: str, faults: list[str]) -> str:
    """Return the content of a passcode file. Messages don't quote its path: it may be a passcode by mistake."""
    where = f"the passcode_file of {account.name} ({account.place})"
    try:
        text = _bytes(path).rstrip(b"\r\n").decode("ascii")
    except FileNotFoundError:
        faults.append(f"{where} does not exist")
    except UnicodeDecodeError:
        faults.append(f"{where} is not plain ASCII text: save it as UTF-8 without a byte order mark")
    except _Unusable as error:
        faults.append(f"{where} {error}")
    except (OSError, ValueError) as error:  # ValueError: the text can't be a path, such as one with a NUL
        faults.append(f"{where} can't be read: {getattr(error, 'strerror', None) or 'it is not the path of a file'}")
    else:
        _check(text, where, faults)
        return text
    return ""


class _Unusable(Exception):
    """The reason why a file can't hold a passcode. In a message it follows the name of the file."""


def _bytes(path: str) -> bytes:
    # O_NONBLOCK: a named pipe must not block the run. O_NOCTTY: a terminal must not become the process's terminal.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    if not stat.S_ISREG(os.stat(path).st_mode):  # checked before opening, which has an effect on some devices
        raise _Unusable("is not a regular file")
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _Unusable("is not a regular file")
        data = b""
        while len(data) <= MAX_FILE_BYTES and (more := os.read(descriptor, MAX_FILE_BYTES + 1 - len(data))):
            data += more
    finally:
        os.close(descriptor)
    if len(data) > MAX_FILE_BYTES:
        raise _Unusable(f"is larger than {MAX_FILE_BYTES // 1024} KiB, so it can't be a passcode")
    return data


def _check(value: str, where: str, faults: list[str]) -> None:
    # Other values can't be sent in an HTTP header, and the exception of a library would quote the secret.
    if not value or not (value.isascii() and value.isprintable()) or " " in value:
        faults.append(f"{where} is empty, or contains a space, a line break or a character that is not plain ASCII")


def check_hosts(accounts: Iterable[Account], allowed: Collection[str]) -> None:
    """Raise UserError if an account's credentials would be sent to a host that is not CleverTap's.

    `allowed` are additional hosts. They come from the operator's command line, never from a definition.
    """
    for account in accounts:
        match = _ADDRESS.fullmatch(account.base_url)
        scheme, host = (match[1].lower(), match[2].strip("[]").lower()) if match else ("", "")
        if is_loopback(host) or (host and host in allowed):
            continue
        if scheme == "https" and (host == HOSTS["eu1"] or host.endswith(_DOMAIN)):
            continue
        trusted = f"; if you trust that host, add --allow-host {host}" if host else ""
        raise UserError(
            ErrorCode.FOREIGN_HOST,
            f"the account {account.name} would send its passcode to {account.base_url}, which is not CleverTap's",
            help=f"Write region instead of base_url{trusted}.",
        )
