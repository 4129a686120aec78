"""A real ledger, a real sandbox, and clients that are closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from new_ledger import make_ledger_file

from fire import CREDENTIALS, PASSCODE, QUICK, Firer
from runner.fire.api.client import Client
from runner.fire.api.credentials import Credentials
from runner.fire.api.endpoint import Endpoint
from runner.fire.api.network import Network
from runner.fire.api.timeouts import Timeouts
from runner.ledger.database.ledger_url import parse_url
from runner.ledger.ledger import Ledger
from runner.sandbox.server import Sandbox


@pytest.fixture(autouse=True)
def _certificates_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A new ledger."""
    path = tmp_path / "ledger.sqlite3"
    make_ledger_file(path, now=datetime.now(UTC), who="tester")
    with Ledger(parse_url(str(path))) as opened:
        yield opened


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """The API's stand-in, with no latency and no faults yet."""
    with Sandbox(credentials={"india-id": PASSCODE, "europe-id": PASSCODE}) as served:
        yield served


@pytest.fixture
def firer(ledger: Ledger, sandbox: Sandbox) -> Firer:
    """Fires at the sandbox, over the ledger."""
    return Firer(ledger, sandbox.base_url)


@pytest.fixture
def client() -> Iterator[Callable[..., Client]]:
    """A function that makes clients, closed at the end."""
    made: list[Client] = []

    def make(base_url: str, timeouts: Timeouts = QUICK.timeouts, credentials: Credentials = CREDENTIALS) -> Client:
        made.append(Client(Endpoint(base_url, credentials, Network(version="1.2.3", timeouts=timeouts))))
        return made[-1]

    yield make
    for each in made:
        each.close()
