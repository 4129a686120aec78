"""The exit codes, and the class of errors that a user can fix.

No module handles such an error on the way. The command line prints it, in one place.
"""

from __future__ import annotations

import errno
from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    FAILED = 1  # a firing certainly failed or expired; or a run ended early after it had sent something
    USAGE = 2  # the command line can't be understood
    PROBLEMS = 3  # the definitions have problems; nothing was sent
    IN_DOUBT = 4  # a firing ended in doubt; takes precedence over FAILED
    REFUSED = 5  # the command refused, or could not run; no request has left
    WOULD_FIRE = 6  # plan --detailed-exitcode: there is something to send
    HUNG_UP = 129  # SIGHUP; like the next two, takes precedence over FAILED and IN_DOUBT
    INTERRUPTED = 130  # SIGINT
    TERMINATED = 143  # SIGTERM


class UserError(Exception):
    """An error that the user can fix.

    `message` states what was found, and `help` what to do. `exit_code` is the exit code of the process.
    """

    def __init__(self, message: str, *, help: str = "", exit_code: Exit = Exit.REFUSED) -> None:  # noqa: A002
        super().__init__(message)
        self.message = message
        self.help = help
        self.exit_code = exit_code


class OutputLost(UserError):
    """Standard output can't be written. The caller may go on: later output is dropped without an error."""

    def __init__(self, error: OSError) -> None:
        super().__init__(
            f"standard output can't be written: {error.strerror or error}",
            help="Make room there, or send the output to another place. What was recorded or written before stays.",
        )
        self.has_no_reader = error.errno == errno.EPIPE  # the reader of the pipe has ended: nobody needs the error


def usage_error(command: str, message: str) -> UserError:
    """Return the error for options of `command` that can't be used together."""
    return UserError(message, help=f"See bulletins {command} --help.", exit_code=Exit.USAGE)
