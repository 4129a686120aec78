"""Every code of an error, with its meaning: one table for `errors.py`, `explain` and the tests.

Codes are stable, because scripts and people search for them. Meanings and messages may be reworded at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ErrorCode(StrEnum):
    """The kind of a UserError, as it is printed after the message."""

    # The command line
    BAD_USAGE = "bad-usage"
    NO_MATCH = "no-match"
    NO_TERMINAL = "no-terminal"
    NOT_CONFIRMED = "not-confirmed"
    QUESTION_INTERRUPTED = "question-interrupted"
    SANDBOX_WITH_LEDGER = "sandbox-with-ledger"
    TOO_MANY_OCCURRENCES = "too-many-occurrences"
    UNKNOWN_BULLETIN = "unknown-bulletin"
    UNKNOWN_CODE = "unknown-code"
    UNKNOWN_GUIDE = "unknown-guide"
    UNKNOWN_RUN = "unknown-run"
    UNKNOWN_SCHEMA = "unknown-schema"
    # Files and folders
    BAD_FILE_NAME = "bad-file-name"
    CANNOT_READ = "cannot-read"
    CANNOT_WRITE = "cannot-write"
    COMMITTED_LINK = "committed-link"
    FILE_CHANGED = "file-changed"
    FILE_EXISTS = "file-exists"
    FILE_OF_LEDGER = "file-of-ledger"
    NOT_A_FOLDER = "not-a-folder"
    NOT_A_REPORT = "not-a-report"
    NOT_METRICS = "not-metrics"
    OUTPUT_LOST = "output-lost"
    PATH_IS_FILE = "path-is-file"
    TILDE_IN_PATH = "tilde-in-path"
    WORKING_FOLDER_MISSING = "working-folder-missing"
    # Definitions
    CANNOT_APPEND = "cannot-append"
    DEFINITIONS_UNREADABLE = "definitions-unreadable"
    FILE_HAS_PROBLEMS = "file-has-problems"
    LINK_OUT_OF_CHECKOUT = "link-out-of-checkout"
    LOOKS_LIKE_REPOSITORY = "looks-like-repository"
    NEW_BULLETIN_HAS_PROBLEM = "new-bulletin-has-problem"
    NO_ACCOUNTS = "no-accounts"
    NO_BULLETINS_IN_FILE = "no-bulletins-in-file"
    NO_DEFINITIONS = "no-definitions"
    SET_EXISTS = "set-exists"
    ZONE_DATA_MISSING = "zone-data-missing"
    # Importing
    ACCOUNT_UNCLEAR = "account-unclear"
    IMPORT_DIFFERS = "import-differs"
    IMPORT_TOO_LARGE = "import-too-large"
    NO_SUCH_ACCOUNT = "no-such-account"
    NO_SUCH_COLUMN = "no-such-column"
    NO_SUCH_FIELD = "no-such-field"
    NO_SUCH_SHEET = "no-such-sheet"
    NOTHING_TO_IMPORT = "nothing-to-import"
    WORKBOOK_UNREADABLE = "workbook-unreadable"
    # Git
    GIT_FAILED = "git-failed"
    GIT_MISSING = "git-missing"
    BASE_NOT_FETCHED = "base-not-fetched"
    NESTED_REPOSITORY = "nested-repository"
    NO_CHECKOUT = "no-checkout"
    NO_COMMIT = "no-commit"
    NOT_COMMITTED = "not-committed"
    SHALLOW_CLONE = "shallow-clone"
    UNKNOWN_REF = "unknown-ref"
    UNRELATED_HISTORIES = "unrelated-histories"
    # Reviewed plans
    NOT_A_PLAN = "not-a-plan"
    PLAN_EDITED = "plan-edited"
    PLAN_OUTDATED = "plan-outdated"
    PLAN_PATH_MISSING = "plan-path-missing"
    PLAN_VERSION = "plan-version"
    SHOWN_PLAN_OUTDATED = "shown-plan-outdated"
    # Before a run
    ACCOUNT_ID_IS_PASSCODE = "account-id-is-passcode"
    CREDENTIALS_MISSING = "credentials-missing"
    FOREIGN_HOST = "foreign-host"
    SAME_ACCOUNT_TWICE = "same-account-twice"
    TOO_MANY_FIRINGS = "too-many-firings"
    WRONG_LEDGER = "wrong-ledger"
    # Runs and firings
    FAILED_AFTER_SENDING = "failed-after-sending"
    FIRING_CHANGED = "firing-changed"
    LEASE_LOST = "lease-lost"
    NO_RUN = "no-run"
    NOTHING_TO_RESOLVE = "nothing-to-resolve"
    PORT_UNUSABLE = "port-unusable"
    PROCESS_STILL_EXISTS = "process-still-exists"
    RUN_IN_PROGRESS = "run-in-progress"
    SEVERAL_FIRINGS = "several-firings"
    # The ledger
    BAD_LEDGER_URL = "bad-ledger-url"
    EXPORT_INCOMPLETE = "export-incomplete"
    EXPORT_VERSION = "export-version"
    LEDGER_DAMAGED = "ledger-damaged"
    LEDGER_EMPTY = "ledger-empty"
    LEDGER_ENCODING = "ledger-encoding"
    LEDGER_EXISTS = "ledger-exists"
    LEDGER_LOCKED = "ledger-locked"
    LEDGER_MISSING = "ledger-missing"
    LEDGER_NOT_CREATED = "ledger-not-created"
    LEDGER_NOT_DURABLE = "ledger-not-durable"
    LEDGER_NOT_WRITABLE = "ledger-not-writable"
    LEDGER_OLDER = "ledger-older"
    LEDGER_REFUSES_VALUE = "ledger-refuses-value"
    LEDGER_TOO_NEW = "ledger-too-new"
    LEDGER_TOO_OLD = "ledger-too-old"
    LEDGER_UNREACHABLE = "ledger-unreachable"
    LEDGER_UNUSABLE = "ledger-unusable"
    NO_LOSS_TO_ACCEPT = "no-loss-to-accept"
    NOT_A_LEDGER = "not-a-ledger"
    NOT_AN_EXPORT = "not-an-export"
    PACKAGE_MISSING = "package-missing"


ERROR_MEANINGS: Mapping[ErrorCode, str] = {
    ErrorCode.BAD_USAGE: "The command line has an unknown command or option, or an option has a wrong value.",
    ErrorCode.NO_MATCH: "No bulletin of the set meets all selection options together, such as --id and --tag.",
    ErrorCode.NO_TERMINAL: "There is no terminal on which the command could ask its question. Add --yes to answer yes.",
    ErrorCode.NOT_CONFIRMED: "The question was not answered with yes, so the command did nothing.",
    ErrorCode.QUESTION_INTERRUPTED: "The command was interrupted at a question, so it did nothing.",
    ErrorCode.SANDBOX_WITH_LEDGER: "The sandbox has its own ledger, so --ledger must not name another one.",
    ErrorCode.TOO_MANY_OCCURRENCES: "Recurring bulletins have too many times up to the end of the plan.",
    ErrorCode.UNKNOWN_BULLETIN: "Neither the ledger nor the set contains a bulletin with this id.",
    ErrorCode.UNKNOWN_CODE: "There is no code with this name.",
    ErrorCode.UNKNOWN_GUIDE: "There is no guide with this name.",
    ErrorCode.UNKNOWN_RUN: "The ledger contains no run of fire with this id.",
    ErrorCode.UNKNOWN_SCHEMA: "There is no schema with this name.",
    ErrorCode.BAD_FILE_NAME: "A definition file must have a name that ends in .yaml or .yml.",
    ErrorCode.CANNOT_READ: "A file or folder can't be read.",
    ErrorCode.CANNOT_WRITE: "A file or folder can't be written.",
    ErrorCode.COMMITTED_LINK: "A link that was committed to git would decide where a file is found or written.",
    ErrorCode.FILE_CHANGED: "Another program changed the file during the command. Nothing was written.",
    ErrorCode.FILE_EXISTS: "The command does not replace a file that already exists.",
    ErrorCode.FILE_OF_LEDGER: "The output would replace a file of the ledger.",
    ErrorCode.NOT_A_FOLDER: "A folder is needed, and a file with this name exists.",
    ErrorCode.NOT_A_REPORT: "The file is not a report of bulletins fire.",
    ErrorCode.NOT_METRICS: "The file for the metrics contains something other than metrics.",
    ErrorCode.OUTPUT_LOST: "Standard output can't be written.",
    ErrorCode.PATH_IS_FILE: "PATH is one file of a set, and the command needs the folder of the whole set.",
    ErrorCode.TILDE_IN_PATH: "A path begins with ~, which only a shell replaces by the home folder.",
    ErrorCode.WORKING_FOLDER_MISSING: "The folder in which the command was started no longer exists.",
    ErrorCode.CANNOT_APPEND: "The layout of the file does not allow the command to add an entry.",
    ErrorCode.DEFINITIONS_UNREADABLE: "The path of the definitions does not exist or can't be read.",
    ErrorCode.FILE_HAS_PROBLEMS: "The file has problems, so nothing can be added to it.",
    ErrorCode.LINK_OUT_OF_CHECKOUT: "The path of the definitions is a link to a folder outside its git checkout.",
    ErrorCode.LOOKS_LIKE_REPOSITORY: "A folder of the set looks like a git repository, whose settings git would use.",
    ErrorCode.NEW_BULLETIN_HAS_PROBLEM: "With the new bulletin, the set would have a problem. Nothing was written.",
    ErrorCode.NO_ACCOUNTS: "The set defines no account to which a bulletin could be sent.",
    ErrorCode.NO_BULLETINS_IN_FILE: "The file has no list of bulletins to which one can be added.",
    ErrorCode.NO_DEFINITIONS: "The folder contains no definition file.",
    ErrorCode.SET_EXISTS: "The folder already contains definitions.",
    ErrorCode.ZONE_DATA_MISSING: "The Python package tzdata, which contains the time zones, is missing or incomplete.",
    ErrorCode.ACCOUNT_UNCLEAR: "It is not clear to which account of the set the imported calls belong.",
    ErrorCode.IMPORT_DIFFERS: "The new definitions would differ from what was imported. Nothing was written.",
    ErrorCode.IMPORT_TOO_LARGE: "The import is larger than a file may be.",
    ErrorCode.NO_SUCH_ACCOUNT: "The set defines no account with the name that --account gives.",
    ErrorCode.NO_SUCH_COLUMN: "The table has no column with the name that an option gives, or has several.",
    ErrorCode.NO_SUCH_FIELD: "A bulletin has no field with the name that --column gives.",
    ErrorCode.NO_SUCH_SHEET: "It is not clear which sheet of the workbook is meant. --sheet names one.",
    ErrorCode.NOTHING_TO_IMPORT: "No bulletin was found in what was given.",
    ErrorCode.WORKBOOK_UNREADABLE: "The file is not a workbook that can be read, or is larger than allowed.",
    ErrorCode.GIT_FAILED: "Git refused or failed to read the checkout.",
    ErrorCode.GIT_MISSING: "Git can't be run on this machine.",
    ErrorCode.BASE_NOT_FETCHED: "A file of the commit to compare with is in Git LFS, and its content was not fetched.",
    ErrorCode.NESTED_REPOSITORY: "The set is a git repository of its own inside another checkout.",
    ErrorCode.NO_CHECKOUT: "The path is not in a git checkout.",
    ErrorCode.NO_COMMIT: "The checkout has no commit yet, or the path is in no checkout with a commit.",
    ErrorCode.NOT_COMMITTED: "The definitions differ from the last commit, and --require-committed forbids that.",
    ErrorCode.SHALLOW_CLONE: "The clone lacks the commit to compare with, because it was not fetched completely.",
    ErrorCode.UNKNOWN_REF: "Git knows no commit with this name in the checkout.",
    ErrorCode.UNRELATED_HISTORIES: "The two commits to compare have no earlier commit in common.",
    ErrorCode.NOT_A_PLAN: "The file is not a plan of bulletins plan.",
    ErrorCode.PLAN_EDITED: "The plan file was changed after it was made.",
    ErrorCode.PLAN_OUTDATED: "Something changed since the plan was reviewed, so it no longer applies.",
    ErrorCode.PLAN_PATH_MISSING: "The definitions for which the plan was made do not exist here.",
    ErrorCode.PLAN_VERSION: "The plan file was made by another version of bulletins.",
    ErrorCode.SHOWN_PLAN_OUTDATED: "The plan changed between the question and the answer. Nothing was sent.",
    ErrorCode.ACCOUNT_ID_IS_PASSCODE: "The variable of an account id contains the passcode of an account.",
    ErrorCode.CREDENTIALS_MISSING: "The credentials of an account are missing on this machine, or can't be used.",
    ErrorCode.FOREIGN_HOST: "The passcode of an account would go to a host that is not CleverTap's.",
    ErrorCode.SAME_ACCOUNT_TWICE: "Two accounts of the set are the same CleverTap account.",
    ErrorCode.TOO_MANY_FIRINGS: "The run would send more firings than --max allows.",
    ErrorCode.WRONG_LEDGER: "The account may only be fired with another ledger.",
    ErrorCode.FAILED_AFTER_SENDING: "The run failed after it had sent requests. The ledger contains what was recorded.",
    ErrorCode.FIRING_CHANGED: "Another person or run changed the firing meanwhile. It was left as it is.",
    ErrorCode.LEASE_LOST: "The run did not renew its lease in time, so the firings that it had claimed are in doubt.",
    ErrorCode.NO_RUN: "The ledger contains no run yet.",
    ErrorCode.NOTHING_TO_RESOLVE: "None of the named firings waits for a decision.",
    ErrorCode.PORT_UNUSABLE: "The sandbox can't use this port.",
    ErrorCode.PROCESS_STILL_EXISTS: "The process that claimed the firing still exists, and might still send it.",
    ErrorCode.RUN_IN_PROGRESS: "The run is still in progress.",
    ErrorCode.SEVERAL_FIRINGS: "Several firings fit. Give the account and the occurrence of one firing.",
    ErrorCode.BAD_LEDGER_URL: "The place of the ledger is neither a path nor the URL of a supported database.",
    ErrorCode.EXPORT_INCOMPLETE: "The export of a ledger is incomplete or damaged. Nothing was imported.",
    ErrorCode.EXPORT_VERSION: "The export was made by a version of bulletins that this version can't read.",
    ErrorCode.LEDGER_DAMAGED: "The ledger is damaged. Restore it from a backup.",
    ErrorCode.LEDGER_EMPTY: "The file of the ledger is empty: it contains no record of what was sent.",
    ErrorCode.LEDGER_ENCODING: "The database of the ledger has an encoding other than UTF8.",
    ErrorCode.LEDGER_EXISTS: "A new ledger can't be created, because something exists at its place.",
    ErrorCode.LEDGER_LOCKED: "Another process had locked the ledger for too long.",
    ErrorCode.LEDGER_MISSING: "There is no ledger at this place.",
    ErrorCode.LEDGER_NOT_CREATED: "The ledger can't be created at this place.",
    ErrorCode.LEDGER_NOT_DURABLE: "The database of the ledger may lose confirmed records in a crash.",
    ErrorCode.LEDGER_NOT_WRITABLE: "The ledger can't be written. Nothing is sent without it.",
    ErrorCode.LEDGER_OLDER: "The ledger lacks runs that this machine has seen, so it may be an older copy.",
    ErrorCode.LEDGER_REFUSES_VALUE: "The ledger can't store a value of this firing. Other firings are not affected.",
    ErrorCode.LEDGER_TOO_NEW: "A newer version of bulletins made the ledger.",
    ErrorCode.LEDGER_TOO_OLD: "The ledger is of a version that can't be upgraded.",
    ErrorCode.LEDGER_UNREACHABLE: "The ledger can't be reached.",
    ErrorCode.LEDGER_UNUSABLE: "The ledger can't be used. The message contains the cause.",
    ErrorCode.NO_LOSS_TO_ACCEPT: "--accept-older-ledger was given, but the ledger lacks no run that this machine saw.",
    ErrorCode.NOT_A_LEDGER: "Something other than a ledger is at the given place.",
    ErrorCode.NOT_AN_EXPORT: "The file is not an export of a ledger.",
    ErrorCode.PACKAGE_MISSING: "A Python package that the command needs is not installed.",
}
