"""Witness files: read and write the witnesses of this machine, one file for each ledger id and place.

They lie in the user's state folder, readable by the user only, and hold no credentials. Each file is replaced as a
whole, under a lock shared by all processes of the user. A process waits for the lock only briefly, so that a suspended
process that holds the lock stops no run.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.files import rewrite
from runner.ledger.database.tables import instant_text, is_instant
from runner.ledger.witness.comparison import SeenRun, Witness

_FORMAT = {"format": "bulletins-witness", "version": 1}
_SHORT = 16  # characters of a hash in a file's name
_HIGHEST = 2**31  # limit of an integer column of the ledger
_LOCK_WAIT_S = 2.0
_LOCK_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class WitnessFiles:
    """The witness files in a folder that concern one ledger: of its id, or of another ledger at its place."""

    folder: Path
    ledger: str
    place: str

    @property
    def path(self) -> Path:
        """The witness file of this ledger at this place."""
        return self.folder / f"{_short(self.place)}-{_short(self.ledger)}.json"

    def read(self) -> tuple[list[Witness], dict[Path, str]]:
        """Return the witnesses, and the reason for each file that can't be read.

        Raises OSError if the folder can't be read.
        """
        found: list[Witness] = []
        damaged: dict[Path, str] = {}
        for name in sorted(self._names()):
            path = self.folder / name
            try:
                witness = _parsed(path.read_bytes())
            except FileNotFoundError:
                continue
            except OSError as error:
                damaged[path] = error.strerror or type(error).__name__
                continue
            except (ValueError, RecursionError):
                damaged[path] = "it is damaged" if path == self.path else "it is damaged; delete it"
                continue
            if self.ledger == witness.ledger or self.place == witness.place:
                found.append(witness)
        return found, damaged

    def _names(self) -> list[str]:
        place, ledger = f"{_short(self.place)}-", f"-{_short(self.ledger)}.json"
        try:
            names = os.listdir(self.folder)
        except FileNotFoundError:
            return []
        return [name for name in names if name.endswith(".json") and (name.startswith(place) or name.endswith(ledger))]

    def update(self, change: Callable[[Witness], Witness]) -> None:
        """Replace the witness of this ledger at this place, durably. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(self.folder):
            rewrite(self.path, _written(change(self._current())), mode=0o600)

    def _current(self) -> Witness:
        try:
            return _parsed(self.path.read_bytes())
        except (FileNotFoundError, ValueError, RecursionError):
            return Witness(self.ledger, self.place)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock out other processes that update a witness. Go on without the lock if it is not free within 2 seconds."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    give_up_at = time.monotonic() + _LOCK_WAIT_S
    try:
        while time.monotonic() < give_up_at:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                time.sleep(_LOCK_POLL_S)
        yield
    finally:
        os.close(descriptor)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:_SHORT]


def _written(witness: Witness) -> bytes:
    runs = [
        {
            "id": run.id,
            "number": run.number,
            "claims": run.claims,
            "started_at": instant_text(run.started_at),
            "host": run.host,
            "is_over": run.is_over,
        }
        for run in witness.runs
    ]
    document = {**_FORMAT, "ledger": witness.ledger, "place": witness.place, "runs": runs}
    return (json.dumps(document, indent=1) + "\n").encode()


def _parsed(data: bytes) -> Witness:
    """Return the witness in a file. Raises ValueError or RecursionError if the file holds no valid witness."""
    document = json.loads(data)
    if not isinstance(document, dict) or {name: document.get(name) for name in _FORMAT} != _FORMAT:
        raise ValueError("no witness")
    runs = document.get("runs")
    if not isinstance(runs, list):
        raise ValueError("no runs")
    return Witness(_text(document, "ledger"), _text(document, "place"), tuple(map(_run, runs)))


def _run(values: object) -> SeenRun:
    if not isinstance(values, dict):
        raise ValueError("no run")
    started_at, is_over = values.get("started_at"), values.get("is_over")
    if not isinstance(started_at, str) or not is_instant(started_at) or not isinstance(is_over, bool):
        raise ValueError("no run")
    return SeenRun(
        _text(values, "id"),
        _count(values, "number"),
        _count(values, "claims"),
        datetime.fromisoformat(started_at),
        _text(values, "host"),
        is_over,
    )


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"no {name}")
    return value


def _count(values: Mapping[str, Any], name: str) -> int:
    value = values.get(name)
    if type(value) is not int or not 0 <= value < _HIGHEST:
        raise ValueError(f"no {name}")
    return value
