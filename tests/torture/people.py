"""The person who settles doubts, truthfully: what the sandbox raised was sent, and the rest was not."""

from __future__ import annotations

import json

from end_to_end.site import Site

from torture.places import must
from torture.processes import Start, run


def settle_doubts(start: Start, site: Site, seed: str, *, not_sent: bool = True) -> int:
    """Settles by the command line what is in doubt, what was not sent only where wanted; how many were settled."""
    (site.folder / "output").unlink(missing_ok=True)
    listed = run(start, site, "status", "--format", "json")
    must(listed.code == 0, f"status ended with {listed.code}", seed, site)
    raised = {(received.account_id, received.name) for received in site.sandbox.accepted()}
    settled = 0
    for row in json.loads(listed.out)["in_doubt"]:
        was_sent = (row["account"], row["payload"]["name"]) in raised
        if not was_sent and not not_sent:
            continue
        word = "--sent" if was_sent else "--not-sent"
        which = ("--account", row["account"], "--occurrence", row["occurrence"])
        done = run(start, site, "resolve", row["id"], *which, word, "--note", "as the activity log says")
        must(done.code == 0, f"resolve {word} ended with {done.code}", seed, site)
        settled += 1
    return settled
