"""What the user can mend: one error class, and the exit codes, once.

An error goes up to the command line untouched and is turned into output there, in one place.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1  # a firing failed for certain, or expired unsent; or a run was cut short after it had sent something
    USAGE = 2
    PROBLEMS = 3  # the definitions have problems; nothing was sent
    IN_DOUBT = 4  # a firing ended in doubt; wins over FAILED
    REFUSED = 5  # refused or unable; no request has left
    WOULD_FIRE = 6  # plan --detailed-exitcode
    HUNG_UP = 129  # SIGHUP; wins over FAILED and IN_DOUBT, as the next two do
    INTERRUPTED = 130  # SIGINT
    TERMINATED = 143  # SIGTERM


class UserError(Exception):
    """Something that the user can mend.

    `message` says what was found, `help` the way out; `exit_code` is what the process ends with.
    """

    def __init__(self, message: str, *, help: str = "", exit_code: Exit = Exit.REFUSED) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help
        self.exit_code = exit_code
