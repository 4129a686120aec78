"""Ask for the file that `new` adds a bulletin to. In: the set, and the value of --file. Out: a Target."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from runner import clock
from runner.cli.new.dialogue import Dialogue
from runner.cli.terminal.prompts import Question, RejectedAnswer, can_ask
from runner.errors import UserError
from runner.files import check_no_tilde
from runner.jobs.new_bulletin import Target, candidates, read_target

if TYPE_CHECKING:
    from runner.definitions.sources import Source

_MOST_FILES = 9
_NEW_FILE = "a new file"


def chosen_target(dialogue: Dialogue, path: Path, sources: Sequence[Source], file: str | None) -> Target:
    """Choose the file to append to: the given one, one with bulletins, or a new one.

    Raises UserError or click.UsageError if nothing can be added to it.
    """
    if file is None and not os.path.isdir(path):
        file = os.fspath(path)
    known = candidates(sources)
    if file is None and len(known) == 1 and not can_ask():
        file = known[0]
    if file is None and known:
        labels = [*known[:_MOST_FILES], _NEW_FILE]
        picked = dialogue.choice(Question("file (last edited first)", "--file", labels[0]), labels)
        file = labels[picked] if picked < len(labels) - 1 else None
    today = f"{clock.now().astimezone():%Y-%m-%d}.yaml"
    question = Question(f"name of the new file, in {path}", "--file", today)
    chosen = dialogue.answer(question, lambda text: _inside(path, text), given=file)
    return read_target(chosen)


def _inside(path: Path, text: str) -> Path:
    """Return the path of a file of the set. Raises RejectedAnswer if the set would not include it."""
    from runner.definitions.sources import is_definition, is_hidden

    try:
        check_no_tilde(text, text, "--file")
    except UserError as refusal:
        raise RejectedAnswer(f"{refusal.message}. {refusal.help}") from None
    chosen = Path(text)
    if not os.path.isdir(path):
        if chosen != path:
            raise RejectedAnswer(f"the set is the file {path}; give the folder to add another file.")
    elif not chosen.is_absolute() and not chosen.is_relative_to(path):
        chosen = path / chosen
    if os.path.islink(chosen):
        raise RejectedAnswer(
            f"{chosen} is a link to {os.readlink(chosen)}, and nothing is written through links. Give a file."
        )
    folder = path if os.path.isdir(path) else path.parent
    within = Path(os.path.relpath(os.path.realpath(chosen), os.path.realpath(folder)))
    if ".." in within.parts:
        raise RejectedAnswer(f"{chosen} is not in {folder}. Give a file of the set.")
    if not is_definition(within.name) or any(is_hidden(part) for part in within.parts):
        raise RejectedAnswer(
            f"{chosen} would not be read: names of files of the set end in .yaml and don't begin with a dot."
        )
    return chosen
