"""A run with every outcome: all formats, and the report from the ledger, agree on every count."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest
from conftest import Write

from cli.conftest import SCHEMA, Bulletins, account, two_accounts_at
from runner.sandbox.server import Sandbox

FIELDS = "{business_event: Program Released, c-by: a@example.com, accounts: [%s]}"
OUTCOMES = {"fired": 60, "failed": 40, "expired": 30}
DOUBTFUL = 100  # the first of these are in doubt, and all others are skipped
LEFT = {"wait": 40, "disabled": 20, "done": 5, "changed": 5}


def rows(kind: str, count: int, more: str = "") -> str:
    """An entry that makes `count` bulletins named after their kind."""
    numbers = ", ".join(f"'{number}'" for number in range(count))
    id_ = f"'{kind}-{{{{ row.n }}}}'"
    own = f"id: {id_}, name: '{kind} {{{{ row.n }}}}', properties: {{program_id: {id_}}}"
    return f"  - {{for_each: {{matrix: {{n: [{numbers}]}}}}, {own}{more}}}\n"


@pytest.fixture
def mixed(write: Write, sandbox: Sandbox, bulletins: Bulletins, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A set of 300 firings. Doubts stop the account `europe`, and bulletins in `empty` reach nobody."""
    for variable in ("INDIA_ID", "EUROPE_ID", "EMPTY_ID", "INDIA_PASSCODE"):
        monkeypatch.setenv(variable, variable.lower())
    with Sandbox(targets=0) as empty:
        accounts = two_accounts_at(sandbox.base_url)
        accounts += account(empty.base_url).splitlines()[1].replace("india", "empty").replace("INDIA_ID", "EMPTY_ID")
        yield make_set(write, sandbox, bulletins, accounts)


def make_set(write: Write, sandbox: Sandbox, bulletins: Bulletins, accounts: str) -> Path:
    before = f"defaults: {FIELDS % 'india'}\nbulletins:\n" + rows("done", 5)
    path = write({"accounts.yaml": accounts, "a.yaml": before + rows("edit", 5)})
    assert bulletins("ledger", "init").code == 0
    assert bulletins("fire", "--yes").code == 0
    write(
        {
            "a.yaml": before
            + rows("edit", 5).replace("edit {{", "edited {{")
            + rows("fired", 40)
            + rows("failed", 40)
            + rows("past", 30, ", schedule: {at: 2020-12-01T18:30:00+05:30}")
            + rows("later", 40, ", schedule: {at: 2036-12-01T18:30:00+05:30}")
            + rows("off", 20, ", enabled: false"),
            "b.yaml": f"defaults: {FIELDS % 'europe'}\nbulletins:\n" + rows("doubt", DOUBTFUL),
            "c.yaml": f"defaults: {FIELDS % 'empty'}\nbulletins:\n" + rows("nobody", 20),
        }
    )
    sandbox.add_fault("fail:Business Event Not Found@failed*")
    sandbox.add_fault("503-after@doubt*")
    return path


def counts(document: dict[str, Any]) -> Counter[str]:
    return Counter(each["outcome"] for each in document["results"] if each["outcome"])


def test_every_format_and_the_ledger_agree(bulletins: Bulletins, mixed: Path, tmp_path: Path) -> None:
    fired = bulletins("fire", "--yes", "--report", "file.json")
    assert fired.code == 4
    document = json.loads(Path("file.json").read_text(encoding="utf-8"))
    summary = document["summary"]

    assert {name: summary[name] for name in OUTCOMES} == OUTCOMES
    assert (summary["selected"], summary["in_doubt"] + summary["skipped"]) == (300, DOUBTFUL)
    assert 3 <= summary["in_doubt"] < 10
    assert {name: count for name, count in summary["left_alone"].items() if count} == LEFT
    assert (summary["bulletins_sent"], summary["warnings"]) == (40, 20)
    expected = {name: summary[name] for name in (*OUTCOMES, "in_doubt", "skipped")}
    assert counts(document) == expected
    assert {each["action"] for each in document["results"] if each["outcome"] is None} == {"changed"}
    for name in ("selected", *expected):
        assert sum(each[name] for each in summary["accounts"].values()) == summary[name]

    run = document["run"]["id"]
    recorded = bulletins("report", run, "--format", "json").json
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(recorded)
    assert recorded == document
    assert bulletins("report", "--format", "json").json == document

    text = bulletins("report", run).out
    assert text == bulletins("report", "file.json").out
    summary_text = text[text.index("60 fired") :]
    assert fired.out.startswith(summary_text)
    assert text.count("left alone") == 1
    for shown in (text, bulletins("report", run, "--format", "markdown").out):
        for name, count in expected.items():
            assert f"{count} {name.replace('_', ' ')}" in shown
        assert "5 sent before" in shown
        assert "40 not due yet" in shown

    page = bulletins("report", run, "--format", "html").out
    tiles = dict(re.findall(r'data-kind="([a-z_-]+)".*?<span class="count">([0-9,]+)', page, re.DOTALL))
    left = {f"left-{name}": count for name, count in LEFT.items()}
    assert {name: int(count) for name, count in tiles.items()} == {**expected, **left, "warned": 20}
    suite = ET.fromstring(bulletins("report", run, "--format", "junit").out)
    properties = {each.get("name"): each.get("value") for each in suite.iter("property")}
    assert {name: int(properties[f"left_alone_{name}"] or "") for name in LEFT} == LEFT


def test_quiet_shows_all_that_a_person_has_to_act_on_on_one_screen(bulletins: Bulletins, mixed: Path) -> None:
    fired = bulletins("fire", "--yes", "--quiet", "--report", "file.json")
    summary = json.loads(Path("file.json").read_text(encoding="utf-8"))["summary"]
    lines = fired.err.splitlines()

    kinds = ("in doubt", "failed", "expired", "skipped", "warning")
    assert [re.split(" {2,}", line)[0] for line in lines] == list(kinds)
    counted = {kind: int(re.split(" {2,}", line)[1].split()[0]) for kind, line in zip(kinds, lines, strict=True)}
    names = {"in_doubt": "in doubt", "failed": "failed", "expired": "expired", "skipped": "skipped"}
    assert counted == {**{names[name]: summary[name] for name in names}, "warning": 20}
    assert "the run stopped sending to the account" in lines[3]
    assert "0 bulletins were sent" in lines[4]
    screen = [part for line in (fired.err + fired.out).splitlines() for part in textwrap.wrap(line, 80)]
    assert len(screen) <= 24, screen
    assert fired.out.startswith("60 fired")


def test_output_that_is_lost_is_in_the_exit_code_of_the_report_too(bulletins: Bulletins, mixed: Path) -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("there is no /dev/full")
    command = [sys.executable, "-m", "runner", "fire", "--yes", "--id", "fired-*", "--report", "file.json"]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.DEVNULL, check=False, timeout=60)
    document = json.loads(Path("file.json").read_text(encoding="utf-8"))

    assert (done.returncode, document["run"]["exit_code"]) == (1, 1)
    assert bulletins("report", "--format", "json").json == document


@pytest.mark.parametrize("seed", range(6))
def test_the_ledger_has_the_report_of_every_kind_of_run(
    seed: int, write: Write, sandbox: Sandbox, bulletins: Bulletins, ledger: str
) -> None:
    chance = random.Random(seed)
    kinds = {"fired": 12, "failed": 9, "doubt": 7, "past": 5}
    path = write(
        {
            "accounts.yaml": account(sandbox.base_url),
            "all.yaml": f"defaults: {FIELDS % 'india'}\nbulletins:\n"
            + "".join(
                rows(kind, chance.randint(1, most), ", schedule: {at: 2020-12-01T18:30:00+05:30}" * (kind == "past"))
                for kind, most in kinds.items()
            ),
        }
    )
    assert path.is_dir()
    sandbox.add_fault("fail:Business Event Not Found@failed*")
    sandbox.add_fault(chance.choice(["401@doubt*", "503-after@doubt*", "redirect@doubt*"]))
    for number in range(3):
        more = chance.sample(["--canary", "--quiet", "--report-all"], chance.randint(0, 2))
        limit = ["--max", "0"] if chance.random() < 0.3 else []
        done = bulletins("fire", "--yes", *more, *limit, "--report", f"{number}.json")
        assert done.code in (0, 1, 4, 5), done
        document = json.loads(Path(f"{number}.json").read_text(encoding="utf-8"))
        recorded = bulletins("report", document["run"]["id"], "--format", "json")
        assert recorded.json == document, (seed, number)


def test_a_resolution_is_shown_with_the_outcome_that_the_run_reported(bulletins: Bulletins, mixed: Path) -> None:
    bulletins("fire", "--yes")
    before = bulletins("report", "--format", "json").json
    id_ = next(each["id"] for each in before["results"] if each["outcome"] == "in_doubt")
    assert bulletins("resolve", id_, "--sent", "--note", "in the log").code == 0
    after = bulletins("report", "--format", "json").json

    assert after["summary"] == before["summary"]
    (resolved,) = [each for each in after["results"] if "resolution" in each]
    resolution = resolved.pop("resolution")
    assert (resolved["id"], resolution["sent"], resolution["note"]) == (id_, True, "in the log")
    assert after["results"] == before["results"]
    for format_ in ("text", "markdown", "html", "junit"):
        assert "in the log" in bulletins("report", "--format", format_).out


def test_report_all_lists_every_firing(bulletins: Bulletins, mixed: Path) -> None:
    bulletins("fire", "--yes", "--report-all", "--report", "all.json")
    document = json.loads(Path("all.json").read_text(encoding="utf-8"))
    assert len(document["results"]) == document["summary"]["selected"] == 300


def test_a_refused_run_is_recorded_and_lists_only_the_first_firings(bulletins: Bulletins, mixed: Path) -> None:
    for _ in range(2):
        assert bulletins("fire", "--yes", "--max", "10").code == 5
    (path,) = [path for path in Path(".bulletins/reports").glob("*.json") if path.stem == "refused"]
    document = json.loads(path.read_text(encoding="utf-8"))
    recorded = bulletins("report", document["run"]["id"], "--format", "json").json

    assert document["summary"]["skipped"] == OUTCOMES["fired"] + OUTCOMES["failed"] + DOUBTFUL
    assert counts(document) == {"skipped": 50}
    assert recorded == document
    assert "197 more" in bulletins("report", str(path)).out


def test_ten_idle_runs_leave_one_small_report(bulletins: Bulletins, mixed: Path) -> None:
    Path("bulletins.d/b.yaml").unlink()
    bulletins("fire", "--yes")
    bulletins("fire", "--yes", "--max", "0")
    sizes = []
    for number in range(10):
        done = bulletins("fire", "--yes", "--id", "[dloe]*")
        assert done.code == 0, done
        sizes.append(sum(path.stat().st_size for path in Path(".bulletins/reports").glob("idle.json")))
        assert number == 0 or sizes[-1] == pytest.approx(sizes[0], abs=64)
    assert len(list(Path(".bulletins/reports").glob("*.json"))) == 4  # two runs that sent, one refused, one idle
    assert sizes[-1] <= 64 * 1024
