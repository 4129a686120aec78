"""What is our own of the explaining engine; that it judges as the fast one does is tested with the schemas."""

from __future__ import annotations

from runner.definitions.schema.validators import explaining_validator, first_repeated


def test_a_list_of_many_mixed_items_is_compared_by_hash() -> None:
    items = [item for number in range(20_000) for item in (number, f"a{number}")]
    validator = explaining_validator({"uniqueItems": True})
    assert validator.is_valid(items)
    assert not validator.is_valid([*items, "a7"])


def test_the_first_repeated_item_is_named() -> None:
    assert first_repeated(["a", 1, {"b": [1]}, "c", {"b": [1]}, "a"]) == 4
    assert first_repeated(["1", 1, True, None]) is None
