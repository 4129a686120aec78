from __future__ import annotations

from runner.definitions.building.set_contents import SetContents
from runner.definitions.model import Account, Budget, BusinessEvent, Place
from runner.definitions.problem import Finding
from runner.definitions.problem_codes import Code
from runner.definitions.rules.budget_rules import check

NONE = Budget()


def parts(budget: Budget = NONE, *, catalog: bool = True, **events: Budget) -> SetContents:
    place = Place("accounts.yaml", 2, 3, "india")
    budgets = {name.replace("_", " "): each for name, each in events.items()}
    account = Account("india", "https://in1.api.clevertap.com", "ID", place, budget=budget, event_budgets=budgets)
    known = [BusinessEvent("Flash Sale", place)] if catalog else []
    return SetContents(accounts=[account], events=known, has_catalog=catalog)


def found(of: SetContents, *, whole: bool = True) -> list[Finding]:
    return list(check(of, whole=whole))


def test_budgets_that_make_sense_are_left_alone() -> None:
    assert found(parts()) == []
    assert found(parts(Budget(60, 400), Flash_Sale=Budget(3, 3))) == []
    assert found(parts(Budget(per_hour=60), Flash_Sale=Budget(per_day=3))) == []


def test_an_hour_is_no_longer_than_its_day() -> None:
    (own, of_event) = found(parts(Budget(60, 40), Flash_Sale=Budget(2, 1)))
    assert (own.code, own.path) == (Code.NOT_ALLOWED, ("accounts", "india", "budget", "per_hour"))
    assert own.message == "accounts.india.budget allows 60 bulletins in an hour, but only 40 in a day"
    assert own.help == "Write 40 or less as per_hour, or remove per_hour."
    assert of_event.path == ("accounts", "india", "budget", "events", "Flash Sale", "per_hour")


def test_the_budget_of_an_event_that_nobody_defines_would_hold_back_nothing() -> None:
    (finding,) = found(parts(Flash_Sail=Budget(1)))
    assert (finding.code, finding.at_key) == (Code.UNKNOWN_EVENT, True)
    assert finding.path == ("accounts", "india", "budget", "events", "Flash Sail")
    assert finding.message.startswith("'Flash Sail' is not in the catalog of business events")
    assert finding.help == "Did you mean Flash Sale?"


def test_where_the_catalog_is_not_there_or_not_whole_no_event_is_unknown() -> None:
    assert found(parts(catalog=False, Flash_Sail=Budget(1))) == []
    assert found(parts(Flash_Sail=Budget(1)), whole=False) == []
    broken = parts(Flash_Sail=Budget(1))
    broken.broken_events.add("Flash Sail")
    assert found(broken) == []
