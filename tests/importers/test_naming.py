from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers import payload
from runner.importers.draft import Draft
from runner.importers.naming import ids_for, slug
from runner.importers.payloads import PayloadPlace
from runner.importers.text import Piece, text_of


def draft(name: str, **fields: str) -> Draft:
    whole = text_of(b"{}", "f")
    return Draft({**payload(name=name), **fields}, {}, PayloadPlace(Piece(whole, "{}"), 0))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Sa Re Ga Ma: episode 12!", "sa-re-ga-ma-episode-12"),
        ("Café Ödland", "cafe-odland"),
        ("  --x__y.. ", "x-y"),
        ("सा रे गा मा", ""),
        ("x" * 300, "x" * 112),
    ],
)
def test_a_slug_is_what_can_be_read_of_a_name(text: str, made: str) -> None:
    assert slug(text) == made


def test_ids_are_from_the_name_and_unique_also_in_the_set() -> None:
    drafts = [draft("A b"), draft("a B"), draft("x", id="a-b-3"), draft("A B"), draft("c")]
    assert list(ids_for(drafts, ["c"])) == ["a-b", "a-b-2", "a-b-3", "a-b-4", "c-2"]


def test_a_name_in_a_script_of_its_own_gets_the_event_before_its_digits() -> None:
    drafts = [draft("सा रे गा मा 12"), draft("सा रे"), draft("இசை"), draft("இசை", business_event="இசை")]
    assert list(ids_for(drafts, [])) == ["program-released-12", "program-released", "program-released-2", "bulletin"]


@given(st.lists(st.text(max_size=200), max_size=8), st.lists(st.from_regex(r"[a-c](-2)?", fullmatch=True)))
def test_every_id_is_good_and_new(names: list[str], taken: list[str]) -> None:
    ids = list(ids_for(map(draft, names), taken))
    assert len(set(ids)) == len(names)
    assert not set(ids) & set(taken)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,119}", each) for each in ids)
