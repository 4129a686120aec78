"""Objects of the repository by their ids, all read through one `git cat-file --batch`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from runner.errors import UserError
from runner.git.command import start_git

_AT_ONCE = 60  # ids of 65 bytes: what the smallest pipe takes while git waits for its answers to be read


@dataclass(frozen=True, slots=True)
class Objects:
    """A repository's objects while git is there to give them."""

    requests: IO[bytes]
    answers: IO[bytes]

    def read(self, ids: Iterable[bytes], limit_bytes: int) -> Mapping[bytes, bytes]:
        """The contents by id, each up to `limit_bytes`. An id that is not in the repository is left out.

        Raises UserError where git stops.
        """
        wanted = iter(dict.fromkeys(ids))
        found: dict[bytes, bytes] = {}
        while chunk := list(islice(wanted, _AT_ONCE)):
            try:
                self.requests.write(b"".join(id_ + b"\n" for id_ in chunk))
                self.requests.flush()
                found.update(self._answers(chunk, limit_bytes))
            except (OSError, EOFError):
                raise UserError(
                    "git stopped while it was read",
                    help="Look at the checkout with git fsck; a partial clone wants git fetch --refetch --no-filter.",
                ) from None
        return found

    def _answers(self, ids: Iterable[bytes], limit_bytes: int) -> Iterator[tuple[bytes, bytes]]:
        for id_ in ids:
            head = self.answers.readline().split()
            if not head:
                raise EOFError
            if len(head) < 3:  # <id> missing
                continue
            size_bytes = int(head[2])
            yield id_, self._exactly(min(size_bytes, limit_bytes))
            rest_bytes = size_bytes - limit_bytes
            while rest_bytes > 0:
                rest_bytes -= len(self._exactly(min(rest_bytes, 1 << 20)))
            self._exactly(1)  # the line's end

    def _exactly(self, size_bytes: int) -> bytes:
        data = self.answers.read(size_bytes)
        if len(data) < size_bytes:
            raise EOFError
        return data


@contextmanager
def objects(path: Path) -> Iterator[Objects]:
    """The objects of the repository that `path` lies in."""
    with start_git(path, "cat-file", "--batch") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Objects(process.stdin, process.stdout)
        finally:
            with suppress(OSError):  # of a git that is gone already
                process.stdin.close()
