"""A passcode shows up nowhere: in no output, report or ledger, and at no host but its own, whatever the server does."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import os
import socket
import sqlite3
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from end_to_end.site import TIMEOUT_S, Done, Forks, Site, assert_refused
from end_to_end.test_outcome_table import FAULTS, slug
from runner.errors import ErrorCode
from runner.sandbox.server import Sandbox

# With what JSON writes otherwise. Nothing of it may be left, not even the part that needs no escape.
CANARY = 'canary-"quoted"\\back/slash<&>\'tail-of-it'
ENCODED = base64.b64encode(CANARY.encode()).decode()[4:20]
PARTS = ("canary", "tail-of-it", "CANARY", ENCODED, CANARY.encode().hex(" ")[:20], "c\0a\0n\0a\0r\0y")


def assert_secret(site: Site, *texts: str) -> None:
    for text in texts:
        assert not any(part in text for part in PARTS), text
    searched = [path for path in site.folder.rglob("*") if path.is_file()]
    assert len(searched) > 3
    for path in searched:
        data = path.read_bytes()
        assert not any(part.encode() in data for part in PARTS), path


def test_no_fault_brings_the_passcode_to_light(tmp_path: Path, forked: Forks | None) -> None:
    names = [slug(fault) for fault in FAULTS]
    with Sandbox(faults=[f"{fault}@{slug(fault)}" for fault in FAULTS]) as sandbox:
        site = Site(tmp_path, sandbox, forked=forked)
        site.make_ledger()
        for name in names:
            site.write_bulletins([name], name=name, fields=f'accounts: ["{name}"]')
        site.write_accounts(**dict.fromkeys(names, sandbox.base_url))
        site.environment.update({variable: CANARY for variable in site.environment if variable.startswith("PASSCODE_")})
        # The ledger is being read meanwhile, so that what the run writes stays in its -wal file for the search.
        site.environment["BULLETINS_TEST_ANSWER_S"] = "0.7"
        with closing(open_ledger(site)):
            done = site.run("fire", "--yes", "--verbose", hurried=True)
            assert done.code == 4
            assert "error:" not in done.err
            assert (tmp_path / ".bulletins" / "ledger.sqlite3-wal").stat().st_size > 0
            assert_secret(site, done.out, done.err)
        reported = [
            site.run(*command) for command in (["status"], ["status", "503"], ["ledger", "show"], ["plan", "-v"])
        ]
        assert_secret(site, *(each.out + each.err for each in reported))


def open_ledger(site: Site) -> sqlite3.Connection:
    connection = sqlite3.connect(site.folder / ".bulletins" / "ledger.sqlite3", isolation_level=None)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM firings").fetchone()
    return connection


def passcode_of(head: bytes) -> str:
    lines = head.decode("latin-1").split("\r\n")
    return next(line.split(": ", 1)[1] for line in lines if line.lower().startswith("x-clevertap-passcode"))


def plain_body(passcode: str) -> str:
    return whole("500 Internal Server Error", f"bad passcode {passcode}")


def json_error(passcode: str) -> str:
    return whole("400 Bad Request", json.dumps({"status": "fail", "error": f"bad passcode {passcode}", "code": 400}))


def json_error_with_slashes(passcode: str) -> str:
    body = json.dumps({"status": "fail", "error": f"bad passcode {passcode}"}).replace("/", "\\/")
    return whole("400 Bad Request", body)


def json_in_html(passcode: str) -> str:
    return whole("502 Bad Gateway", f"<h1>{html.escape(json.dumps(passcode))}</h1><p>{html.escape(passcode)}</p>")


def url_encoded(passcode: str) -> str:
    return whole("502 Bad Gateway", f"GET /?p={urllib.parse.quote(passcode)}&q={urllib.parse.quote_plus(passcode)}")


def status_line(passcode: str) -> str:
    return f"{passcode} is what you sent\r\n\r\n"


def reason_phrase(passcode: str) -> str:
    return f"HTTP/1.1 503 {passcode}\r\nContent-Length: 0\r\n\r\n"


def bad_status(passcode: str) -> str:
    return f"HTTP/1.1 {passcode}\r\n\r\n"


def bad_header(passcode: str) -> str:
    return f"HTTP/1.1 200 OK\r\n{passcode}\r\n : {passcode}\r\nContent-Length: 2\r\n\r\n{{}}"


def bad_length(passcode: str) -> str:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {passcode}\r\n\r\n{{}}"


def bad_chunk(passcode: str) -> str:
    return f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{passcode}\r\n"


def bad_encoding(passcode: str) -> str:
    return f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(passcode)}\r\n\r\n{passcode}"


def redirect(passcode: str) -> str:
    return f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/{passcode}\r\nContent-Length: 0\r\n\r\n"


def cut_off(passcode: str) -> str:
    """An answer whose end, as far as it is kept, falls into the passcode."""
    return whole("500 Internal Server Error", "x" * 1990 + passcode)


def cut_off_error(passcode: str) -> str:
    return whole("400 Bad Request", json.dumps({"status": "fail", "error": "x" * 290 + passcode}))


def cut_off_status_line(passcode: str) -> str:
    return "x" * 190 + passcode + "\r\n\r\n"


def basic_authentication(passcode: str) -> str:
    return whole("400 Bad Request", f"Authorization: Basic {base64.b64encode(f'id:{passcode}'.encode()).decode()}")


def in_utf_16(passcode: str) -> str:
    return whole("502 Bad Gateway", f"<h1>{passcode}</h1>".encode("utf-16").decode("latin-1"))


def in_hexadecimal(passcode: str) -> str:
    return whole("502 Bad Gateway", f"received {passcode.encode().hex(' ')}")


def in_capitals(passcode: str) -> str:
    return whole("502 Bad Gateway", f"unknown: {passcode.upper()}")


def broken_off(passcode: str) -> str:
    """An answer that the connection's end cuts off in the passcode."""
    return f"HTTP/1.1 400 Bad Request\r\nContent-Length: 5000\r\n\r\nbad passcode {passcode[:-2]}"


def whole(status: str, body: str) -> str:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n{body}"


ECHOES = (
    plain_body, json_error, json_error_with_slashes, json_in_html, url_encoded, status_line, reason_phrase, bad_status,
    bad_header, bad_length, bad_chunk, bad_encoding, redirect, cut_off, cut_off_error, cut_off_status_line,
    basic_authentication, in_utf_16, in_hexadecimal, in_capitals, broken_off,
)  # fmt: skip


@contextlib.contextmanager
def serving(answer: Callable[[str], str], echoed: Callable[[bytes], str] = passcode_of) -> Iterator[str]:
    """A server that gives back the passcode it was sent, or what is `echoed`, in some way; yields its base URL."""
    with ExitStack() as stack:
        listener = stack.enter_context(closing(socket.create_server(("127.0.0.1", 0))))

        def serve() -> None:
            with contextlib.suppress(OSError):  # shut down below
                while True:
                    connected, _ = listener.accept()
                    with connected:
                        connected.settimeout(TIMEOUT_S)
                        head = connected.recv(65536)
                        if not head:
                            continue
                        connected.sendall(answer(echoed(head)).encode("latin-1"))
                        connected.shutdown(socket.SHUT_WR)
                        while connected.recv(65536):
                            pass

        thread = threading.Thread(target=serve)
        thread.start()
        stack.callback(thread.join)
        stack.callback(listener.shutdown, socket.SHUT_RDWR)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_an_echoing_server_does_not_bring_it_to_light(site: Site) -> None:
    names = [echo.__name__.replace("_", "-") for echo in ECHOES]
    with ExitStack() as stack:
        urls = {name: stack.enter_context(serving(echo)) for name, echo in zip(names, ECHOES, strict=True)}
        site.write_accounts(**urls)
        site.environment.update({variable: CANARY for variable in site.environment if variable.startswith("PASSCODE_")})
        for name in names:
            site.write_bulletins([name], name=name, fields=f"accounts: [{name}]")
        done = site.run("fire", "--yes", hurried=True)
    assert done.code == 4, done
    assert "error:" not in done.err
    kept = site.query("SELECT coalesce(answer, '') || coalesce(error, '') FROM attempts")
    assert sum("[passcode]" in text for text in kept) > len(ECHOES) / 2  # they did echo it
    assert_secret(site, done.out, done.err, site.run("status").out)


def test_a_passcode_of_another_account_is_not_brought_to_light(site: Site) -> None:
    # The run sends nothing to that account, and needs none of its variables.
    with serving(lambda _: json_error(CANARY)) as base_url:
        site.write_accounts(india=base_url, europe="http://127.0.0.1:9")
        site.environment["PASSCODE_EUROPE"] = CANARY
        site.write_bulletins(["b-1"])
        done = site.run("fire", "--yes")
    assert done.code == 1, done
    assert "bad passcode [passcode]" in done.err
    assert_secret(site, done.out, done.err, site.run("status", "b-1").out)


def id_of(head: bytes) -> str:
    lines = head.decode("latin-1").split("\r\n")
    return next(line.split(": ", 1)[1] for line in lines if line.lower().startswith("x-clevertap-account-id"))


def test_variables_that_were_swapped_do_not_bring_it_to_light(site: Site) -> None:
    with serving(json_error, echoed=id_of) as base_url:
        site.write_accounts(india=base_url)
        site.environment.update(ID_INDIA=CANARY, PASSCODE_INDIA="WRK-485-456Z")
        site.write_bulletins(["b-1"])
        done = site.run("fire", "--yes")
    assert done.code == 1, done
    assert_secret(site, done.out, done.err)


def test_one_clevertap_account_gets_nothing_under_two_names(site: Site) -> None:
    url = site.sandbox.base_url
    site.write_accounts(india=url, bharat=url)
    site.environment["ID_BHARAT"] = site.environment["ID_INDIA"] = CANARY
    site.write_bulletins(["b-1"])
    done = site.run("fire", "--yes")
    assert_refused(done, ErrorCode.SAME_ACCOUNT_TWICE, "india", "bharat")
    assert_secret(site, done.out, done.err)
    site.environment["ID_BHARAT"] = "another"
    site.environment["PASSCODE_BHARAT"] = CANARY
    done = site.run("fire", "--yes")
    assert_refused(done, ErrorCode.ACCOUNT_ID_IS_PASSCODE, "ID_INDIA")
    assert_secret(site, done.out, done.err)
    assert site.sandbox.received() == ()
    assert site.states() == {}


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/stdin", "pipe", "bulletins.d", "nowhere"])
def test_a_passcode_file_that_is_none_is_refused_at_once(site: Site, path: str) -> None:
    os.mkfifo(site.folder / "pipe")
    site.write_bulletins(["b-1"])
    accounts = site.folder / "bulletins.d" / "accounts.yaml"
    text = accounts.read_text(encoding="utf-8").replace("passcode_env: PASSCODE_INDIA", f"passcode_file: {path}")
    accounts.write_text(text, encoding="utf-8")
    with site.started("fire", "--yes", stdin=True) as process:  # a standard input that never ends
        process.wait(TIMEOUT_S)
        out, err = (stream.read() for stream in (process.stdout, process.stderr) if stream is not None)
    assert_refused(Done(process.returncode, out, err), ErrorCode.CREDENTIALS_MISSING, "the passcode_file of india")
    assert site.sandbox.received() == ()


def test_a_passcode_from_a_file_is_kept_as_well(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("secrets") / "clevertap"
    secret.write_text(CANARY + "\n", encoding="ascii")
    with serving(json_error) as base_url:
        site.write_accounts(india=base_url)
        accounts = site.folder / "bulletins.d" / "accounts.yaml"
        text = accounts.read_text(encoding="utf-8").replace("passcode_env: PASSCODE_INDIA", f"passcode_file: {secret}")
        accounts.write_text(text, encoding="utf-8")
        site.write_bulletins(["b-1"])
        done = site.run("fire", "--yes")
    assert done.code == 1, done
    assert "bad passcode [passcode]" in done.err
    assert_secret(site, done.out, done.err)


@pytest.mark.parametrize("passcode", ["canary tail-of-it", "canary\ntail-of-it", "canary-é-tail-of-it"])
def test_a_passcode_that_no_header_can_carry_is_not_quoted(site: Site, passcode: str) -> None:
    site.write_bulletins(["b-1"])
    site.environment["PASSCODE_INDIA"] = passcode
    done = site.run("fire", "--yes")
    assert_refused(done, ErrorCode.CREDENTIALS_MISSING, "PASSCODE_INDIA")
    assert_secret(site, done.out, done.err)
    assert site.sandbox.received() == ()


@pytest.mark.parametrize(
    "base_url",
    [
        "https://nowhere.invalid",
        "https://api.clevertap.com.nowhere.invalid",
        "https://notapi.clevertap.com.invalid:443",
        "https://localhost.nowhere.invalid",
    ],
)
def test_a_foreign_host_gets_nothing(site: Site, base_url: str) -> None:
    site.write_accounts(india=base_url)
    site.environment["PASSCODE_INDIA"] = CANARY
    site.write_bulletins(["b-1"])
    done = site.run("fire", "--yes")
    assert_refused(done, ErrorCode.FOREIGN_HOST, "india", base_url)
    assert_secret(site, done.out, done.err)
    assert site.sandbox.received() == ()
    assert site.states() == {}
