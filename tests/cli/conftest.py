"""The program in this process, with its streams caught; and a small set with one account at a sandbox of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from conftest import Write

from runner.cli import main
from runner.errors import ErrorCode
from runner.sandbox.server import Sandbox

SCHEMA = Path(__file__).parents[2] / "schemas" / "report.schema.json"
BULLETINS = """
defaults: {business_event: Program Released, c-by: a@example.com, accounts: [india]}
bulletins:
  - {id: now-1, name: Now 1, properties: {program_id: "1"}, tags: [hindi]}
  - {id: now-2, name: Now 2, properties: {program_id: "2"}, tags: [tamil]}
  - {id: later-1, name: Later, properties: {program_id: "3"}, schedule: {at: 2036-12-01T18:30:00+05:30}}
  - {id: past-1, name: Past, properties: {program_id: "4"}, schedule: {at: 2020-12-01T18:30:00+05:30}}
  - {id: off-1, name: Off, properties: {program_id: "5"}, enabled: false}
"""


@dataclass(frozen=True, slots=True)
class Done:
    """A call that ended: its exit code, and the text of its two streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def refused_with(self, code: ErrorCode, *values: str, exit_code: int = 5) -> bool:
        """Whether it refuses with this code, and names these values in its error or in its help: each has one line."""
        lines = self.err.splitlines()
        errors = [line for line in lines if line.startswith("error: ")]
        helps = [line for line in lines if line.startswith("help: ")]
        assert self.code == exit_code, self
        assert len(errors) == 1, self.err
        assert len(helps) == 1, self.err
        assert errors[0].endswith(f" [{code}]"), self.err
        assert [value for value in values if value not in f"{errors[0]} {helps[0]}"] == [], self.err
        return True


Bulletins = Callable[..., Done]


@pytest.fixture
def bulletins(capsys: pytest.CaptureFixture[str]) -> Bulletins:
    """Runs the program with the arguments given."""

    def run(*arguments: str) -> Done:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        caught = capsys.readouterr()
        assert "Traceback" not in caught.err, caught.err
        assert ended.value.code is not None
        return Done(int(ended.value.code), caught.out, caught.err)

    return run


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The API's stand-in, that answers at once."""
    with Sandbox() as served:
        yield served


@pytest.fixture
def small_set(write: Write, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two bulletins that are due, one that is not yet, one missed, one disabled; an account with its credentials."""
    monkeypatch.setenv("INDIA_ID", "india")
    monkeypatch.setenv("EUROPE_ID", "europe")
    monkeypatch.setenv("INDIA_PASSCODE", "sesame")
    return write({"accounts.yaml": account(sandbox.base_url), "all.yaml": BULLETINS})


def account(base_url: str, more: str = "") -> str:
    """The account `india`."""
    fields = f"base_url: {base_url}, account_id_env: INDIA_ID, passcode_env: INDIA_PASSCODE"
    return f"accounts:\n  india: {{{fields}{', ' if more else ''}{more}}}\n"


def two_accounts_at(base_url: str) -> str:
    """The accounts `india` and `europe`, with one passcode."""
    india = account(base_url)
    return india + india.splitlines()[1].replace("india", "europe").replace("INDIA_ID", "EUROPE_ID") + "\n"


@pytest.fixture
def ledger(small_set: Path, bulletins: Bulletins) -> str:
    """The id of a new ledger at its usual place, for the small set."""
    done = bulletins("ledger", "init")
    assert done.code == 0, done
    return done.out.split()[3]


def report_of(path: Path) -> dict[str, Any]:
    """The report at `path`, once it is valid by its schema."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(document)
    return document


def only_report(folder: Path) -> dict[str, Any]:
    """The one report under the folder's usual place."""
    (path,) = (folder / ".bulletins" / "reports").glob("*.json")
    return report_of(path)


def outcomes(report: dict[str, Any]) -> dict[str, str | None]:
    """The outcome of each bulletin, by id."""
    return {result["id"]: result["outcome"] for result in report["results"]}


@pytest.fixture
def doubt(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    """now-1 is fired, now-2 is in doubt."""
    sandbox.add_fault("503@Now 2*1")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 4


@pytest.fixture
def two_accounts(bulletins: Bulletins, ledger: str, sandbox: Sandbox, write: Write) -> None:
    """now-1 is in doubt in two accounts."""
    write(
        {
            "accounts.yaml": two_accounts_at(sandbox.base_url),
            "all.yaml": BULLETINS.replace("accounts: [india]", "accounts: [india, europe]"),
        }
    )
    sandbox.add_fault("503")
    assert bulletins("fire", "--yes", "--id", "now-1").code == 4
