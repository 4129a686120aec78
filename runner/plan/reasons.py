"""The reasons that a plan gives: one function for each, with its code and its text.

In: the times and names that a text mentions. Out: a Reason. This is the place to review the language of plans.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from runner.plan.budget import HOUR, HeldByBudget, Limit
from runner.plan.history import KnownFiring, SentFiring, State
from runner.plan.time_text import duration_text, local_and_utc, utc_text, whole_second
from runner.reason import Reason, ReasonCode

_NO_OUTCOME = "the run that held it ended without recording an outcome"
_DUPLICATE_HELP = "change the payload, or write allow_duplicate: true"
_STATE_PHRASES = {
    State.FIRED: "was sent",
    State.IN_DOUBT: "may have been sent",
    State.CLAIMED: "is being sent",
}


def due(due_at: datetime | None) -> Reason:
    """The reason for a firing that is sent now, for the first time."""
    return Reason(ReasonCode.DUE_AT_ONCE if due_at is None else ReasonCode.DUE, _due_text(due_at))


def failed_before(due_at: datetime | None, failures: int, last: str | None) -> Reason:
    """The reason for a firing that is tried again. `last` is the reason of its last failure."""
    tries = "1 earlier try failed" if failures == 1 else f"{failures} earlier tries failed, the last one"
    return Reason(ReasonCode.FAILED_BEFORE, f"{_due_text(due_at)}; {tries}: {last}")


def retried_later(due_at: datetime | None, refusals: int, last: str | None, again_at: datetime) -> Reason:
    """The reason for a firing that was refused several times in a row, and is tried once an hour."""
    again = f"tried once an hour, again from {utc_text(whole_second(again_at))}, or at once after an edit"
    text = f"{_due_text(due_at)}; refused {refusals} times in a row: {last}; {again}"
    return Reason(ReasonCode.RETRIED_LATER, text)


def _due_text(due_at: datetime | None) -> str:
    return f"due since {utc_text(due_at)}" if due_at else "due at once (no schedule)"


def not_due(due_at: datetime, now: datetime) -> Reason:
    """The reason for a firing whose due time has not come."""
    return Reason(ReasonCode.NOT_DUE, f"due {utc_text(due_at)}, in {duration_text(due_at - now)}")


def disabled() -> Reason:
    """The reason for a bulletin that is switched off."""
    return Reason(ReasonCode.ENABLED_FALSE, "enabled is false")


def held_back(held: HeldByBudget, expires_at: datetime | None) -> Reason:
    """The reason for a firing that a budget holds back, and that expires at `expires_at`."""
    until = local_and_utc(whole_second(held.until), held.zone)
    others = "1 other bulletin is" if held.others == 1 else f"{held.others:,} other bulletins are"
    why = f"{others} sent first" if held.others else "all of them were sent"
    then = f"this one can be sent from {until}"
    if expires_at is not None and held.until > expires_at:
        expiry = local_and_utc(expires_at, held.zone)
        then = f"there is room again from {until}, but this one expires before, {expiry}"
    code = ReasonCode.BUDGET_FOR_OTHERS if held.others else ReasonCode.BUDGET_USED_UP
    return Reason(code, f"{_limit_text(held.limit)}, and {why}; {then}")


def _limit_text(limit: Limit) -> str:
    bulletins = "bulletin" if limit.count == 1 else "bulletins"
    what = f"{bulletins} of {limit.event}" if limit.event is not None else bulletins
    unit = "an hour" if limit.window == HOUR else "a day"
    return f"the budget of {limit.account} allows {limit.count:,} {what} {unit}"


def grace_ended(due_at: datetime, expires_at: datetime, now: datetime) -> Reason:
    """The reason for a firing that expired."""
    grace = duration_text(expires_at - due_at)
    return Reason(
        ReasonCode.GRACE_ENDED,
        f"{_was_due(due_at)}; its grace period of {grace} ended {duration_text(now - expires_at)} ago",
    )


def with_budget(ended: Reason, limit: Limit) -> Reason:
    """Add to the reason for an expiry that a budget caused it."""
    return Reason(ReasonCode.GRACE_ENDED_BY_BUDGET, f"{ended}; {_budget_cause(limit)}")


def grace_ended_by_budget(due_at: datetime, limit: Limit) -> Reason:
    """The reason that the ledger stores for an expiry that a budget caused: it mentions no length of time until now."""
    return Reason(ReasonCode.GRACE_ENDED_BY_BUDGET, f"{_was_due(due_at)}; {_budget_cause(limit)}")


def _budget_cause(limit: Limit) -> str:
    return f"{_limit_text(limit)}, and it was used up when the grace period ended"


def expiry_reported(entry: KnownFiring, otherwise: str) -> Reason:
    """The reason for an expiry that a run recorded. `otherwise` is used if the ledger stores no reason with it."""
    return Reason(ReasonCode.EXPIRY_REPORTED, f"{entry.expiry_reason or otherwise}; {_report_note(entry)}")


def expired_unsent(due_at: datetime) -> str:
    """Return the text for a recorded expiry without a stored reason."""
    return f"{_was_due(due_at)}, and expired unsent"


def expiry_reported_early(entry: KnownFiring, due_at: datetime) -> Reason:
    """The reason for a firing that was reported as expired too early. A person may have acted on that report."""
    return Reason(
        ReasonCode.EXPIRY_REPORTED_EARLY,
        f"due {utc_text(due_at)}; run {entry.run} already reported it as expired, because its grace period had ended by"
        " the clock of that machine; change grace to send it",
    )


def _report_note(entry: KnownFiring) -> str:
    if entry.is_reported:
        return f"reported by run {entry.reporter or entry.run}"
    return f"recorded by run {entry.run}, not yet in a report"


def newer_was_sent(due_at: datetime, newer: str) -> Reason:
    """The reason for a missed occurrence. `newer` describes a later one that was sent; the next functions make it."""
    return Reason(ReasonCode.NEWER_WAS_SENT, _latest(due_at, newer))


def newer_of_earlier_schedule(newest: datetime) -> str:
    """Describe a later occurrence, by an earlier schedule."""
    return f"the occurrence of {utc_text(newest)} was sent, or may have been"


def newer_occurrence(occurrence: str, state: State) -> str:
    """Describe a later occurrence that the ledger knows in one of the states BLOCKING."""
    return f"{occurrence} {_STATE_PHRASES[state]}"


def newer_in_renamed_account(occurrence: str, account: str) -> str:
    """Describe a later occurrence that was sent in an account that is no longer defined."""
    return f"{occurrence} was sent in {account}, which is no longer defined"


def newer_is_sent(due_at: datetime, newer: str, *, waits: bool = False) -> Reason:
    """The reason for an occurrence that is replaced by `newer`. `waits`: a budget holds the newer one back."""
    code = ReasonCode.NEWER_WAITS if waits else ReasonCode.NEWER_IS_SENT
    return Reason(code, _latest(due_at, f"{newer} {'waits to be' if waits else 'is'} sent in its place"))


def _latest(due_at: datetime, instead: str) -> str:
    return f"{_was_due(due_at)}; catch_up is latest, and {instead}"


def no_run_in_time(due_at: datetime, in_time: timedelta) -> Reason:
    """The reason for a missed occurrence with `catch_up: none`. `in_time`: how long after the due time is in time."""
    minutes = in_time // timedelta(minutes=1)
    text = f"{_was_due(due_at)}; catch_up is none, and no run started within {minutes}m of its due time"
    return Reason(ReasonCode.NO_RUN_IN_TIME, text)


def only_latest_at_first(due_at: datetime) -> Reason:
    """The reason for an occurrence from before the first run that knew the bulletin."""
    text = f"{_was_due(due_at)}; no run had checked this bulletin before, so only its latest occurrence is sent"
    return Reason(ReasonCode.ONLY_LATEST_AT_FIRST, text)


def only_latest_after_edit(due_at: datetime) -> Reason:
    """The reason for an occurrence from before the schedule was edited."""
    text = f"{_was_due(due_at)}; the schedule was edited since: of all earlier occurrences, only the latest is sent"
    return Reason(ReasonCode.ONLY_LATEST_AFTER_EDIT, text)


def too_late_for_last_run(due_at: datetime) -> Reason:
    """The reason for an occurrence that had expired when a run last looked."""
    text = f"{_was_due(due_at)}; it had already expired when a run last checked this bulletin"
    return Reason(ReasonCode.TOO_LATE_FOR_LAST_RUN, text)


def too_late_for_first_run(due_at: datetime) -> Reason:
    """The reason for an occurrence that expired before any run looked."""
    text = f"{_was_due(due_at)}; its grace period ended before the first run checked this bulletin"
    return Reason(ReasonCode.TOO_LATE_FOR_FIRST_RUN, text)


def _was_due(due_at: datetime) -> str:
    return f"was due {utc_text(due_at)}"


def sent(entry: KnownFiring) -> Reason:
    """The reason for a firing that was sent."""
    return Reason(ReasonCode.SENT, f"sent {utc_text(entry.claimed_at)} by run {entry.run}")


def sent_as_other_occurrence(entry: KnownFiring, occurrence: str) -> Reason:
    """The reason for a firing that was sent under another occurrence name than `occurrence`."""
    code = ReasonCode.SENT_AS_OTHER_OCCURRENCE
    return Reason(code, f"sent {_claimed(entry, occurrence)}, by run {entry.run}")


def when_sent(entry: KnownFiring, occurrence: str = "") -> str:
    """Return when a firing was sent, and as which occurrence if that is not `occurrence`."""
    other = "" if occurrence in ("", entry.key.occurrence) else f" as {entry.key.occurrence}"
    return f"sent {utc_text(entry.claimed_at)}{other}"


def how_to_send_again(*, recurs: bool) -> str:
    """Return what a person can do so that an edit after sending takes effect."""
    return "the next occurrence uses the edit" if recurs else "raise revision to send it again"


def edited_after_sending(entry: KnownFiring, *, recurs: bool) -> Reason:
    """The reason for a firing that was sent and edited since."""
    text = f"{when_sent(entry)}, edited since: the edit sends nothing; {how_to_send_again(recurs=recurs)}"
    return Reason(ReasonCode.EDITED_AFTER_SENDING, text)


def may_have_been_sent(entry: KnownFiring, bulletin: str, occurrence: str) -> Reason:
    """The reason for a firing in doubt."""
    hint = f"look for it in the dashboard's activity log, then run bulletins resolve {bulletin}"
    text = f"it may have been sent {_claimed(entry, occurrence)}: {entry.reason or _NO_OUTCOME}; {hint}"
    return Reason(ReasonCode.MAY_HAVE_BEEN_SENT, text)


def being_sent(entry: KnownFiring) -> Reason:
    """The reason for a firing that another run has claimed."""
    return Reason(ReasonCode.BEING_SENT, f"run {entry.run} on {entry.host} (pid {entry.pid}) is sending it")


def _claimed(entry: KnownFiring, occurrence: str) -> str:
    """Return when the firing was claimed, with the other name if it was not claimed as `occurrence`."""
    at, name = utc_text(entry.claimed_at), entry.key.occurrence
    if name == occurrence:
        return at
    if "@" not in occurrence:
        return f"{at} as {name}, when the bulletin was recurring"
    return (
        f"{at} as {name}, {'for the same local date and time' if '@' in name else 'before the bulletin was recurring'}"
    )


def duplicate_in_plan(account: str, other: str) -> Reason:
    """The reason for a firing whose payload the bulletin `other` sends in the same plan."""
    text = f"the bulletin {other} sends the same payload to {account} now; {_DUPLICATE_HELP}"
    return Reason(ReasonCode.DUPLICATE_IN_PLAN, text)


def duplicate_sent(account: str, earlier: SentFiring) -> Reason:
    """The reason for a firing whose payload another bulletin sent before."""
    text = f"the bulletin {earlier.key.bulletin} sent the same payload to {account} {utc_text(earlier.at)}"
    hint = f"if both are the same bulletin, write the earlier id again; if not, {_DUPLICATE_HELP}"
    return Reason(ReasonCode.DUPLICATE_SENT, f"{text}; {hint}")


def account_renamed(account: str, occurrence: str, earlier: SentFiring) -> Reason:
    """The reason for a firing that was sent in an account that is no longer defined, and may have a new name."""
    old, at = earlier.key.account, utc_text(earlier.at)
    if earlier.key.occurrence != occurrence:  # the schedule was edited since
        at += f" as {earlier.key.occurrence}"
    return Reason(
        ReasonCode.ACCOUNT_RENAMED,
        f"it was sent {at} in {old}, which is no longer defined: if {account} is the new name of {old}, the same people"
        " would get it again; to send it anyway, raise revision or write allow_duplicate: true",
    )
