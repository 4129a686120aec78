"""The hosts of the API, once. Source: CleverTap's developer site, "Region" on every API page."""

from __future__ import annotations

HOSTS = {
    "in1": "in1.api.clevertap.com",  # India
    "sg1": "sg1.api.clevertap.com",  # Singapore
    "us1": "us1.api.clevertap.com",  # United States
    "aps3": "aps3.api.clevertap.com",  # Indonesia
    "mec1": "mec1.api.clevertap.com",  # Middle East (UAE)
    "eu1": "api.clevertap.com",  # Europe, the default: there is no host eu1.
}


def base_url(region: str) -> str:
    """The address of a region's API. Raises KeyError for a region that is none."""
    return f"https://{HOSTS[region]}"
