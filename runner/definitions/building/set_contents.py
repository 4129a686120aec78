"""The values of all files of a set while it is read, and the limits of what its templates may make."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.definitions.model import Account, Bulletin, BusinessEvent
from runner.definitions.problem import Finding
from runner.definitions.tables.rows import Tables

MAX_MADE = 100_000  # bulletins that all templates of a set may make; each takes about 2 kB of memory
MAX_MADE_CHARACTERS = 32 * 1024 * 1024  # of all texts that the templates of a set fill in
MAX_MADE_VALUES = 5_000_000  # properties, tags and accounts of the made bulletins; about 100 bytes of memory each
MAX_WORK = 5_000_000  # template parts evaluated for all rows: usually seconds, at worst a minute


@dataclass(slots=True)
class SetContents:
    """The values of all files read so far, before the rules across files are applied."""

    accounts: list[Account] = field(default_factory=list)
    events: list[BusinessEvent] = field(default_factory=list)
    bulletins: list[Bulletin] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    # Names of entries that exist but could not be built: a reference to them is not reported as unknown.
    broken_accounts: set[str] = field(default_factory=set)
    broken_events: set[str] = field(default_factory=set)
    has_catalog: bool = False
    tables: Tables = field(default_factory=Tables)
    made: int = 0  # bulletins made by templates
    work: int = 0  # template parts evaluated for these bulletins
    values: int = 0  # properties, tags and accounts of these bulletins
    characters: int = 0  # of the texts that templates filled in
    bad_templates: int = 0  # of the current file: beyond the number that is shown, no more are compiled

    @property
    def is_full(self) -> bool:
        """Whether templates made more than the limits of a set allow."""
        full = self.made > MAX_MADE or self.work > MAX_WORK or self.values > MAX_MADE_VALUES
        return full or self.characters > MAX_MADE_CHARACTERS
