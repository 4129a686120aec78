"""What each answer means, over real sockets: one account for each row of the table, so that none stops another."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from end_to_end.site import TIMEOUT_S, Done, Forks, Site
from runner.sandbox.server import Sandbox

MAX_TRIES = 5
NOT_SENT, SENT, UNKNOWN = "failed", "fired", "in_doubt"
EXIT_CODES = {SENT: 0, NOT_SENT: 1, UNKNOWN: 4}


@dataclass(frozen=True, slots=True)
class Row:
    """What goes wrong, the outcome, the tries within the run, and whether the bulletin was raised all the same."""

    outcome: str
    tries: int = 1
    raised: bool = False


FAULTS = {
    "202-after": Row(SENT, raised=True),
    "429": Row(NOT_SENT, tries=MAX_TRIES),
    "400": Row(NOT_SENT),
    "401": Row(NOT_SENT),
    "403": Row(NOT_SENT),
    "404": Row(NOT_SENT),
    "405": Row(NOT_SENT),
    "409": Row(NOT_SENT),
    "fail:Business Event Not Found": Row(NOT_SENT),
    "redirect": Row(NOT_SENT),
    "301": Row(NOT_SENT),
    "307": Row(NOT_SENT),
    "308": Row(NOT_SENT),
    "204-after": Row(UNKNOWN, raised=True),
    "500": Row(UNKNOWN),
    "502": Row(UNKNOWN),
    "503": Row(UNKNOWN),
    "504": Row(UNKNOWN),
    "503-after": Row(UNKNOWN, raised=True),
    "timeout": Row(UNKNOWN),
    "timeout-after": Row(UNKNOWN, raised=True),
    "reset": Row(UNKNOWN),
    "reset-after": Row(UNKNOWN, raised=True),
    "close": Row(UNKNOWN),
    "close-after": Row(UNKNOWN, raised=True),
    "truncated": Row(UNKNOWN, raised=True),
    "foreign": Row(UNKNOWN, raised=True),
    "no-status": Row(UNKNOWN, raised=True),
    "huge": Row(UNKNOWN, raised=True),
    "drip": Row(UNKNOWN, raised=True),
    "drip-head": Row(UNKNOWN, raised=True),
}
# No request can leave: the sandbox is not even reached.
CONNECTIONS = {name: Row(NOT_SENT, tries=MAX_TRIES) for name in ("dns", "refused", "tls", "connect-timeout")}
TABLE = {"success": Row(SENT, raised=True), **FAULTS, **CONNECTIONS}


def slug(name: str) -> str:
    return name.lower().replace(":", "-").replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of the two runs of one group of rows."""

    done: Done
    results: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Fired:
    """The first runs, one for each outcome, and the second ones, by then with nothing wrong any more."""

    first: dict[str, Seen]
    second: dict[str, Seen]
    requests_first: dict[str, int]
    paths: set[str]
    site: Site


@pytest.fixture(scope="module")
def fired(tmp_path_factory: pytest.TempPathFactory, forked: Forks | None) -> Iterator[Fired]:
    faults = [f"{fault}@{slug(fault)}" for fault in FAULTS]
    with Sandbox(faults=faults) as sandbox, ExitStack() as stack:
        site = Site(tmp_path_factory.mktemp("table"), sandbox, forked=forked)
        site.make_ledger()
        for name in TABLE:
            site.write_bulletins([slug(name)], name=slug(name), fields=f'accounts: ["{slug(name)}"]')
        good = {slug(name): sandbox.base_url for name in TABLE}
        site.write_accounts(**{**good, **unreachable(stack)})
        first = {outcome: fire(site, outcome) for outcome in EXIT_CODES}
        sandbox.wait_received(sum(row.tries for name, row in TABLE.items() if name not in CONNECTIONS), timeout_s=60)
        requests = dict(site.requests())
        sandbox.clear_faults()
        site.write_accounts(**good)
        second = {outcome: fire(site, outcome) for outcome in EXIT_CODES}
        yield Fired(first, second, requests, {received.path for received in sandbox.received()}, site)


def fire(site: Site, outcome: str) -> Seen:
    rows = {slug(name): row for name, row in TABLE.items() if row.outcome == outcome}
    options = [option for name in rows for option in ("--id", name)]
    # Whatever a slow machine turns into a time-out is in doubt as well; elsewhere it would be another outcome.
    site.environment["BULLETINS_TEST_ANSWER_S"] = "0.7" if outcome == UNKNOWN else "60"
    done = site.run("fire", "--yes", "--allow-host", "nowhere.invalid", *options, hurried=True)
    assert "error:" not in done.err, done.err
    return Seen(done, {result["id"]: result for result in site.reports()[-1]["results"]})


def unreachable(stack: ExitStack) -> dict[str, str]:
    shut = stack.enter_context(closing(socket.socket()))
    shut.bind(("127.0.0.1", 0))  # bound, and nobody listens: the port stays refused
    return {
        "dns": "https://nowhere.invalid",
        "refused": f"http://127.0.0.1:{shut.getsockname()[1]}",
        "tls": f"https://127.0.0.1:{port_without_tls(stack)}",
        "connect-timeout": f"http://127.0.0.1:{silent_port(stack)}",
    }


def port_without_tls(stack: ExitStack) -> int:
    """A port that answers in plain HTTP, whatever is said to it."""
    listener = stack.enter_context(closing(socket.create_server(("127.0.0.1", 0))))

    def serve() -> None:
        with contextlib.suppress(OSError):  # shut down below
            while True:
                connected, _ = listener.accept()
                with connected:
                    connected.settimeout(TIMEOUT_S)
                    connected.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    stack.callback(thread.join)
    stack.callback(listener.shutdown, socket.SHUT_RDWR)
    return int(listener.getsockname()[1])


def silent_port(stack: ExitStack) -> int:
    """A port whose queue of connections is full: whoever knocks hears nothing."""
    listener = stack.enter_context(closing(socket.socket()))
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    for _ in range(4):
        knocking = stack.enter_context(closing(socket.socket()))
        knocking.setblocking(False)
        knocking.connect_ex(listener.getsockname())
    return int(listener.getsockname()[1])


@pytest.mark.parametrize("name", TABLE)
def test_each_row_has_its_outcome(fired: Fired, name: str) -> None:
    row = TABLE[name]
    if name == "connect-timeout" and sys.platform != "linux":
        pytest.skip("a full queue keeps silent on Linux only")
    result = fired.first[row.outcome].results[slug(name)]
    assert (result["outcome"], result["tries"]) == (row.outcome, row.tries), result
    assert result["reason"] or row.outcome == SENT


@pytest.mark.parametrize("name", TABLE)
def test_at_most_one_request_may_have_been_sent(fired: Fired, name: str) -> None:
    row = TABLE[name]
    left = 0 if name in CONNECTIONS else row.tries
    assert fired.requests_first.get(slug(name), 0) == left
    assert left == 1 or row.outcome == NOT_SENT  # only what was certainly rejected is tried again


@pytest.mark.parametrize("outcome", EXIT_CODES)
def test_the_exit_code_shows_the_worst_outcome(fired: Fired, outcome: str) -> None:
    assert fired.first[outcome].done.code == EXIT_CODES[outcome], fired.first[outcome].done


@pytest.mark.parametrize("name", TABLE)
def test_a_second_run_sends_only_what_certainly_was_not_sent(fired: Fired, name: str) -> None:
    row = TABLE[name]
    result = fired.second[row.outcome].results[slug(name)]
    expected = {SENT: ("done", None), NOT_SENT: ("retry", "fired"), UNKNOWN: ("in_doubt", None)}
    assert (result["action"], result["outcome"]) == expected[row.outcome], result
    assert fired.site.accepted()[slug(name)] == (1 if row.raised or row.outcome == NOT_SENT else 0)


def test_second_runs_end_well(fired: Fired) -> None:
    assert {outcome: seen.done.code for outcome, seen in fired.second.items()} == dict.fromkeys(EXIT_CODES, 0)


def test_no_redirect_was_followed(fired: Fired) -> None:
    assert fired.paths == {"/1/targets/trigger.json"}


def test_status_shows_what_a_person_needs_for_each_doubt(fired: Fired, tmp_path: Path) -> None:
    said = fired.site.run("status").out
    for name, row in TABLE.items():
        assert (f"{slug(name)} in {slug(name)} (r1)" in said) is (row.outcome == UNKNOWN)
    assert said.count("  window  ") == sum(row.outcome == UNKNOWN for row in TABLE.values())
