"""A site for each test: a folder with one account, a ledger, and a sandbox of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from end_to_end.site import Forks, Hold, Site
from runner.sandbox.server import Sandbox


@pytest.fixture(scope="session")
def forked(zygote: Forks | None) -> Forks | None:
    """How to have the program run in a process that need not import it; None where processes can't be forked."""
    return zygote


@pytest.fixture
def site(tmp_path: Path, forked: Forks | None) -> Iterator[Site]:
    """The account `india` at a sandbox that takes 20 ms, and an empty ledger. No bulletins yet."""
    hold = Hold()
    with Sandbox(latency_s=0.02, on_answer=hold) as sandbox:
        made = Site(tmp_path, sandbox, hold=hold, forked=forked)
        made.write_accounts()
        made.make_ledger()
        yield made
