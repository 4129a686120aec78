"""What `new` suggests: the next name, and an id that is free."""

from __future__ import annotations

import pytest

from runner.cli.new.suggestions import free_id, id_of, next_name
from runner.definitions.model import Bulletin, Place

PLACE = Place("x.yaml", 1, 1, 0)


def named(*names: str, event: str = "Show") -> list[Bulletin]:
    return [Bulletin(f"b-{n}", event, name, {}, "a@b.de", ("india",), PLACE) for n, name in enumerate(names)]


@pytest.mark.parametrize(
    ("names", "suggested"),
    [
        ([], "Show"),
        (["Sa Re Ga Ma 12"], "Sa Re Ga Ma 13"),
        (["Sa Re Ga Ma 13", "Sa Re Ga Ma 12"], "Sa Re Ga Ma 14"),
        (["Season 2, episode 09 (Hindi)"], "Season 2, episode 10 (Hindi)"),
        (["Sa Re Ga Ma"], "Sa Re Ga Ma 2"),
        (["Sa Re Ga Ma 12", "Friday, {{ occurrence.date }}"], "Sa Re Ga Ma 13"),
        (["99999999999999999999"], "999999999991000000000"),
    ],
)
def test_the_next_name(names: list[str], suggested: str) -> None:
    assert next_name("Show", [*named(*names), *named("Sale 1", event="Sale")]) == suggested


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("Sa Re Ga Ma, episode 12", "sa-re-ga-ma-episode-12"),
        ("Café", "cafe-2"),
        ("सा रे गा मा 12", "show-12"),
        ("छूट", "show"),
        ("x" * 300, "x" * 100),
    ],
)
def test_an_id_that_is_free(name: str, suggested: str) -> None:
    assert free_id(name, "Show", {"cafe"}) == suggested
    assert id_of(name, "Show") == suggested.removesuffix("-2")


def test_an_id_of_an_event_in_another_script() -> None:
    assert free_id("छूट", "शो", {"bulletin"}) == "bulletin-2"
