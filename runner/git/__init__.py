"""Reads the definitions from git: takes a path or a ref, returns the commit, the merge base, or the files of a commit.

Nothing here changes the repository.
"""

from __future__ import annotations

from runner.git.checkout import Checkout, checkout, committed_link, committed_link_out, require_committed
from runner.git.revision import Base, base
from runner.git.tree import definitions_at

__all__ = [
    "Base",
    "Checkout",
    "base",
    "checkout",
    "committed_link",
    "committed_link_out",
    "definitions_at",
    "require_committed",
]
