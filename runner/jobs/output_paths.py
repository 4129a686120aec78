"""Check where a command writes its files: not over the ledger, and not outside of the checkout through a link."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runner.errors import ErrorCode, UserError


def check_outputs(outputs: Mapping[str, Path | None], ledger_url: str | None) -> None:
    """Check the files in `outputs` (option → path). Raises UserError if one is unsafe.

    Unsafe is a file of the ledger, and a folder that a committed link leads out of the checkout: a pull request could
    add such a link. So is a ledger behind a committed link, which would decide what counts as sent. A link at the end
    of the path is harmless, because the file replaces it.
    """
    given = {option: path for option, path in outputs.items() if path is not None}
    if not given:
        return
    from runner import git
    from runner.files import is_same_place
    from runner.jobs.ledger.opened_ledger import ledger_files

    ledger = ledger_files(ledger_url)
    for file in ledger[:1]:
        link = git.committed_link(file)
        if link is not None:
            message = f"the ledger {file} would be found through {link}, a link that was committed to git"
            raise UserError(
                ErrorCode.COMMITTED_LINK,
                message,
                help="Remove the link from git, or give the ledger's own path with --ledger.",
            )
    for option, path in given.items():
        taken = next((file for file in ledger if is_same_place(path, file)), None)
        if taken is not None:
            raise UserError(
                ErrorCode.FILE_OF_LEDGER, f"{path} is a file of the ledger; it was not changed", help=_elsewhere(option)
            )
        link = git.committed_link_out(path.parent)
        if link is not None:
            message = (
                f"{path} would be written outside the checkout, because {link} is a link that was committed to git"
            )
            raise UserError(ErrorCode.COMMITTED_LINK, message, help=_elsewhere(option))


def _elsewhere(option: str) -> str:
    return f"Choose another place with {option}." if option.startswith("-") else "Choose another place."
