"""Whether a firing would repeat what was already sent. Pure: takes the firing and the history, returns the reason.

Duplicates. A payload is sent to an account only once in 24 hours. A firing is a duplicate if another bulletin sent the
same payload there in the last 24 hours or since this firing was due, or sends it earlier in this plan.

Renamed accounts. An account that is no longer defined may have got a new name. So a firing is also a duplicate if the
same bulletin and occurrence was sent in such an account. `allow_duplicate: true` permits both, and `revision` starts
afresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import chain

from runner.plan import reasons
from runner.plan.catch_up import orphan_of
from runner.plan.firing import Firing
from runner.plan.history import History
from runner.reason import Reason

DUPLICATE_WINDOW = timedelta(hours=24)


def duplicate(
    firing: Firing, history: History, now: datetime, sending: Mapping[tuple[str, str], Iterable[str]]
) -> Reason | None:
    """Return why the firing repeats another bulletin; None if it does not.

    `sending`: which bulletins this plan sends already, by account and payload hash.
    """
    if firing.bulletin.allow_duplicate:
        return None
    account = firing.key.account
    for other in sending.get((account, firing.payload_hash), ()):
        if other != firing.key.bulletin:
            return reasons.duplicate_in_plan(account, other)
    for sent in chain.from_iterable(history.recent.get((account, each), ()) for each in firing.payload_hashes):
        is_late = firing.occurrence.due_at is not None and sent.at >= firing.occurrence.due_at
        if sent.key.bulletin != firing.key.bulletin and (is_late or now - sent.at < DUPLICATE_WINDOW):
            return reasons.duplicate_sent(account, sent)
    return None


def account_renamed(firing: Firing, history: History) -> Reason | None:
    """Return why the firing may be a second send to the same people, through a renamed account; None if it is not."""
    if (orphan := orphan_of(firing, history)) is None:
        return None
    return reasons.account_renamed(firing.key.account, firing.key.occurrence, orphan)
