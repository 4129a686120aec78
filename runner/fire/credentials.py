"""Credentials: read at the edge, checked, shown to nobody; and the hosts that they may go to.

A passcode is an admin's key to the whole account, and `base_url` comes with a pull request: it must not be able
to carry the passcode away.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html.entities import codepoint2name
from pathlib import Path

from runner.definitions.model import Account
from runner.definitions.regions import HOSTS
from runner.errors import UserError

_DOMAIN = "." + HOSTS["eu1"]  # every region's host is a subdomain of the default one
_HIDDEN = "[passcode]"
# Nothing but scheme, host and port: what else a URL may hold, programs read differently, and some see another host.
_ADDRESS = re.compile(r"(https?)://([a-z0-9][a-z0-9.-]*|\[[0-9a-f:]+\])(:[0-9]{1,5})?/?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account's id and passcode. The passcode is left out of its repr."""

    account_id: str
    passcode: str = field(repr=False)

    def redacted(self, text: str) -> str:
        """The text without the passcode, however plain text, JSON, HTML or a URL writes its characters."""
        return _written(self.passcode).sub(_HIDDEN, text)


@lru_cache
def _written(passcode: str) -> re.Pattern[str]:
    return re.compile("".join(map(_written_character, passcode)))


def _written_character(character: str) -> str:
    code = ord(character)
    escapes = [rf"u{code:04x}", rf"x{code:02x}", f"%{code:02x}", f"&#0*{code};", f"&#x0*{code:x};"]
    if code in codepoint2name:
        escapes.append(f"&{codepoint2name[code]};")
    # Escapes come with backslashes before them, and more of those where JSON stands within JSON.
    return rf"\\{{0,8}}(?:{re.escape(character)}|(?i:{'|'.join(escapes)}))"


def load_credentials(accounts: Iterable[Account], environment: Mapping[str, str]) -> dict[str, Credentials]:
    """The credentials of each account, by its name. Raises UserError that names all that is missing."""
    found: dict[str, Credentials] = {}
    faults: list[str] = []
    for account in accounts:
        account_id = _variable(account.account_id_env, environment, faults)
        passcode = _passcode(account, environment, faults)
        if account_id and passcode:
            found[account.name] = Credentials(account_id, passcode)
    if faults:
        raise UserError(
            f"credentials are missing or unusable: {'; '.join(dict.fromkeys(faults))}",
            help="Set them where this command runs; the files under bulletins.d name the variables.",
        )
    return found


def _passcode(account: Account, environment: Mapping[str, str], faults: list[str]) -> str:
    if account.passcode_file is None:
        return _variable(account.passcode_env or "", environment, faults)
    try:
        text = Path(account.passcode_file).read_text(encoding="ascii").rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not plain ASCII text"
        faults.append(f"the file {account.passcode_file}: {reason}")
        return ""
    return _checked(text, f"the file {account.passcode_file}", faults)


def _variable(name: str, environment: Mapping[str, str], faults: list[str]) -> str:
    value = environment.get(name, "")
    if not value:
        faults.append(f"the variable {name} is not set")
        return ""
    return _checked(value, f"the variable {name}", faults)


def _checked(value: str, where: str, faults: list[str]) -> str:
    # Anything else can't stand in a header, and a library would quote it whole in its exception.
    if not value or not (value.isascii() and value.isprintable()) or " " in value:
        faults.append(f"{where} holds nothing, a space, a line break or a character that no header can carry")
        return ""
    return value


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


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine's own loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
