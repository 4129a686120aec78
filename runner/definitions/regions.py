"""The regions of the API, once: their hosts, the time zone of the people there, and which addresses are one service.

Source of the hosts: CleverTap's developer site, "Region" on every API page; sk1 from CleverTap's partner pages.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

HOSTS = {
    "in1": "in1.api.clevertap.com",  # India
    "sg1": "sg1.api.clevertap.com",  # Singapore
    "us1": "us1.api.clevertap.com",  # United States
    "aps3": "aps3.api.clevertap.com",  # Indonesia
    "mec1": "mec1.api.clevertap.com",  # Middle East (UAE)
    "sk1": "sk1.api.clevertap.com",  # South Korea
    "eu1": "api.clevertap.com",  # Europe, the default
}
_OTHER_NAMES = {"eu1.api.clevertap.com": HOSTS["eu1"]}  # not in CleverTap's table; its Node SDK uses it
_COMPANY = "clevertap.com"
_PORTS = {"http": 80, "https": 443}
# A region that spans several zones, or a base_url, has no obvious one: UTC.
TIMEZONES = {
    "in1": "Asia/Kolkata",
    "sg1": "Asia/Singapore",
    "aps3": "Asia/Jakarta",
    "mec1": "Asia/Dubai",
    "sk1": "Asia/Seoul",
}


def base_url(region: str) -> str:
    """The address of a region's API. Raises KeyError for a region that is none."""
    return f"https://{HOSTS[region]}"


def timezone(region: str | None) -> str:
    """The time zone in which people of a region read times; UTC where that is not obvious, or there is no region."""
    return TIMEZONES.get(region or "", "UTC")


def usual_host(host: str) -> str:
    """The host as CleverTap's own table names it: `eu1.api.clevertap.com` is `api.clevertap.com`."""
    return _OTHER_NAMES.get(host, host)


def service(address: str) -> str:
    """What is equal for two addresses where one account id means one account.

    An account belongs to one region, so all hosts of CleverTap are one service. Every other service is a host and a
    port, however they are written; all names of this machine's loopback are one host.
    """
    try:
        parts = urlsplit(address)
        host = _plain_host(parts.hostname or "")
        if host == _COMPANY or host.endswith(f".{_COMPANY}"):
            return _COMPANY
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:  # brackets that hold no address, or a port beyond 65535
        return address.lower()
    return f"{'localhost' if is_loopback(host) else host}:{port}"


def _plain_host(host: str) -> str:
    host = host.lower().removesuffix(".")
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(getattr(found, "ipv4_mapped", None) or found)


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine's own loopback."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
