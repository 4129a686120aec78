"""Before the question and the first request, a run imports all that it may need to its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.postgres import PrivatePostgres, new_database

from end_to_end.site import ROOT, Hold, Site
from runner.report.formats import RUN_FORMATS
from runner.sandbox.server import Sandbox

HOOK = """
import os, sys, traceback
from runner.cli import early_imports

class Late:
    def find_spec(self, name, path=None, target=None):
        frames = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_stack(limit=12)]
        note(f"{name} <- {' <- '.join(frame for frame in reversed(frames) if 'importlib' not in frame)}")

def note(text):
    with open(os.environ["LATE_IMPORTS"], "a", encoding="utf-8") as file:
        file.write(text + "\\n")

def import_and_watch(*arguments, **options):
    import_for_sending(*arguments, **options)
    note("begun")
    sys.meta_path.insert(0, Late())

import_for_sending, early_imports.import_for_sending = early_imports.import_for_sending, import_and_watch
"""


@pytest.fixture
def watched(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A site whose runs note what they import late; what is due differs in kind and in how it ends."""
    url = None
    if getattr(request, "param", "sqlite") == "postgresql":
        cluster: PrivatePostgres = request.getfixturevalue("postgres")
        url = new_database(cluster.port)
    with Sandbox(latency_s=0.01) as sandbox:
        site = Site(tmp_path, sandbox, ledger=url, hold=Hold())
        # Names are looked up in other ways than addresses.
        site.write_accounts("concurrency: 2", india=sandbox.base_url.replace("127.0.0.1", "localhost"))
        site.make_ledger()
        site.write_bulletins(["b-1", "b-2", "b-3"])
        site.write_bulletins(["late"], name="late", fields="schedule: {at: 2026-01-01T10:00:00+05:30}")
        recurring = 'schedule: {cron: "* * * * *", timezone: Asia/Kolkata}'
        site.write_bulletins(["often"], name="often", fields=recurring)
        for fault in ("503@b-1", "429@b-3*1"):
            sandbox.add_fault(fault)
        site.write("hook/sitecustomize.py", HOOK)
        site.environment["LATE_IMPORTS"] = str(tmp_path / "late")
        yield site


def late_imports(site: Site) -> list[str]:
    """What was imported late, by whom."""
    begun, *late = (site.folder / "late").read_text(encoding="utf-8").splitlines()
    assert begun == "begun"
    return late


def hooked(site: Site) -> str:
    """The path on which Python finds the hook before anything else."""
    return os.pathsep.join((str(site.folder / "hook"), str(ROOT)))


@pytest.mark.parametrize(
    ("watched", "format_"),
    [*(("sqlite", format_) for format_ in RUN_FORMATS), ("postgresql", "text")],
    indirect=["watched"],
)
def test_no_import_after_the_first_request(watched: Site, format_: str) -> None:
    watched.environment["PYTHONPATH"] = hooked(watched)
    done = watched.run("fire", "--yes", "--format", format_, "--metrics-file", "m.prom")
    assert (done.code, len(watched.accepted())) == (4, 3), done
    assert late_imports(watched) == []


def test_no_import_after_the_question(watched: Site) -> None:
    pytest.importorskip("pty", reason="there are pseudo-terminals on POSIX only")
    from cli.terminal import on_terminal

    ledger = {"BULLETINS_LEDGER": watched.ledger} if watched.ledger else {}
    environment = {**watched.environment, **ledger, "PYTHONPATH": hooked(watched)}
    with on_terminal("fire", folder=watched.folder, environment=environment) as terminal:
        terminal.wait_for("[y/N]: ")
        terminal.type("y\n")
        assert terminal.wait() == 4
    assert len(watched.accepted()) == 3
    assert late_imports(watched) == []
