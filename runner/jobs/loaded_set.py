"""A set as a command loads it: as definitions, or from the cache, where settled bulletins need not become objects.

In: the path of the set. Out: a LoadedSet, which gives its definitions when they are needed, and plans the whole set.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from runner import local
from runner.definitions.problem_codes import Code
from runner.definitions.sources import display_path
from runner.errors import ErrorCode, Exit, UserError

if TYPE_CHECKING:
    from runner.definitions.cache.cached_set import CachedSet
    from runner.definitions.model import Account, Definitions
    from runner.definitions.problem import Problem
    from runner.ledger.ledger import Ledger
    from runner.plan.decide import Plan

T = TypeVar("T")
_NO_ACCOUNT = (Code.ACCOUNT_NEEDED, Code.UNKNOWN_ACCOUNT)
_FEW = 200  # bulletins of a set in which each becomes an object and gets a step: that costs little


@dataclass(frozen=True)
class LoadedSet:
    """A set, and for one without errors also what the cache knows about it."""

    path: Path
    read: Definitions | None = None
    cached: CachedSet | None = None

    @cached_property
    def definitions(self) -> Definitions:
        """The whole set, with an object for each bulletin."""
        if self.read is not None:
            return self.read
        return self._from_cache(lambda cached: cached.definitions()) or _read(self.path)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The errors of the set. A set in the cache has none."""
        return () if self.read is None else self.read.problems

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings about the set, which don't keep it from being sent."""
        return self.definitions.warnings if self.cached is None else self.cached.warnings

    def strict(self) -> LoadedSet:
        """Return the same set with each warning as an error."""
        return LoadedSet(self.path, self.definitions.strict()) if self.warnings else self

    @property
    def accounts(self) -> Mapping[str, Account]:
        """The accounts by name."""
        return self.definitions.accounts if self.cached is None else self.cached.accounts

    def plan(self, ledger: Ledger | None, now: datetime) -> Plan:
        """Plan the whole set at `now`. In a large set, settled firings are counted and get no step.

        Raises UserError if the ledger can't be read.
        """
        from runner.jobs.planning import plan_firings
        from runner.plan.firing import firings

        unsettled = None
        if ledger is not None and self.cached is not None and self.cached.size > _FEW:
            unsettled = self._from_cache(partial(_unsettled, ledger=ledger))
        definitions, settled = unsettled or (self.definitions, {})
        plan = plan_firings(ledger, definitions, list(firings(definitions, now)), now)
        return replace(plan, settled_counts=settled)

    def _from_cache(self, read: Callable[[CachedSet], T]) -> T | None:
        """Return what `read` finds in the cache; None if the cache was damaged since it was opened."""
        from runner.definitions.cache.known import Damaged

        assert self.cached is not None
        try:
            return read(self.cached)
        except Damaged:
            return None


def load_set(path: Path, *, use_cache: bool, keep: bool = True) -> LoadedSet:
    """Load the set at `path`, from the user's cache where it holds the files as they are now.

    Files that the cache does not hold are kept in it. Without `keep`, it is used only if it holds all files: a command
    that is called once need not fill it. Raises UserError if the path is missing or a single file of bulletins, or if
    no definition file is found.
    """
    if use_cache:
        from runner.definitions.cache.cached_set import cached_set
        from runner.definitions.cache.known import FileCache
        from runner.definitions.files import sources_under

        cached = cached_set(sources_under([path]), FileCache.of_user(path), keep=keep)
        if cached is not None:
            return LoadedSet(path, cached=cached)
    read = _read(path)
    if path.is_file() and any(each.code in _NO_ACCOUNT for each in read.problems):
        raise _single_file(path)
    return LoadedSet(path, read)


def _unsettled(cached: CachedSet, *, ledger: Ledger) -> tuple[Definitions, Mapping[str, int]]:
    """Return the set without the settled one-time bulletins, and the number of settled firings by account."""
    found = ledger.settled(cached.questions())
    return cached.definitions(found.open_ids), dict(found.settled)


def _read(path: Path) -> Definitions:
    from runner.definitions.load import load

    return load([path])


def _single_file(path: Path) -> UserError:
    """Return the error about a file in place of the folder: a file never has the accounts that its bulletins need."""
    folders = [each for each in path.parents if each.name == local.DEFINITIONS]
    folder = folders[-1] if folders else path.parent
    argument = "" if str(folder) == local.DEFINITIONS else f" {shlex.quote(str(folder))}"
    command = f"{argument} --file {shlex.quote(display_path(str(path)))}"
    return UserError(
        ErrorCode.PATH_IS_FILE,
        f"{path} is a file, but PATH is the folder of the whole set",
        help=f"Select the bulletins of one file with --file, after the folder:{command}.",
        exit_code=Exit.USAGE,
    )
