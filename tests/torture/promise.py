"""The promise as a pure function: what was asked for, what people got, what the ledger says → what was broken.

`accepted` counts how often each bulletin was raised; `rows` are the ledger's (bulletin, state), one for each claim.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.plan.history import BLOCKING, State

_SETTLED = (*BLOCKING, State.FAILED, State.EXPIRED)


class BrokenPromiseError(Exception):
    """What was found broken, and the seed that finds it again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Bulletins by id. All but `in_doubt` and `pending` must be empty, and `pending` too once all runs are over."""

    sent_twice: frozenset[str]
    held_twice: frozenset[str]  # two rows that each say that it may have been sent
    forgotten: frozenset[str]  # raised, but the ledger would let it be sent again
    invented: frozenset[str]  # fired by the ledger, but nobody got it
    strange: frozenset[str]  # nobody asked for it
    in_doubt: frozenset[str]
    pending: frozenset[str]  # still to be sent by the next run

    def broken(self, *, over: bool) -> str:
        """What is broken, in words; empty where the promise holds. `over`: nothing may be pending any more."""
        faults = {
            "sent twice": self.sent_twice,
            "held twice": self.held_twice,
            "raised but not remembered": self.forgotten,
            "fired by the ledger but never raised": self.invented,
            "never asked for": self.strange,
            "lost": self.pending if over else frozenset(),
        }
        return "; ".join(f"{what}: {', '.join(sorted(names))}" for what, names in faults.items() if names)


def judge(ids: Iterable[str], accepted: Mapping[str, int], rows: Iterable[tuple[str, str]]) -> Verdict:
    """Holds the three against each other. A claim counts as in doubt: every run is taken to be over."""
    asked, known = frozenset(ids), list(rows)
    held = Counter(bulletin for bulletin, state in known if state in BLOCKING)
    fired = frozenset(bulletin for bulletin, state in known if state == State.FIRED)
    settled = frozenset(bulletin for bulletin, state in known if state in _SETTLED)
    raised = frozenset(bulletin for bulletin, count in accepted.items() if count)
    return Verdict(
        sent_twice=frozenset(bulletin for bulletin, count in accepted.items() if count > 1),
        held_twice=frozenset(bulletin for bulletin, count in held.items() if count > 1),
        forgotten=raised - frozenset(held),
        invented=fired - raised,
        strange=(raised | frozenset(bulletin for bulletin, _ in known)) - asked,
        in_doubt=frozenset(held) - fired,
        pending=asked - settled,
    )


def code_for(outcomes: Iterable[str | None], *, cut_short: bool = False) -> int:
    """The exit code that goes with a report's outcomes, of a run that nobody interrupted."""
    seen = set(outcomes)
    if "in_doubt" in seen:
        return 4
    if cut_short:
        return 1 if "fired" in seen else 5
    return 1 if seen & {"failed", "expired"} else 0
