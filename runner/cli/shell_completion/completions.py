"""Shell completion: find the values of the set that fit an option or argument.

A person waits while a shell completes: the answer is quick, errors are hidden, and an unreadable set offers nothing.
"""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem, get_completion_class

from runner import local

if TYPE_CHECKING:
    from runner.definitions.model import Definitions
    from runner.definitions.sources import Source

Items = Iterable[tuple[str, str]]  # a value and its description
Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]

VARIABLE = "_BULLETINS_COMPLETE"
_QUICK_BYTES = 2 * 1024 * 1024  # loading a larger set takes longer than anybody waits for a completion
_MOST_RUNS = 50
_MOST_REFS = 200
_ID = re.compile(rb"""^[ \t]*(?:-[ \t]+)?\{?[ \t]*id:[ \t]*["']?([a-z0-9][a-z0-9._-]*)(?=["',}\s]|\Z)""", re.MULTILINE)


def prepare() -> None:
    """Prepare the process for a shell's question: silence standard error, which would mix into the command line."""
    from runner.cli.shell_completion import shell_scripts

    sys.stderr = io.StringIO()
    shell_scripts.add_shells()


def _completer(find: Callable[[click.Context, str], Items]) -> Completer:
    @wraps(find)
    def complete(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        try:
            return [
                CompletionItem(value, help=" ".join(said.split()) or None)
                for value, said in find(ctx, incomplete)
                if value.startswith(incomplete) and value.isprintable()
            ]
        except Exception:  # noqa: BLE001 - the command itself shows the error when it is run
            return []

    return complete


@_completer
def ids(ctx: click.Context, _incomplete: str) -> Items:
    """Offer the ids of the bulletins with their names; for a large set, the ids that are written in its files."""
    if _is_quick(ctx):
        return ((bulletin.id, bulletin.name) for bulletin in _load(_sources(ctx)).bulletins)
    return ((id_.decode(), "") for source in _sources(ctx) for id_ in _ID.findall(source.read()))


@_completer
def tags(ctx: click.Context, _incomplete: str) -> Items:
    """Offer the tags of the bulletins; none for a large set."""
    bulletins = _load(_sources(ctx)).bulletins if _is_quick(ctx) else ()
    return ((tag, "") for tag in sorted({tag for bulletin in bulletins for tag in bulletin.tags}))


@_completer
def events(ctx: click.Context, _incomplete: str) -> Items:
    """Offer the business events of the catalog; without a catalog, those of the bulletins."""
    known = list(_load(_without_bulletins(ctx)).events)
    if not known and _is_quick(ctx):
        known = sorted({bulletin.business_event for bulletin in _load(_sources(ctx)).bulletins})
    return ((event, "") for event in known)


@_completer
def accounts(ctx: click.Context, _incomplete: str) -> Items:
    """Offer the accounts, each with its region or base URL."""
    known = _load(_without_bulletins(ctx)).accounts
    return ((name, account.region or account.base_url) for name, account in known.items())


@_completer
def timezones(_ctx: click.Context, _incomplete: str) -> Items:
    """Offer the names of all time zones."""
    from runner.definitions.schedules import zones

    return ((name, "") for name in sorted(zones.names()))


@_completer
def sheets(ctx: click.Context, _incomplete: str) -> Items:
    """Offer the sheets of the workbook that is to be imported."""
    from runner.importers.spreadsheet.readers.xlsx_sheet import sheet_names

    return ((name, "") for name in sheet_names(Path(_params(ctx)["file"]).read_bytes()))


@_completer
def columns(ctx: click.Context, _incomplete: str) -> Items:
    """Offer the columns of the table that is to be imported."""
    return ((name, "") for name in _columns(ctx))


@_completer
def fields_of_columns(ctx: click.Context, incomplete: str) -> Items:
    """Offer the fields of a bulletin; once one field is meant, this field with each column of the imported table."""
    from runner.importers.spreadsheet.columns import field_names

    typed, is_pair, _ = incomplete.partition("=")
    fields = [typed] if is_pair else [name for name in field_names() if name.startswith(typed)]
    if len(fields) > 1 or not (names := _columns(ctx)):
        return ((f"{field}=", "") for field in fields)
    return ((f"{field}={name}", "") for field in fields for name in names)


def _columns(ctx: click.Context) -> list[str]:
    from runner.jobs.imports import columns_in

    params = _params(ctx)
    return columns_in(str(params["file"]), Path(params["file"]).read_bytes(), params.get("sheet"))


@_completer
def files(ctx: click.Context, _incomplete: str) -> Items:
    """Offer the definition files of the set."""
    return ((source.name, "") for source in _sources(ctx))


@_completer
def files_and_tables(ctx: click.Context, _incomplete: str) -> Items:
    """Offer the definition files and the tables that they use; for a large set, all tables in the same folders."""
    sources = _sources(ctx)
    tables = _load(sources).files if _is_quick(ctx) else _tables(ctx)
    return ((name, "") for name in dict.fromkeys((*(source.name for source in sources), *tables)))


def _tables(ctx: click.Context) -> Iterator[str]:
    from runner.definitions.sources import display_path, is_hidden, is_table

    for path in _paths(ctx):
        for folder, inside, names in os.walk(path if path.is_dir() else path.parent):
            inside[:] = [name for name in inside if not is_hidden(name)]
            yield from (
                display_path(os.path.join(folder, name)) for name in names if is_table(name) and not is_hidden(name)
            )


@_completer
def codes(_ctx: click.Context, _incomplete: str) -> Items:
    """Offer the codes of problems, of the API's answers, of errors and of reasons, each with its meaning."""
    from runner.definitions.problem_codes import EXPLANATIONS
    from runner.fire.api.refusal_causes import ANSWERS
    from runner.report.text.explain_pages import MEANINGS

    problems = [(code.value, explanation.summary) for code, explanation in EXPLANATIONS.items()]
    answers = [(code, explanation.summary) for code, explanation in ANSWERS.items()]
    return [*problems, *answers, *MEANINGS.items()]


@_completer
def schemas(_ctx: click.Context, _incomplete: str) -> Items:
    """Offer the names of the schemas."""
    from runner.definitions.schema.schemas import schema_names

    return ((name, "") for name in schema_names())


@_completer
def refs(ctx: click.Context, _incomplete: str) -> Items:
    """Offer the branches and tags of the set's repository, the newest commit first, each with its subject."""
    from runner.git.command import git

    form = "--format=%(refname:short)%09%(subject)"
    kinds = ("refs/heads", "refs/remotes", "refs/tags")
    found = git(_paths(ctx)[0], "for-each-ref", form, "--sort=-creatordate", f"--count={_MOST_REFS}", *kinds)
    yield "HEAD", "the commit that is checked out"
    for line in found.splitlines():
        name, _, subject = line.partition("\t")
        yield name, subject


def runs(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Offer the runs with a report in the usual folder, newest first; without any, files."""
    return _runs(ctx, param, incomplete) or [CompletionItem(incomplete, type="file")]


@_completer
def _runs(_ctx: click.Context, _incomplete: str) -> Items:
    stems = (path.stem for path in local.REPORTS.glob("*.json"))
    names = sorted((stem for stem in stems if stem.isupper()), reverse=True)  # others are not named after a run
    return ((name, "") for name in names[:_MOST_RUNS])


def _paths(ctx: click.Context) -> list[Path]:
    return [Path(_params(ctx).get("path") or local.DEFINITIONS)]


def _params(ctx: click.Context) -> dict[str, Any]:
    """Return the options and arguments typed so far.

    Read again without the option at the end: while its value is missing, click doesn't read the arguments before it.
    """
    made_by = get_completion_class(os.environ.get(VARIABLE, "").partition("_")[0])
    if made_by is None:
        return ctx.params
    words, _ = made_by(ctx.find_root().command, {}, "bulletins", VARIABLE).get_completion_args()
    words = words[len(ctx.command_path.split()) - 1 :]
    while words and words[-1].startswith("-"):
        words.pop()
    return ctx.command.make_context(ctx.info_name, words, parent=ctx.parent, resilient_parsing=True).params


def _sources(ctx: click.Context) -> list[Source]:
    from runner.definitions.files import sources_under

    return sources_under(_paths(ctx))


def _without_bulletins(ctx: click.Context) -> Iterator[Source]:
    """Return the few sources that may hold accounts or the catalog."""
    from runner.definitions.editing.appending import holds_bulletins

    return (source for source in _sources(ctx) if not holds_bulletins(source.read()))


def _load(sources: Iterable[Source]) -> Definitions:
    from runner.definitions.load import load_sources

    return load_sources(sources)


def _is_quick(ctx: click.Context) -> bool:
    """Report whether the set and all tables in its folders are small enough to load while a person waits."""
    size = 0
    for path in _paths(ctx):
        for folder, _, names in os.walk(path) if path.is_dir() else [(str(path.parent), [], [path.name])]:
            for name in names:
                if name.lower().endswith((".yaml", ".yml", ".csv")):
                    size += os.path.getsize(os.path.join(folder, name))
                if size > _QUICK_BYTES:
                    return False
    return True
