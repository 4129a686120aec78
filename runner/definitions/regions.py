"""The regions of the API, once: their hosts, and the time zone of the people there.

Source of the hosts: CleverTap's developer site, "Region" on every API page.
"""

from __future__ import annotations

HOSTS = {
    "in1": "in1.api.clevertap.com",  # India
    "sg1": "sg1.api.clevertap.com",  # Singapore
    "us1": "us1.api.clevertap.com",  # United States
    "aps3": "aps3.api.clevertap.com",  # Indonesia
    "mec1": "mec1.api.clevertap.com",  # Middle East (UAE)
    "eu1": "api.clevertap.com",  # Europe, the default: there is no host eu1.
}
# A region that spans several zones, or a base_url, has no obvious one: UTC.
TIMEZONES = {"in1": "Asia/Kolkata", "sg1": "Asia/Singapore", "aps3": "Asia/Jakarta", "mec1": "Asia/Dubai"}


def base_url(region: str) -> str:
    """The address of a region's API. Raises KeyError for a region that is none."""
    return f"https://{HOSTS[region]}"


def timezone(region: str | None) -> str:
    """The time zone in which people of a region read times; UTC where that is not obvious, or there is no region."""
    return TIMEZONES.get(region or "", "UTC")
