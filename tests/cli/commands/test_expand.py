"""Two hundred from one entry: reviewed, fired, edited, and written out, as a release team does it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from conftest import Write
from git.repository import Repository

from cli.conftest import Bulletins
from runner.sandbox.server import Sandbox

ROWS = 200
TEMPLATE = """\
defaults: {business_event: Program Released, c-by: a@example.com, accounts: [india]}
bulletins:
  - for_each: {csv: shows.csv}
    id: "{{ row.show | slug }}-{{ row.episode }}"
    name: "{{ row.show }} {{ row.episode }}"
    properties: {program_id: "{{ row.program_id }}", language: "{{ row.language }}"}
"""
EVENTS = """\
business_events:
  Program Released: {properties: {program_id: {pattern: "^[0-9]+$"}, language: {enum: [Hindi, Tamil]}}}
"""


def table(**edited: str) -> str:
    """Two hundred rows, one a line; `row_17="…"` puts another on that line of the file."""
    lines = ["show,episode,program_id,language"]
    lines += [f"Sa Re Ga Ma,{number},{1000 + number},{('Hindi', 'Tamil')[number % 2]}" for number in range(ROWS)]
    for name, text in edited.items():
        lines[int(name.removeprefix("row_")) - 1] = text
    return "\n".join(lines) + "\n"


def files(sandbox: Sandbox) -> dict[str, str]:
    accounts = f"accounts:\n  india: {{base_url: {sandbox.base_url}, account_id_env: A, passcode_env: B}}\n"
    return {"accounts.yaml": accounts, "events.yaml": EVENTS, "shows.yaml": TEMPLATE, "shows.csv": table()}


@pytest.fixture
def two_hundred(write: Write, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A set of one entry that makes two hundred, with credentials for its account."""
    monkeypatch.setenv("A", "india-id")
    monkeypatch.setenv("B", "correct-horse")
    return write(files(sandbox))


@pytest.fixture
def committed(tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The same set in a repository, committed on main."""
    repository = Repository.new(tmp_path / "work")
    monkeypatch.chdir(repository.folder)
    repository.commit({f"bulletins.d/{name}": text for name, text in files(sandbox).items()})
    return repository


def test_they_are_reviewed_as_many_and_fired_each_once(
    bulletins: Bulletins, two_hundred: Path, sandbox: Sandbox
) -> None:
    assert bulletins("validate").out == "200 bulletins in 4 files are valid\n"
    plan = bulletins("plan", "--format", "json").json
    assert plan["summary"]["fire"] == len(plan["firings"]) == ROWS
    assert {firing["file"] for firing in plan["firings"]} == {"bulletins.d/shows.yaml"}
    assert plan["firings"][15]["row"] == "bulletins.d/shows.csv:17"
    assert len(bulletins("plan", "--file", "*/shows.csv", "--format", "json").json["firings"]) == ROWS

    assert bulletins("ledger", "init").code == 0
    assert bulletins("fire", "--yes").code == 0
    names = Counter(received.name for received in sandbox.accepted())
    assert names == {f"Sa Re Ga Ma {number}": 1 for number in range(ROWS)}
    again = bulletins("fire", "--yes")
    assert (again.code, len(sandbox.received())) == (0, ROWS)
    assert "nothing to send" in again.out


def test_a_wrong_cell_is_reported_by_its_line_and_the_templates(bulletins: Bulletins, two_hundred: Path) -> None:
    (two_hundred / "shows.csv").write_text(table(row_17="Sa Re Ga Ma,15,1015,Hindy"), encoding="utf-8")
    done = bulletins("validate")
    assert (done.code, len(done.out.splitlines())) == (3, 2)
    assert done.out.startswith("bulletins.d/shows.yaml:6:64: error[property-value]: properties.language is 'Hindy'")
    assert ", in bulletins.d/shows.csv:17. Did you mean Hindi?" in done.out
    assert "::error file=bulletins.d/shows.csv,line=17,title=" in bulletins("validate", "--format", "github").out


def test_one_edited_cell_is_one_change(bulletins: Bulletins, committed: Repository) -> None:
    committed.git("checkout", "--quiet", "-b", "topic")
    edited = table(row_17="Sa Re Ga Ma,15,1015,Hindi", row_18="Sa Re Ga Ma,16,9016,Hindi")
    committed.write({"bulletins.d/shows.csv": edited})

    changes = bulletins("plan", "--against", "main", "--format", "json").json["changes"]
    assert [(change["id"], change["kind"]) for change in changes["bulletins"]] == [
        ("sa-re-ga-ma-15", "changed"),
        ("sa-re-ga-ma-16", "changed"),
    ]
    assert [[field["field"] for field in change["fields"]] for change in changes["bulletins"]] == [
        ["properties.language"],
        ["properties.program_id"],
    ]
    assert [change["row"] for change in changes["bulletins"]] == [
        "bulletins.d/shows.csv:17",
        "bulletins.d/shows.csv:18",
    ]
    since = bulletins("plan", "--changed-since", "main", "--format", "json").json
    assert [firing["id"] for firing in since["firings"]] == ["sa-re-ga-ma-15", "sa-re-ga-ma-16"]


def test_an_edited_name_that_makes_another_id_is_one_rename_that_warns(
    bulletins: Bulletins, committed: Repository
) -> None:
    committed.write({"bulletins.d/shows.csv": table(row_17="Sa Re Ga Ma Pa,15,1015,Tamil")})
    (change,) = bulletins("plan", "--against", "HEAD", "--format", "json").json["changes"]["bulletins"]
    assert (change["kind"], change["was"], change["id"]) == ("renamed", "sa-re-ga-ma-15", "sa-re-ga-ma-pa-15")
    assert "if it was sent as sa-re-ga-ma-15 already, it would go out again under its new id" in change["warning"]
    assert [field["field"] for field in change["fields"]] == ["name"]


def test_what_is_written_out_is_the_same_set_again(bulletins: Bulletins, two_hundred: Path) -> None:
    before = bulletins("plan", "--format", "json").json["firings"]
    written = bulletins("expand")
    assert written.code == 0
    (two_hundred / "shows.yaml").write_text(written.out, encoding="utf-8")
    (two_hundred / "shows.csv").unlink()
    after = bulletins("plan", "--format", "json").json["firings"]
    assert [firing["fingerprint"] for firing in after] == [firing["fingerprint"] for firing in before]
    assert "  # bulletins.d/shows.yaml:3, bulletins.d/shows.csv:17\n" in written.out


def test_a_set_with_problems_is_not_written_out(bulletins: Bulletins, two_hundred: Path) -> None:
    (two_hundred / "shows.csv").unlink()
    done = bulletins("expand")
    assert (done.code, done.out) == (3, "")
    assert "error[table-unreadable]" in done.err
    assert done.err.endswith("nothing was printed: a set with problems is never expanded, not even in part\n")


def test_selected_bulletins_alone_are_written_out(bulletins: Bulletins, write: Write) -> None:
    write(
        {
            "accounts.yaml": "accounts: {india: {region: in1, account_id_env: A, passcode_env: B}}\n",
            "shows.yaml": TEMPLATE,
            "shows.csv": "show,episode,program_id,language\nSa Re,1,1001,Hindi\nDance,2,1002,Tamil\n",
        }
    )
    done = bulletins("expand", "--id", "dance-*")
    assert (done.code, done.out.count("- id: ")) == (0, 1)
    assert "id: dance-2" in done.out
    assert bulletins("expand", "--exclude-id", "dance-*").out.count("- id: ") == 1
    assert bulletins("expand", "--tag", "none").code == 2
