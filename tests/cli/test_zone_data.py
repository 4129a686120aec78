"""A machine without the data of the time zones: what names no zone works, all else names the way out once."""

from __future__ import annotations

import pytest
from conftest import Write

from cli.conftest import Bulletins
from runner.errors import ErrorCode

pytestmark = pytest.mark.usefixtures("without_zone_data")

ACCOUNT = "accounts: {india: {region: in1, account_id_env: A, passcode_env: P}}"
BULLETIN = "bulletins: [{{id: a, business_event: Ev, name: N, properties: {{}}, c-by: a@example.com, schedule: {}}}]"


@pytest.mark.parametrize("schedule", ["{at: 2036-12-01T18:30:00+05:30}", '{cron: "30 18 * * *", timezone: UTC}'])
@pytest.mark.parametrize(
    "command",
    [["validate"], ["plan"], ["plan", "--format", "markdown"], ["plan", "--format", "html"]],
)
def test_a_set_that_names_no_zone_is_taken(
    write: Write, bulletins: Bulletins, schedule: str, command: list[str]
) -> None:
    write({"a.yaml": ACCOUNT, "b.yaml": BULLETIN.format(schedule)})
    done = bulletins(*command)
    assert (done.code, "tzdata" in done.err) == (0, False)


@pytest.mark.parametrize("command", [["validate"], ["plan"], ["fire", "--yes"], ["expand"]])
def test_a_set_that_names_one_is_refused_with_the_way_out(
    write: Write, bulletins: Bulletins, command: list[str]
) -> None:
    schedules = ("{at: 2036-12-01T18:30:00, timezone: Asia/Kolkata}", '{cron: "30 18 * * *", timezone: Europe/Berlin}')
    files = {f"b{number}.yaml": BULLETIN.format(schedule) for number, schedule in enumerate(schedules)}
    write({"a.yaml": ACCOUNT, **files})
    assert bulletins(*command).refused_with(ErrorCode.ZONE_DATA_MISSING)
