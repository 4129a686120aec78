"""`status` and `resolve`: what is known, and a person's word on what is in doubt."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from conftest import Write

from cli.conftest import BULLETINS, Bulletins, account
from runner.sandbox.server import Sandbox


@pytest.fixture
def doubt(bulletins: Bulletins, ledger: str, sandbox: Sandbox) -> None:
    """now-1 is fired, now-2 is in doubt."""
    sandbox.add_fault("503@Now 2*1")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 4


@pytest.fixture
def two_accounts(bulletins: Bulletins, ledger: str, sandbox: Sandbox, write: Write) -> None:
    """now-1 is in doubt in two accounts."""
    text = account(sandbox.base_url)
    write(
        {
            "accounts.yaml": text + text.splitlines()[1].replace("india", "europe") + "\n",
            "all.yaml": BULLETINS.replace("accounts: [india]", "accounts: [india, europe]"),
        }
    )
    sandbox.add_fault("503")
    assert bulletins("fire", "--yes", "--id", "now-1").code == 4


def test_nothing_yet(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("status")
    assert (done.code, done.out, done.err) == (0, "nothing is in doubt\n", "")


def test_without_a_ledger(bulletins: Bulletins) -> None:
    assert bulletins("status").refused_with("there is no ledger", "bulletins ledger init")
    assert bulletins("resolve", "a", "--sent", "--note", "n").refused_with("there is no ledger", "ledger init")


@pytest.mark.usefixtures("doubt")
def test_the_overview_has_what_a_person_looks_for(bulletins: Bulletins) -> None:
    lines = bulletins("status").out.splitlines()
    assert lines[0] == "now-2 in india (r1)"
    facts = dict(line.strip().split(maxsplit=1) for line in lines[1:9])
    assert (facts["event"], facts["name"], facts["c-by"]) == ("Program Released", "Now 2", "a@example.com")
    assert " to 20" in facts["window"]
    assert facts["sent?"] == 'bulletins resolve now-2 --account india --sent --note "…"'
    assert "1 in doubt: look each up in the dashboard's activity log, then settle it" in lines
    assert lines[-2] == "fired lately:"
    assert lines[-1].startswith("now-1  20")


@pytest.mark.usefixtures("doubt")
def test_the_overview_in_json(bulletins: Bulletins) -> None:
    document = bulletins("status", "--format", "json").json
    assert [(row["id"], row["state"]) for row in document["in_doubt"]] == [("now-2", "in_doubt")]
    assert [(row["id"], row["bulletins_sent"]) for row in document["fired"]] == [("now-1", 1)]
    assert document["in_doubt"][0]["payload"]["name"] == "Now 2"


@pytest.mark.usefixtures("doubt")
def test_one_bulletin(bulletins: Bulletins) -> None:
    done = bulletins("status", "now-2")
    history, now = done.out.splitlines()
    assert history.startswith("in_doubt  20")
    assert "HTTP 503" in history
    assert now.startswith("now: in_doubt in india (r1): ")
    assert now.endswith("settle it with bulletins resolve now-2")
    document = bulletins("status", "now-2", "--format", "json").json
    assert [row["state"] for row in document["history"]] == ["in_doubt"]
    assert [step["action"] for step in document["now"]] == ["in_doubt"]


def test_a_bulletin_that_was_never_sent(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("status", "later-1")
    assert done.code == 0
    assert done.out.startswith("now: wait in india (r1): due 2036-12-01T13:00:00Z, in ")


def test_a_bulletin_that_is_not_known(bulletins: Bulletins, ledger: str) -> None:
    done = bulletins("status", "nobody")
    assert done.refused_with("nothing is known of 'nobody'", "bulletins plan lists the ids", code=2)


@pytest.mark.usefixtures("doubt")
def test_the_history_outlives_the_definitions(bulletins: Bulletins, small_set: Path, write: Write) -> None:
    write({"all.yaml": "bulletins: [{id: a}]\n"})
    done = bulletins("status", "now-1")
    assert (done.code, done.out.count("\n")) == (0, 1)
    assert "the definitions have problems" in done.err
    done = bulletins("status", "now-1", "--path", "nowhere")
    assert done.code == 0
    assert "the definitions are not looked at: nowhere: no such file or folder" in done.err


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize(("word", "action", "accepted"), [("--sent", "done", 1), ("--not-sent", "retry", 2)])
def test_a_word_settles_it(bulletins: Bulletins, sandbox: Sandbox, word: str, action: str, accepted: int) -> None:
    requests = len(sandbox.received())
    done = bulletins("resolve", "now-2", word, "--note", "seen in the log, 18:31")
    assert (done.code, done.err) == (0, "")
    said = "sent" if word == "--sent" else "not sent"
    assert done.out.startswith(f"settled: now-2 in india (r1) is recorded as {said}; nothing was sent now\n")
    assert ("the next run fires it again" in done.out) is (word == "--not-sent")
    assert len(sandbox.received()) == requests
    history = bulletins("status", "now-2").out
    assert f"as {said}" in history
    assert "seen in the log, 18:31" in history
    assert f"now: {action} in india" in history
    assert bulletins("status").out.startswith("nothing is in doubt\n")
    assert bulletins("fire", "--yes", "--id", "now-*").code == 0
    assert len(sandbox.accepted()) == accepted
    again = bulletins("resolve", "now-2", word, "--note", "once more")
    assert again.refused_with("no firing of 'now-2' is in doubt", "bulletins status")


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize("words", [[], ["--sent", "--not-sent"]])
def test_without_a_plain_word_nothing_is_settled(bulletins: Bulletins, words: list[str]) -> None:
    done = bulletins("resolve", "now-2", "--note", "seen", *words)
    assert done.refused_with("either --sent or --not-sent", "resolve --help", code=2)
    assert bulletins("status").out.startswith("now-2 in india (r1)\n")


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize("note", ["", " ", "\t\n"])
def test_a_blank_note_settles_nothing(bulletins: Bulletins, note: str) -> None:
    done = bulletins("resolve", "now-2", "--sent", "--note", note)
    assert done.refused_with("--note is blank: write how you know", "resolve --help", code=2)
    assert bulletins("status").out.startswith("now-2 in india (r1)\n")


@pytest.mark.usefixtures("doubt")
@pytest.mark.parametrize(
    "options", [["now-1"], ["nobody"], ["now-2", "--account", "x"], ["now-2", "--occurrence", "x"]]
)
def test_what_is_not_in_doubt(bulletins: Bulletins, options: list[str]) -> None:
    done = bulletins("resolve", *options, "--sent", "--note", "n")
    assert done.refused_with(f"no firing of '{options[0]}' is in doubt", "bulletins status lists what is")


@pytest.mark.usefixtures("two_accounts")
def test_two_doubts_want_to_be_told_apart(bulletins: Bulletins) -> None:
    done = bulletins("resolve", "now-1", "--sent", "--note", "n")
    assert done.refused_with("now-1 is in doubt 2 times", "--account india --occurrence r1", code=2)
    assert bulletins("resolve", "now-1", "--sent", "--note", "n", "--account", "india").code == 0
    assert bulletins("resolve", "now-1", "--not-sent", "--note", "n").code == 0  # one is left


@pytest.mark.usefixtures("two_accounts")
def test_the_lines_that_status_gives_do_settle(bulletins: Bulletins) -> None:
    lines = [line.split(maxsplit=1)[1] for line in bulletins("status").out.splitlines() if "sent?" in line]
    assert len(lines) == 2
    for line in lines:
        program, *arguments = shlex.split(line)
        assert program == "bulletins"
        assert bulletins(*arguments).code == 0
    assert bulletins("status").out.startswith("nothing is in doubt\n")
