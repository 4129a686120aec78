"""A site for each test: a folder with one account, a ledger, and a sandbox of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from end_to_end.site import Site
from runner.sandbox.server import Sandbox


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The account `india` at a sandbox that takes 20 ms, and an empty ledger. No bulletins yet."""
    with Sandbox(latency_s=0.02) as sandbox:
        made = Site(tmp_path, sandbox)
        made.write_accounts()
        made.make_ledger()
        yield made
