"""The results of a run that a person has to know about, folded by what they have in common. All formats use these.

In: a report's document. Out: groups, the most urgent first. Results are alike if they have the same outcome, the same
code of their reason, and the same text without what varies, such as ids and times. Results that a person has resolved
are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from runner.alike_group import AlikeGroup, fold
from runner.definitions.suggest import counted
from runner.fire.outcome import Outcome
from runner.fixed_text import fixed_text
from runner.reason import ReasonCode
from runner.report.document.entry_text import label, own_values, reason_and_resolution
from runner.report.document.run_summary import unlisted_skipped
from runner.report.vocabulary import OUTCOMES

# Outcomes that a person has to know about, the most urgent first.
NEWS = [outcome for outcome, term in OUTCOMES.items() if term.severity is not None]


@dataclass(frozen=True, slots=True, eq=False)
class NewsItem:
    """Something that a person has to know about one result: its outcome and reason, or one of its warnings.

    `outcome` is None for a warning. `number` is the place of the result in the document.
    """

    entry: Mapping[str, Any]
    outcome: str | None
    text: str
    number: int = 0

    @property
    def common(self) -> Hashable:
        """What it has in common with those that are alike."""
        code = None if self.outcome is None else self.entry.get("reason_code")
        return self.outcome, code, fixed_text(self.text, own_values(self.entry))


def news_of(entry: Mapping[str, Any], number: int = 0) -> Iterator[NewsItem]:
    """Return what a person has to know about one result."""
    if entry["outcome"] in NEWS and not entry.get("resolution"):
        yield NewsItem(entry, entry["outcome"], reason_and_resolution(entry) or entry["error"] or "", number)
    if entry["outcome"] is not None and OUTCOMES[entry["outcome"]].goes_out:
        yield from (NewsItem(entry, None, warning, number) for warning in entry["warnings"])


def alike_results(document: Mapping[str, Any]) -> list[AlikeGroup[NewsItem]]:
    """Return the groups: by outcome, the most urgent first, and then the warnings about firings that were sent.

    The first of a refused run's skipped firings are listed in the document; their group counts all of them.
    """
    groups = fold_news(item for number, entry in enumerate(document["results"]) for item in news_of(entry, number))
    unlisted = unlisted_skipped(document)
    return [replace(each, count=each.count + unlisted) if _is_refusal(each) else each for each in groups]


def fold_news(items: Iterable[NewsItem]) -> list[AlikeGroup[NewsItem]]:
    """Return the groups of these items, the most urgent first."""
    groups = fold(items, lambda each: each.common, variety=lambda each: each.entry["id"])
    order: list[str | None] = [*NEWS, None]
    return sorted(groups, key=lambda group: order.index(group.first.outcome))


def _is_refusal(group: AlikeGroup[NewsItem]) -> bool:
    first = group.first
    return first.outcome == Outcome.SKIPPED and first.entry["reason_code"] == ReasonCode.RUN_REFUSED


def more_text(group: AlikeGroup[NewsItem], shown: Iterable[NewsItem]) -> str:
    """Return the count of the instances that are not `shown`, such as `37 more, from … to …`; empty if all are."""
    numbers = {each.number for each in shown}
    others = [each.entry for each in group.instances if each.number not in numbers]
    count = group.count - len(numbers)
    if not count:
        return ""
    bulletins = {(each["account"], each["id"]) for each in others}
    if len(bulletins) == 1 and count == len(others) > 1:
        first, last = others[0], others[-1]
        return f"{count:,} more of {first['id']} in {first['account']}, {first['occurrence']} to {last['occurrence']}"
    ids = {each["id"] for each in others}
    of_bulletins = f" of {counted(len(ids), 'bulletin')}" if len(ids) < len(others) else ""
    return f"{count:,} more{of_bulletins}"


def names_text(group: AlikeGroup[NewsItem]) -> str:
    """Return the names of the leading instances and the count of the others: `a, b, c and 5 more`."""
    names = list(dict.fromkeys(label(each.entry) for each in group.leading))
    more = group.count - len(names) if len(names) < len(group.leading) else group.unshown()
    return ", ".join(names) + (f" and {more:,} more" if more else "")


def accounts_text(group: AlikeGroup[NewsItem]) -> str:
    """Return how many firings of the group are in which account: `12 in india, 3 in europe`."""
    counts = Counter(each.entry["account"] for each in group.instances)
    if len(counts) == 1:
        counts[group.first.entry["account"]] = group.count
    return ", ".join(f"{count:,} in {account}" for account, count in counts.items())
