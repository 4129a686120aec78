"""Find commands inside of a loop, a condition or a function, because it is unknown how often they run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.importers.shell import Word

_CLOSED_BY = {
    **dict.fromkeys(("for", "select", "while", "until"), "done"),
    "if": "fi",
    "case": "esac",
    "{": "}",
}
_NO_COMMAND_FOLLOWS = frozenset({"for", "select", "case"})
_COMMAND_FOLLOWS = frozenset({"do", "then", "else", "elif", "!", "$", "%"})


@dataclass(slots=True)
class Blocks:
    """The open blocks at the present place in the script, as the words that close them."""

    closers: list[str] = field(default_factory=list)

    def enter(self, words: Sequence[Word]) -> bool:
        """Read the next command; return whether it is inside of a block."""
        is_within = bool(self.closers)
        for word in words:
            if not word.is_plain:
                break
            if self.closers and word.text == self.closers[-1]:
                self.closers.pop()
            elif closer := _CLOSED_BY.get(word.text):
                self.closers.append(closer)
                if word.text in _NO_COMMAND_FOLLOWS:
                    break
            elif word.text == "function" and words[-1].text == "{":
                self.closers.append("}")
                break
            elif word.text not in _COMMAND_FOLLOWS:
                break
        return is_within
