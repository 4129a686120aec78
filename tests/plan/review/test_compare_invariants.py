"""What holds for every comparison, whatever the two sets are."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from plan import NOW, make_bulletin
from runner.definitions.model import Account, Bulletin, BusinessEvent, Definitions, Place
from runner.plan.firing import firings
from runner.plan.review.compare import BulletinChange, ChangeKind, Comparison, SharedChange, compare

# Few values of each kind: bulletins that are alike are what is looked for.
ACCOUNTS = st.sampled_from([("india",), ("europe",), ("india", "europe"), ("asia", "europe")])
PLACE = Place("x.yaml", 1, 1, 0)


@st.composite
def bulletins(draw: st.DrawFn) -> Bulletin:
    return make_bulletin(
        draw(st.sampled_from("abcdefgh")),
        name=draw(st.sampled_from(["one", "two"])),
        properties=draw(st.sampled_from([{}, {"x": "1"}, {"x": "2", "y": ""}])),
        accounts=draw(ACCOUNTS),
        at=draw(st.sampled_from([None, NOW, NOW + timedelta(hours=1)])),
        enabled=draw(st.booleans()),
        tags=draw(st.sampled_from([(), ("x",), ("x", "y")])),
        revision=draw(st.integers(1, 2)),
        inherited=draw(st.sampled_from([frozenset[str](), frozenset({"name", "properties.x"})])),
        place=Place("x.yaml", draw(st.integers(1, 9)), 1, 0),
    )


PROPERTIES: list[dict[str, Any] | None] = [None, {}, {"x": None}, {"x": {"enum": []}}]


@st.composite
def sets(draw: st.DrawFn) -> Definitions:
    accounts = draw(st.dictionaries(st.sampled_from(["india", "europe", "asia"]), st.sampled_from(["in1", "sg1"])))
    events = draw(st.dictionaries(st.sampled_from(["Program Released", "Sale"]), st.sampled_from(PROPERTIES)))
    return Definitions(
        {name: Account(name, f"https://{region}", "A", PLACE, region=region) for name, region in accounts.items()},
        {name: BusinessEvent(name, PLACE, properties=properties) for name, properties in events.items()},
        tuple(draw(st.lists(bulletins(), max_size=8, unique_by=lambda each: each.id))),
        (),
    )


def kinds(comparison: Comparison, *wanted: ChangeKind) -> list[str]:
    return [change.bulletin.id for change in comparison.bulletins if change.kind in wanted]


def renames(comparison: Comparison) -> set[tuple[str, str]]:
    return {
        (change.before.id, change.bulletin.id)
        for change in comparison.bulletins
        if change.kind is ChangeKind.RENAMED and change.before
    }


@given(sets())
def test_a_set_is_not_different_from_itself(one: Definitions) -> None:
    assert compare(one, one) == Comparison((), (), ())


@given(sets(), sets())
def test_every_id_is_accounted_for_once(old: Definitions, new: Definitions) -> None:
    found = compare(old, new)
    before, after = {each.id for each in old.bulletins}, {each.id for each in new.bulletins}
    was = {name for name, _ in renames(found)}
    reported = Counter([change.bulletin.id for change in found.bulletins])
    reported.update(was)
    assert max(reported.values(), default=1) == 1
    assert set(kinds(found, ChangeKind.ADDED, ChangeKind.RENAMED)) == after - before
    assert set(kinds(found, ChangeKind.REMOVED)) | was == before - after
    assert set(kinds(found, ChangeKind.CHANGED)) <= before & after


@given(sets(), sets())
def test_the_other_way_round_what_came_goes(old: Definitions, new: Definitions) -> None:
    there, back = compare(old, new), compare(new, old)
    assert set(kinds(there, ChangeKind.ADDED)) == set(kinds(back, ChangeKind.REMOVED))
    assert set(kinds(there, ChangeKind.REMOVED)) == set(kinds(back, ChangeKind.ADDED))
    assert set(kinds(there, ChangeKind.CHANGED)) == set(kinds(back, ChangeKind.CHANGED))
    assert renames(there) == {(was, became) for became, was in renames(back)}
    turned = {
        ChangeKind.ADDED: ChangeKind.REMOVED,
        ChangeKind.REMOVED: ChangeKind.ADDED,
        ChangeKind.CHANGED: ChangeKind.CHANGED,
    }
    for there_part, back_part in ((there.accounts, back.accounts), (there.events, back.events)):
        assert {(each.name, each.kind) for each in there_part} == {(each.name, turned[each.kind]) for each in back_part}


@given(sets(), sets())
def test_what_is_said_to_differ_does_and_each_field_once(old: Definitions, new: Definitions) -> None:
    found = compare(old, new)
    every: list[BulletinChange | SharedChange] = [*found.bulletins, *found.accounts, *found.events]
    for change in every:
        assert all(field.old != field.new for field in change.fields)
        assert len({field.field for field in change.fields}) == len(change.fields)
        assert bool(change.fields) == (change.kind in (ChangeKind.CHANGED, ChangeKind.RENAMED))


@given(sets(), sets())
def test_the_order_is_that_of_the_files(old: Definitions, new: Definitions) -> None:
    found = [change.bulletin.id for change in compare(old, new).bulletins]
    after = [each.id for each in new.bulletins]
    removed = [each.id for each in old.bulletins if each.id not in after]
    assert found == [name for name in [*after, *removed] if name in found]


@given(sets(), sets())
def test_untouched_firings_are_what_they_were(old: Definitions, new: Definitions) -> None:
    found = compare(old, new)
    before = {firing.key: firing.fingerprint for firing in firings(old, NOW)}
    for firing in firings(new, NOW):
        if not found.touched(firing.key):
            assert before[firing.key] == firing.fingerprint
