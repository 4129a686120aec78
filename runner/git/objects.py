"""Reads objects of the repository: takes ids, returns contents. Starts `git cat-file --batch` once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

from runner.errors import ErrorCode, UserError
from runner.git.command import start_git

_AT_ONCE = 60  # ids of 65 bytes; more could fill the smallest pipe, and then git and this process wait for each other


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of a repository, as long as the process of git runs."""

    requests: IO[bytes]
    answers: IO[bytes]

    def read(self, ids: Iterable[bytes], limit_bytes: int) -> Mapping[bytes, bytes]:
        """Return the contents by id, each up to `limit_bytes`. An id that is not in the repository is left out.

        Raises UserError if git ends early.
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
                    ErrorCode.GIT_FAILED,
                    "git ended before it returned all files of the commit",
                    help="Check the checkout with git fsck. In a partial clone, run git fetch --refetch --no-filter.",
                ) from None
        return found

    def _answers(self, ids: Iterable[bytes], limit_bytes: int) -> Iterator[tuple[bytes, bytes]]:
        for id_ in ids:
            head = self.answers.readline().split()
            if not head:
                raise EOFError
            if len(head) < 3:  # git printed "<id> missing"
                continue
            size_bytes = int(head[2])
            yield id_, self._exactly(min(size_bytes, limit_bytes))
            rest_bytes = size_bytes - limit_bytes
            while rest_bytes > 0:
                rest_bytes -= len(self._exactly(min(rest_bytes, 1 << 20)))
            self._exactly(1)  # the line break after the content

    def _exactly(self, size_bytes: int) -> bytes:
        data = self.answers.read(size_bytes)
        if len(data) < size_bytes:
            raise EOFError
        return data


@contextmanager
def objects(path: Path) -> Iterator[Objects]:
    """Provide the objects of the repository that contains `path`."""
    with start_git(path, "cat-file", "--batch") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Objects(process.stdin, process.stdout)
        finally:
            with suppress(OSError):  # git may have ended already
                process.stdin.close()
