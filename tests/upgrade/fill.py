"""Fills the ledger of the upgrade test: real runs of `fire` at a sandbox, at set times from 2011 to 2026.

    git worktree add /tmp/release 38c12d9                   # release 0.1.0
    cd /tmp/release && pip install --editable .
    python tests/upgrade/fill.py tests/upgrade/release_0_1_0

The program that is installed writes `ledger.jsonl` and `expected.csv` into the folder of `set/`. Record a folder
once, with the release that it is named after, and never again: it says what that release really sent. A later release
gets a folder of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from runner.sandbox.server import Sandbox
from upgrade.comparison import NOW, Planned, calendar_arguments, now_arguments, read_plan, write_expected

NAMES = ("INDIA", "EUROPE", "AMERICA", "INDONESIA", "GULF")
# The texts of the set as they were in earlier runs: (file, what the set says, what it said before).
EDITED_AT_LAST = (("fields.yaml", "{id: new-id,", "{id: old-id,"),)
EDITED_IN_BETWEEN = (
    ("accounts.yaml", "  indonesia:\n", "  jakarta:\n"),
    ("fields.yaml", "accounts: [indonesia]", "accounts: [jakarta]"),
    ("fields.yaml", "Edited since it was sent", "Not edited yet"),
    ("fields.yaml", "title: new, note: added}", "title: old}"),
    ("fields.yaml", 'program_id: "118"}, when: 1780308005', 'program_id: "118"}, when: 1780308006'),
    (
        "fields.yaml",
        'Sent and then disabled, properties: {program_id: "109"}, enabled: false',
        'Sent and then disabled, properties: {program_id: "109"}',
    ),
    ("times/once.yaml", "2026-06-04T14:00:18Z", "2026-06-02T14:00:18Z"),
    ("times/recurring.yaml", "    revision: 2\n", ""),
    ("times/recurring.yaml", "New text {{", "Old text {{"),
    (
        "times/once.yaml",
        '{cron: "0 11 * * *", timezone: UTC, starts: 2026-06-02, ends: 2026-06-02}',
        '{at: "2026-06-02T11:00:00Z"}',
    ),
    (
        "times/recurring.yaml",
        '    schedule: {cron: "30 11 * * *", timezone: UTC, starts: 2026-06-02, ends: 2026-06-02}\n',
        "",
    ),
)
FIRST_REVISIONS = (
    (
        "fields.yaml",
        'Sent again, properties: {program_id: "112"}, revision: 2',
        'Sent again, properties: {program_id: "112"}',
    ),
    (
        "fields.yaml",
        'Sent again with another text, properties: {program_id: "113"}, revision: 3',
        'Sent once, properties: {program_id: "113"}',
    ),
)


@dataclass
class Site:
    """A folder with the set, whose accounts are at the sandbox, and a ledger."""

    folder: Path
    source: Path
    sandbox: Sandbox

    def lay_out(self, *edits: tuple[str, str, str]) -> None:
        """Puts the set there as it was before the edits."""
        shutil.rmtree(self.folder / "bulletins.d", ignore_errors=True)
        shutil.copytree(self.source / "bulletins.d", self.folder / "bulletins.d")
        for file, now, before in edits:
            self._replace(file, now, before)
        for region in ("in1", "eu1", "us1", "aps3", "mec1"):
            self._replace("accounts.yaml", f"region: {region}", f"base_url: {self.sandbox.base_url}")

    def _replace(self, file: str, old: str, new: str) -> None:
        path = self.folder / "bulletins.d" / file
        text = path.read_bytes().decode()
        assert text.count(old) == 1, (file, old, text.count(old))
        path.write_bytes(text.replace(old, new).encode())

    def start(self, at: str, *arguments: str) -> subprocess.Popen[str]:
        """Starts the program at that time."""
        names = {f"{name}_ACCOUNT_ID": name.lower() for name in NAMES}
        names |= {f"{name}_PASSCODE": "sesame" for name in NAMES} | {"LOGNAME": "asha"}
        command = [sys.executable, str(Path(__file__).with_name("at.py")), at, *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self.folder, env=os.environ | names, stdout=pipe, stderr=pipe, text=True)

    def run(self, at: str, *arguments: str, codes: Sequence[int] = (0,)) -> str:
        """Runs the program at that time to its end; returns what it printed."""
        process = self.start(at, *arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode in codes, (at, arguments, process.returncode, out, err)
        return out

    def fire(self, at: str, *arguments: str, faults: tuple[str, ...] = ()) -> None:
        """One run of `fire`, in which these faults happen at the sandbox."""
        self.sandbox.clear_faults()
        for fault in faults:
            self.sandbox.add_fault(fault)
        before = len(self.sandbox.accepted())
        self.run(at, "fire", "--yes", "--quiet", *arguments, codes=(0, 1, 4))
        self.sandbox.clear_faults()
        print(f"{at}: {len(self.sandbox.accepted()) - before} accepted")

    def fire_killed(self, at: str, *arguments: str) -> None:
        """One run that is killed while its request is on the wire."""
        self.sandbox.add_fault("timeout")
        count = len(self.sandbox.received())
        process = self.start(at, "fire", "--yes", *arguments)
        self.sandbox.wait_received(count + 1, timeout_s=60)
        process.kill()
        process.communicate()
        self.sandbox.clear_faults()


def main(folder: Path) -> None:
    """Writes the folder's ledger and what is expected of the plans over it."""
    with Sandbox(latency_s=0.2) as sandbox, tempfile.TemporaryDirectory() as made:
        site = Site(Path(made), folder / "set", sandbox)
        site.lay_out(*EDITED_AT_LAST, *EDITED_IN_BETWEEN, *FIRST_REVISIONS)
        _first_years(site)
        _one_busy_day(site)
        site.lay_out(*EDITED_AT_LAST)
        _last_week(site)
        shutil.rmtree(site.folder / "bulletins.d")
        shutil.copytree(folder / "set" / "bulletins.d", site.folder / "bulletins.d")
        plans = [read_plan(site.run(NOW, *arguments)) for arguments in (now_arguments(), calendar_arguments())]
        (folder / "ledger.jsonl").write_text(site.run(NOW, "ledger", "export"), encoding="ascii")
    _check(*plans)
    write_expected(folder / "expected.csv", *plans)


def _first_years(site: Site) -> None:
    """Changes of the clocks, each with a run before and a run after it; nothing else is selected."""
    site.run("2011-12-01T00:00:00Z", "ledger", "init")
    site.fire("2011-12-28T12:00:00Z", "--tag", "apia")
    site.fire("2012-01-01T12:00:00Z", "--tag", "apia")
    for at in (
        "2025-09-30T00:00:00Z",
        "2025-10-07T00:00:00Z",
        "2025-10-28T00:00:00Z",
        "2025-11-04T00:00:00Z",
        "2026-01-03T00:00:00Z",
        "2026-03-01T12:00:00Z",
        "2026-03-10T00:00:00Z",
        "2026-03-31T00:00:00Z",
        "2026-04-07T00:00:00Z",
    ):
        site.fire(at, "--tag", "recurring", "--tag", "once", "--exclude-id", "was-once")


def _one_busy_day(site: Site) -> None:
    """All that is due at once, and every way in which it may end."""
    later = [part for each in ("lately", "killed", "adopted") for part in ("--exclude-tag", each)]
    later += [part for each in ("was-sent", "was-not-sent", "was-once") for part in ("--exclude-id", each)]
    doubts = ("503@In doubt since a 503", "truncated@In doubt since a truncated*")
    site.fire("2026-06-01T03:00:00Z", *later, faults=(*doubts, "fail:Business Event Not Found@Refused*once*1"))
    site.fire("2026-06-01T03:10:00Z", "--id", "was-sent", faults=("reset-after",))
    site.fire("2026-06-01T03:11:00Z", "--id", "was-not-sent", faults=("reset",))
    site.run("2026-06-01T03:20:00Z", "resolve", "was-sent", "--sent", "--note", "in the log", "--yes")
    site.run("2026-06-01T03:21:00Z", "resolve", "was-not-sent", "--not-sent", "--note", "not in the log", "--yes")
    site.fire_killed("2026-06-01T03:30:00Z", "--id", "left-by-a-kill")
    site.run("2026-06-01T03:40:00Z", "ledger", "baseline", "--tag", "adopted", "--note", "by hand", "--yes")
    later = [*later[:2], "--exclude-id", "was-once"]
    site.fire("2026-06-01T04:05:00Z", *later)
    site.lay_out(*EDITED_AT_LAST, *EDITED_IN_BETWEEN)
    site.fire("2026-06-01T13:40:00Z", *later)
    site.fire("2026-06-01T17:45:00Z", *later)
    site.fire("2026-06-02T12:00:00Z", "--id", "was-once", "--id", "was-at")
    faults = ("fail:Business Event Not Found@Refused until*", "401@Stopped*")
    site.fire("2026-06-02T13:00:30Z", *later, faults=faults)
    site.fire("2026-06-02T13:01:30Z", "--id", "halted-*", faults=("401",))
    site.fire("2026-06-02T13:40:00Z", *later)
    site.fire("2026-06-02T14:05:00Z", *later)


def _last_week(site: Site) -> None:
    """After the edits: runs with gaps between them."""
    site.fire("2026-06-03T09:00:00Z", "--exclude-tag", "lately")
    site.fire("2026-06-04T09:00:00Z", "--exclude-tag", "lately")
    site.fire("2026-06-04T14:05:00Z", "--exclude-tag", "lately")
    site.fire("2026-06-06T12:30:00Z", "--exclude-tag", "lately")
    site.fire("2026-06-08T05:00:00Z")


def _check(at_now: list[Planned], calendar: list[Planned]) -> None:
    """A folder that could not show a difference is not written."""
    actions = {each.action for each in at_now}
    assert not actions & {"fire", "retry"}, [each for each in at_now if each.action in ("fire", "retry")]
    missing = {"wait", "expired", "done", "changed", "duplicate", "in_doubt", "disabled"} - actions
    assert not missing, missing
    print(f"{len(at_now)} firings planned at {NOW}, {len(calendar)} in the calendar")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
