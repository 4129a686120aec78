"""The regions of the API: host and time zone of each, and a comparison of API addresses.

Source of the hosts: CleverTap's developer site, "Region" on every API page; sk1 from CleverTap's partner pages.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

HOSTS = {
    "in1": "in1.api.clevertap.com",
    "sg1": "sg1.api.clevertap.com",
    "us1": "us1.api.clevertap.com",
    "aps3": "aps3.api.clevertap.com",
    "mec1": "mec1.api.clevertap.com",
    "sk1": "sk1.api.clevertap.com",
    "eu1": "api.clevertap.com",  # the default
}
_OTHER_NAMES = {"eu1.api.clevertap.com": HOSTS["eu1"]}  # not in CleverTap's table; its Node SDK uses it
_COMPANY = "clevertap.com"
_PORTS = {"http": 80, "https": 443}
# A region with several time zones is not listed: times are shown in UTC there, and for a base_url.
TIMEZONES = {
    "in1": "Asia/Kolkata",
    "sg1": "Asia/Singapore",
    "aps3": "Asia/Jakarta",
    "mec1": "Asia/Dubai",
    "sk1": "Asia/Seoul",
}


def region_hint(text: str, countries: Mapping[str, str]) -> str:
    """Return which region is meant by another text, such as a country or the address of a dashboard, or list them.

    `countries`: region -> its country.
    """
    words = text.casefold().replace("//", "").replace(".", " ").split()
    for region, country in countries.items():
        if country.casefold() == text.strip().casefold() or not {region, f"https:{region}"}.isdisjoint(words):
            return f"Write {region}."
    meanings = ", ".join(f"{region} is {country}" for region, country in countries.items())
    return f"Write the region that begins the address of the account's dashboard: {meanings}."


def base_url(region: str) -> str:
    """Return the address of the API in a region. Raises KeyError for an unknown region."""
    return f"https://{HOSTS[region]}"


def timezone(region: str | None) -> str:
    """Return the IANA zone for showing times in a region: UTC if the region is None or spans several zones."""
    return TIMEZONES.get(region or "", "UTC")


def usual_host(host: str) -> str:
    """Return the name that CleverTap's table lists for a host: `api.clevertap.com` for `eu1.api.clevertap.com`."""
    return _OTHER_NAMES.get(host, host)


def identify_service(address: str) -> str:
    """Return the service behind an API address: within one service, an account id names one account.

    All hosts of CleverTap are one service, since an account belongs to one region. Any other service is a host with a
    port, regardless of how they are written. All loopback names of this machine are one host.
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
    """Whether a host name or address is the loopback of this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
