"""What every test stands on: no network beyond loopback, no ledger but its own, and files written in a line."""

from __future__ import annotations

import gc
import ipaddress
import os
import socket
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import statement_cache
from examples import examples
from hypothesis import HealthCheck, settings
from servers.fixtures import pgbouncer, pgbouncer_url, postgres, postgres_url, private_postgres

from runner.definitions.schedules import zones

if TYPE_CHECKING:
    from torture.processes import Zygote

__all__ = ["pgbouncer", "pgbouncer_url", "postgres", "postgres_url", "private_postgres", "write"]

# Here and in processes of tests. Otherwise each of them compiles the program, and each run of pytest all tests.
sys.dont_write_bytecode = False

# A busy machine fails no test. Each run looks at other examples.
settings.register_profile(
    "untimed", deadline=None, max_examples=examples(40), suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("untimed")

Write = Callable[[Mapping[str, str]], Path]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The golden files of messages are written anew by `pytest tests/test_golden.py --renew-golden`."""
    parser.addoption("--renew-golden", action="store_true", help="write tests/golden/ anew; review the difference")


class NetworkReachedError(AssertionError):
    """A test tried to leave the machine. Not an OSError, so that no code under test takes it for a network failure."""


@pytest.fixture(scope="session", autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No witness of a test reaches the user's state folder, also from fixtures of the whole session."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / "state"))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
        monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    """A statement is compiled once, not once for each engine."""
    statement_cache.share()
    yield
    statement_cache.stop_sharing()


@pytest.fixture(scope="session", autouse=True)
def _short_collections() -> Iterator[None]:
    """No collection of garbage looks through all tests. A run that ends in this process would bring them back."""
    gc.freeze()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(gc, "unfreeze", lambda: None)
        yield


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote | None]:
    """A process that forks one for each run of the program; None where processes can't be forked."""
    if not hasattr(os, "fork"):
        yield None
        return
    from torture.processes import Zygote

    with Zygote() as started:
        yield started


@pytest.fixture(autouse=True)
def _on_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test runs in an empty folder, with nothing of the outer environment, and reaches loopback at most."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path.with_name(f"{tmp_path.name}.state")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.with_name(f"{tmp_path.name}.cache")))
    for name in list(os.environ):
        if name.startswith(("BULLETINS_", "CLEVERTAP_")) or name.upper().endswith("_PROXY") or name == "NO_COLOR":
            monkeypatch.delenv(name)
    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, _only_loopback(getattr(socket.socket, name)))
    monkeypatch.setattr(socket, "getaddrinfo", _only_local_names(socket.getaddrinfo))


@pytest.fixture
def without_zone_data(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package tzdata is not installed, and nothing of it was read before."""
    monkeypatch.setitem(sys.modules, "tzdata", None)
    for cached in (zones.zone, zones.names):
        cached.cache_clear()
    yield
    for cached in (zones.zone, zones.names):
        cached.cache_clear()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes files, by relative path and dedented text, under bulletins.d, and returns that folder."""
    folder = tmp_path / "bulletins.d"

    def write_files(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text).removeprefix("\n"), encoding="utf-8")
        return folder

    return write_files


def _only_loopback(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
            raise NetworkReachedError(f"a test connects to {address}")
        return connect(self, address)

    return guarded


def _only_local_names(getaddrinfo: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is None or _is_loopback(name) or _is_address(name):
            return getaddrinfo(host, *args, **options)
        if name.endswith(".invalid"):  # what a resolver says of them, without asking one
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        raise NetworkReachedError(f"a test looks up {name}")

    return guarded


def _is_loopback(host: str) -> bool:
    return host in ("", "localhost") or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
