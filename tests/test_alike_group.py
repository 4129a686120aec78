from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.alike_group import MOST_SHOWN, fold


def test_what_has_something_in_common_is_one_group() -> None:
    groups = fold(["ant", "bee", "ape", "auk", "asp", "adder"], lambda each: each[0])

    assert [(group.leading, group.count, group.unshown()) for group in groups] == [
        (("ant", "ape", "auk"), 5, 2),
        (("bee",), 1, 0),
    ]
    assert groups[0].shown(whole=True) == ("ant", "ape", "auk", "asp", "adder")


def test_a_fourth_instance_is_shown_rather_than_counted() -> None:
    (group,) = fold("abcd", lambda each: None)

    assert (group.leading, group.unshown()) == (tuple("abcd"), 0)


def test_the_leading_instances_differ_where_possible() -> None:
    (group,) = fold(["a1", "a2", "a3", "a4", "b1", "a5", "c1"], lambda each: None, variety=lambda each: each[0])

    assert group.leading == ("a1", "b1", "c1")


def test_the_first_instances_fill_up_what_does_not_differ() -> None:
    (group,) = fold(["a1", "a2", "a3", "a4", "b1"], lambda each: None, variety=lambda each: each[0])

    assert group.leading == ("a1", "a2", "b1")


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4))), st.sampled_from([None, 1, 5]))
def test_nothing_is_lost_and_the_order_stays(found: list[tuple[int, int]], most_kept: int | None) -> None:
    groups = fold(found, lambda each: each[0], variety=lambda each: each[1], most_kept=most_kept)

    assert sum(group.count for group in groups) == len(found)
    assert [group.first[0] for group in groups] == list(dict.fromkeys(each[0] for each in found))
    for group in groups:
        of_it = [each for each in found if each[0] == group.first[0]]
        assert group.instances == tuple(of_it[:most_kept])
        assert group.first == group.leading[0]
        assert len(group.leading) == min(len(group.instances), max(MOST_SHOWN, len(group.leading)))
        assert len(group.leading) <= MOST_SHOWN + 1
