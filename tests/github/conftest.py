"""A repository of bulletins with its origin, an account at a sandbox, and machines for the jobs of workflows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from git.repository import Repository
from package_index import package_index
from torture.processes import Zygote

from github.machine import BULLETINS, Event, Machine, bare_clone
from runner.ledger.database.creation import create
from runner.ledger.database.ledger_url import parse_url
from runner.sandbox.server import Sandbox

__all__ = ["package_index", "project"]

ACCOUNTS = """
accounts:
  india:
    base_url: {base_url}
    account_id_env: CLEVERTAP_INDIA_ACCOUNT_ID
    passcode_env: CLEVERTAP_INDIA_PASSCODE
"""
HEAD = "defaults: {business_event: Program Released, c-by: a@example.com, accounts: [india]}\nbulletins:\n"


def bulletins_of(*ids: str, fields: str = "") -> str:
    """A file of bulletins; each one's name is its id."""
    more = f", {fields}" if fields else ""
    entries = (f'  - {{id: {each}, name: {each}, properties: {{program_id: "{each}"}}{more}}}\n' for each in ids)
    return HEAD + "".join(entries)


@dataclass(frozen=True)
class Project:
    """`repository` is somebody's clone of the machine's origin; main holds the account and a bulletin `old`."""

    repository: Repository
    machine: Machine
    sandbox: Sandbox

    def commit(self, **texts: str | None) -> str:
        """The id of a new commit with these files of bulletins; None deletes."""
        return self.repository.commit({f"bulletins.d/{name}.yaml": text for name, text in texts.items()})

    def push(self, **texts: str | None) -> Event:
        """A commit on main with these files, pushed."""
        before = self.repository.head
        after = self.commit(**texts)
        self.repository.git("push", "--quiet", "--force", "origin", "main")
        return push_event(before, after)

    def pull_request(self, **texts: str | None) -> Event:
        """A pull request, number 1, from the branch `change` of a fork, with these files."""
        self.repository.git("checkout", "--quiet", "-B", "change", "main")
        head = self.commit(**texts)
        self.repository.git("checkout", "--quiet", "--detach", "main")
        self.repository.git("merge", "--quiet", "--no-ff", "--message", "merge", head)
        merged = self.repository.head
        self.repository.git("push", "--quiet", "--force", "origin", "HEAD:refs/pull/1/merge")
        self.repository.git("checkout", "--quiet", "main")
        origin = {"sha": head, "repo": {"full_name": "author/releases"}}
        event = {"pull_request": {"number": 1, "head": origin}}
        return Event("pull_request", merged, {"base_ref": "main", "event": event})

    def make_ledger(self, url: str | None = None) -> None:
        """An empty ledger, and the secrets of who may fire."""
        place = url or str(self.machine.folder / "ledger.sqlite3")
        create(parse_url(place), now=datetime.now(UTC), who="tests")
        self.machine.secrets = {
            "BULLETINS_LEDGER": place,
            "CLEVERTAP_INDIA_ACCOUNT_ID": "india",
            "CLEVERTAP_INDIA_PASSCODE": "sesame",
        }

    @property
    def accepted(self) -> Counter[str]:
        """How often each bulletin was raised."""
        return Counter(received.name or "" for received in self.sandbox.accepted())


def push_event(before: str, after: str) -> Event:
    """A push to main."""
    return Event("push", after, {"event": {"before": before}})


@pytest.fixture(scope="session")
def program(zygote: Zygote) -> str:
    """What replaces `bulletins` on the machines: it need not be imported for each of its runs."""
    return zygote.client


@pytest.fixture
def project(tmp_path: Path, program: str) -> Iterator[Project]:
    """Without a ledger and without secrets."""
    with Sandbox() as sandbox:
        repository = Repository.new(tmp_path / "clone")
        texts: Mapping[str | bytes, Any] = {
            "bulletins.d/accounts.yaml": ACCOUNTS.format(base_url=sandbox.base_url),
            "bulletins.d/old.yaml": bulletins_of("old"),
        }
        repository.commit(texts)
        machine = Machine(tmp_path / "machine", bare_clone(repository, tmp_path / "origin.git"))
        machine.add_program("bulletins", program, installed_by=BULLETINS)
        yield Project(repository, machine, sandbox)
