from __future__ import annotations

import pytest

from runner.definitions import regions
from runner.definitions.schema.schemas import schema

_REGION = schema("accounts")["$defs"]["account"]["properties"]["region"]
COUNTRIES = dict(zip(_REGION["enum"], _REGION["enumDescriptions"], strict=True))


def test_the_schema_knows_every_region() -> None:
    field = schema("accounts")["$defs"]["account"]["properties"]["region"]
    assert sorted(field["enum"]) == sorted(regions.HOSTS)
    assert len(field["enumDescriptions"]) == len(regions.HOSTS)
    assert all(region in field["description"] for region in regions.HOSTS)


def test_every_region_is_one_service() -> None:
    assert len({regions.identify_service(regions.base_url(region)) for region in regions.HOSTS}) == 1


def test_people_in_south_korea_read_times_by_their_own_clocks() -> None:
    assert regions.base_url("sk1") == "https://sk1.api.clevertap.com"
    assert regions.timezone("sk1") == "Asia/Seoul"


def test_the_host_of_europe_has_two_names() -> None:
    assert regions.usual_host("eu1.api.clevertap.com") == regions.HOSTS["eu1"]
    assert regions.usual_host("in1.api.clevertap.com") == "in1.api.clevertap.com"


@pytest.mark.parametrize(
    "addresses",
    [
        ("https://api.clevertap.com", "https://eu1.api.clevertap.com", "https://IN1.API.CleverTap.com.:443/"),
        ("http://localhost:8642", "http://127.0.0.1:8642/", "http://[::1]:8642", "http://[0:0::1]:8642", "http://127.9.9.9:8642"),
        ("http://[::ffff:127.0.0.1]", "http://LOCALHOST", "http://localhost.:80"),
        ("https://proxy.example.com", "https://PROXY.example.com.:443"),
        ("http://[2001:db8::1]:80", "http://[2001:DB8:0:0::1]"),
    ],
)  # fmt: skip
def test_one_service_has_many_addresses(addresses: tuple[str, ...]) -> None:
    assert len(set(map(regions.identify_service, addresses))) == 1


@pytest.mark.parametrize(
    "addresses",
    [
        ("http://localhost:1", "http://localhost:2"),
        ("http://gateway.example.com", "https://gateway.example.com"),
        ("https://clevertap.com.example.com", "https://notclevertap.com", "https://api.clevertap.com"),
        ("http://localhost:99999", "http://localhost:99998"),
        ("http://[::1", "http://[::2"),
        ("http://10.0.0.1", "http://10.0.0.2"),
    ],
)
def test_other_addresses_are_other_services(addresses: tuple[str, ...]) -> None:
    assert len(set(map(regions.identify_service, addresses))) == len(addresses)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("India", "in1"),
        (" united states ", "us1"),
        ("https://sg1.dashboard.clevertap.com", "sg1"),
        ("mec1.api.clevertap.com", "mec1"),
        ("IN1", "in1"),
    ],
)
def test_a_country_or_an_address_has_a_region(text: str, region: str) -> None:
    assert regions.region_hint(text, COUNTRIES) == f"Write {region}."


def test_an_unknown_region_is_answered_with_all_of_them() -> None:
    hint = regions.region_hint("Mars", COUNTRIES)
    assert all(f"{region} is {country}" in hint for region, country in COUNTRIES.items())
