"""Credentials: read at the edge, checked, shown to nobody; and the hosts that they may go to.

A passcode is an admin's key to the whole account, and `base_url` comes with a pull request: it must not be able
to carry the passcode away.
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
from runner.errors import UserError
from runner.fire.api.redaction import Redactor

MAX_FILE_BYTES = 4096  # of a file that holds a passcode

_DOMAIN = "." + HOSTS["eu1"]  # every region's host is a subdomain of the default one
_PASSCODE, _ACCOUNT_ID, _PROXY = "[passcode]", "[account id]", "[proxy password]"
_LEAST_ID = 4  # characters: a shorter id is part of ordinary words, and no passcode in the wrong variable
# Nothing but scheme, host and port: what else a URL may hold, programs read differently, and some see another host.
_ADDRESS = re.compile(r"(https?)://([a-z0-9][a-z0-9.-]*|\[[0-9a-f:]+\])(:[0-9]{1,5})?/?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account's id and passcode, both left out of its repr, and what takes credentials out of texts.

    Where no redactor is given, it knows the account's own credentials.
    """

    account_id: str = field(repr=False)
    passcode: str = field(repr=False)
    redactor: Redactor | None = field(default=None, repr=False, compare=False)

    def redacted(self, text: str) -> str:
        """The start of the text, without any credential that is known, however the text writes its characters."""
        return (self.redactor or _own_redactor(self.account_id, self.passcode)).redacted(text)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is set here in the variables, and in the file, that an account names; empty where nothing can be read.

    `faults` say why they can't be used; a value that can't be used may be a secret all the same.
    """

    account: Account
    account_id: str = field(repr=False)
    passcode: str = field(repr=False)
    faults: tuple[str, ...] = ()


def read_credentials(accounts: Iterable[Account], environment: Mapping[str, str]) -> list[Reading]:
    """What is set here for each of the accounts. Raises nothing."""
    return [_reading(account, environment) for account in accounts]


def load_credentials(
    readings: Iterable[Reading], needed: Iterable[Account], environment: Mapping[str, str]
) -> dict[str, Credentials]:
    """The credentials of the accounts that are `needed`, by name; each knows all secrets of the readings.

    Raises UserError that names all that is missing.
    """
    by_name = {reading.account.name: reading for reading in readings}
    ids = [reading.account_id for reading in by_name.values()]
    passcodes = [reading.passcode for reading in by_name.values()]
    redactor = Redactor({**dict.fromkeys(_proxy_passwords(environment), _PROXY), **_labels(ids, passcodes)})
    used = [by_name[account.name] for account in needed]
    if faults := [fault for reading in used for fault in reading.faults]:
        raise UserError(
            f"credentials are missing or unusable: {'; '.join(dict.fromkeys(faults))}",
            help="Set them where this command runs; the files under bulletins.d name the variables and files.",
        )
    return {each.account.name: Credentials(each.account_id, each.passcode, redactor) for each in used}


@lru_cache
def _own_redactor(account_id: str, passcode: str) -> Redactor:
    return Redactor(_labels([account_id], [passcode]))


def _labels(ids: Iterable[str], passcodes: Iterable[str]) -> dict[str, str]:
    """What is written in place of each; a value that is both is a passcode."""
    long_ids = (account_id for account_id in ids if len(account_id) >= _LEAST_ID)
    return {**dict.fromkeys(long_ids, _ACCOUNT_ID), **dict.fromkeys(passcodes, _PASSCODE)}


def _proxy_passwords(environment: Mapping[str, str]) -> Iterator[str]:
    """The passwords of the proxies that the environment names; an error may quote one."""
    for name, value in environment.items():
        if name.lower().endswith("_proxy") and "@" in value:
            # Not urlsplit: it refuses the addresses that errors are about.
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
    """What a passcode file holds. Its path is not quoted: somebody may have written the passcode there."""
    where = f"the passcode_file of {account.name} ({account.place})"
    try:
        text = _bytes(path).rstrip(b"\r\n").decode("ascii")
    except FileNotFoundError:
        faults.append(f"{where} does not exist")
    except UnicodeDecodeError:
        faults.append(f"{where} is not plain ASCII text: save it as UTF-8 without a byte order mark")
    except _Unusable as error:
        faults.append(f"{where} {error}")
    except (OSError, ValueError) as error:  # ValueError: a text that can't be a path
        faults.append(f"{where} can't be read: {getattr(error, 'strerror', None) or 'it is not the path of a file'}")
    else:
        _check(text, where, faults)
        return text
    return ""


class _Unusable(Exception):
    """Why a file can't hold a passcode, to follow its name."""


def _bytes(path: str) -> bytes:
    # O_NONBLOCK: a named pipe must not hang the run. O_NOCTTY: a terminal must not become this process's own.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    if not stat.S_ISREG(os.stat(path).st_mode):  # opening some devices does something already
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
        raise _Unusable(f"holds more than {MAX_FILE_BYTES // 1024} KiB, so it is no passcode")
    return data


def _check(value: str, where: str, faults: list[str]) -> None:
    # Anything else can't be sent in a header, and a library would quote it whole in its exception.
    if not value or not (value.isascii() and value.isprintable()) or " " in value:
        faults.append(f"{where} holds nothing, a space, a line break or a character that no header can carry")


def check_hosts(accounts: Iterable[Account], allowed: Collection[str]) -> None:
    """Raises UserError where an account's credentials would go to a host that is not the API's.

    `allowed` are the hosts that the operator, never a definition, has allowed beside them.
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
            f"the account {account.name} would send its passcode to {account.base_url}, which is not CleverTap's",
            help=f"Write region instead of base_url{trusted}.",
        )
