"""The only YAML parser: bytes come in, a `Document` of plain values with positions goes out.

It reads the YAML 1.2 core schema from the event stream of PyYAML, with libyaml if installed. It refuses whatever
a reviewer could misread. Values are built directly from the events, and positions are kept in one flat array,
because node trees of large sets take longer than parsing.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any, NoReturn

import yaml

from runner.definitions.characters import FORBIDDEN, INVISIBLE
from runner.definitions.problem import MAX_PROBLEMS, Problem, too_many
from runner.definitions.problem_codes import Code
from runner.definitions.reading.blanks import has_odd_blank
from runner.definitions.reading.comments import comment_warnings
from runner.definitions.reading.document import Document, Value, source_line
from runner.definitions.reading.event_source import event_source
from runner.definitions.reading.file_problems import (
    blank_problems,
    braces_hint,
    surrogate_escape,
    syntax_problem,
)
from runner.definitions.reading.file_text import text_of
from runner.definitions.reading.scalars import NUMBER_START, WORDS, resolve_plain
from runner.definitions.suggest import quoted

MAX_DEPTH = 60  # libyaml's event stream is safe at any depth; recursive code over the values is not
MAX_ALIAS_NODES = 10_000  # values that all aliases of a file together may repeat
MAX_ALIAS_CHARACTERS = 1024 * 1024

_TAG = "tag:yaml.org,2002:"


def read(data: bytes, file: str) -> tuple[Document | None, list[Problem]]:
    """Parse `data`. Returns the document, or None if it can't be read, and the problems. `file` is its name."""
    text = text_of(data, file)
    if isinstance(text, Problem):
        return None, [text]
    builder = _Builder(file, text)
    try:
        document = builder.build(event_source())
    except _Refused as refusal:
        return None, [*builder.problems, refusal.problem]
    except yaml.MarkedYAMLError as error:
        return None, [*builder.problems, syntax_problem(text, file, error)]
    # Reader errors of libyaml have no mark. Without libyaml, an escape beyond Unicode raises ValueError.
    except (yaml.YAMLError, ValueError, OverflowError):
        return None, [
            *builder.problems,
            Problem(
                file,
                1,
                1,
                Code.YAML_SYNTAX,
                "the file contains a character, or a number of a character after a backslash, that YAML does not allow",
                "Write the characters themselves, and save the file as plain text in UTF-8.",
            ),
        ]
    if has_odd_blank(text) and (found_blanks := blank_problems(document)):
        return None, found_blanks
    return document, [*builder.problems, *builder.warnings, *comment_warnings(document)]


class _Refused(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class _Builder:
    """Builds the document of one file from its events."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.marks: array[int] = array("Q")
        self.ends: dict[int, int] = {}
        self.anchors: dict[str, tuple[Value, int, int]] = {}  # name -> value, first and last mark
        self.alias_nodes = 0
        self.alias_characters = 0

    def build(self, parser_class: Callable[[str], Any]) -> Document:
        next_event = parser_class(self.text).get_event
        next_event()  # stream start
        event = next_event()
        if type(event) is yaml.StreamEndEvent:
            hint = "Remove the file, or write accounts, business_events or bulletins."
            raise _Refused(Problem(self.file, 1, 1, Code.YAML_EMPTY, "the file is empty", hint))
        value = self._node(next_event)
        next_event()  # document end
        event = next_event()
        if type(event) is not yaml.StreamEndEvent:
            hint = "Remove the '---', or move the second document to its own file."
            self._refuse(Code.YAML_DOCUMENTS, event, "a second document begins here; only one is allowed", hint)
        return Document(self.file, value, self.marks, self.text, self.ends)

    def _node(self, next_event: Callable[[], Any]) -> Value:
        """Build the root node and everything in it. One loop over the events, for speed.

        Most scalars are texts without a tag, an anchor or an invisible character. They take the short way.
        """
        marks, scalar = self.marks, yaml.ScalarEvent
        append_mark = marks.append
        stack: list[tuple[Value, str | None, str | None, int]] = []
        container: Value = None
        key: str | None = None
        anchor: str | None = None
        first_mark = 0
        while True:
            event = next_event()
            kind = type(event)
            if kind is scalar:
                mark = event.start_mark
                append_mark(mark.line << 32 | mark.column)
                value = event.value
                is_text = value.isprintable() if event.style else value[:1] not in NUMBER_START and value not in WORDS
                is_simple = is_text and event.tag is None and event.anchor is None
                if key is None and type(container) is dict:
                    key = value if is_simple and value not in container else self._key(event, container)
                    continue
                if not is_simple:
                    value = self._scalar(event)
                    if event.anchor is not None:
                        self.anchors[event.anchor] = (value, len(marks) - 1, len(marks))
                if key is not None:
                    container[key] = value
                    key = None
                    continue
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._check_collection(event, container, key, len(stack))
                stack.append((container, key, anchor, first_mark))
                mark = event.start_mark
                first_mark = len(marks)
                marks.append(mark.line << 32 | mark.column)
                container, key, anchor = {} if kind is yaml.MappingStartEvent else [], None, event.anchor
                if anchor is not None:
                    self.anchors.pop(anchor, None)  # not defined until the node is complete
                continue
            elif kind is yaml.AliasEvent:
                if type(container) is dict and key is None:
                    self._refuse(Code.YAML_KEY, event, "an alias is used as a field name", "Write the name itself.")
                value = self._alias(event, len(stack))
            else:  # the end of a mapping or a sequence
                value = container
                self.ends[first_mark] = len(marks)
                if anchor is not None:
                    self.anchors[anchor] = (value, first_mark, len(marks))
                container, key, anchor, first_mark = stack.pop()
            if type(container) is dict:
                container[key] = value
                key = None
            elif container is not None:
                container.append(value)
            else:
                return value

    def _key(self, event: Any, mapping: dict[str, Value]) -> str:
        value = self._scalar(event)
        if not isinstance(value, str):
            if not event.value:
                hint = "Write the field name, or remove the colon."
                self._problem(Code.YAML_KEY, event, "there is no field name before this colon", hint)
                return _unwritten(mapping)
            message = f"the field name {event.value[:60]} is {_kind(value)}; field names must be text"
            self._problem(Code.YAML_KEY, event, message, f'Write "{event.value}".')
            value = event.value
        if value in mapping:
            message = f"the field {quoted(value)} is written twice"
            self._problem(Code.YAML_DUPLICATE_KEY, event, message, "Remove one of the two.")
            return _unwritten(mapping)
        if event.anchor is not None:
            self._refuse(Code.YAML_KEY, event, "a field name has an anchor", "Remove the anchor (the word after &).")
        return str(value)

    def _scalar(self, event: Any) -> Value:
        text: str = event.value
        if event.tag is not None and event.tag not in ("!", _TAG + "str"):
            self._refuse_tag(event)
        if (not text.isascii() or event.style == '"') and (hidden := INVISIBLE.search(text)):
            self._warn_of_invisible(hidden[0][0], event)
        if event.tag is None and not event.style:
            return resolve_plain(text)
        if event.style == '"' and (found := FORBIDDEN.search(text)):
            line = event.start_mark.line + 1
            if "\ud800" <= found.group() <= "\udfff" and (half := surrogate_escape(self.text, line)) is not None:
                self._problem(Code.YAML_SYNTAX, event, half[2], half[3])
                return FORBIDDEN.sub("\ufffd", text)
            message = f"the text contains the invisible control character U+{ord(found.group()):04X}"
            hint = "Remove the part that begins with a backslash."
            self._problem(Code.YAML_CONTROL_CHARACTER, event, message, hint)
            return FORBIDDEN.sub("\ufffd", text)  # so that no message sends it to a terminal
        return text

    def _alias(self, event: Any, depth: int) -> Value:
        if event.anchor not in self.anchors:
            message = f"the alias *{event.anchor} has no complete anchor &{event.anchor} above it"
            self._refuse(Code.YAML_ALIAS, event, message, "Write the value itself.")
        value, first, last = self.anchors[event.anchor]
        self.alias_nodes += last - first
        if self.alias_nodes > MAX_ALIAS_NODES:
            self._refuse_alias(event, f"repeat more than {MAX_ALIAS_NODES:,} values")
        height, characters = _extent(value)
        self.alias_characters += characters
        if self.alias_characters > MAX_ALIAS_CHARACTERS:
            self._refuse_alias(event, f"repeat more than {MAX_ALIAS_CHARACTERS:,} characters")
        if depth + height > MAX_DEPTH:
            self._refuse_alias(event, f"nest values deeper than {MAX_DEPTH} levels")
        mark = event.start_mark
        self.marks.append(mark.line << 32 | mark.column)
        self.marks.extend(self.marks[first + 1 : last])
        return value

    def _refuse_alias(self, event: Any, why: str) -> NoReturn:
        hint = "Write the values themselves, or use defaults."
        self._refuse(Code.YAML_ALIAS, event, f"the aliases of this file {why}", hint)

    def _check_collection(self, event: Any, container: Value, key: str | None, depth: int) -> None:
        if type(container) is dict and key is None:
            source = source_line(self.text, event.start_mark.line + 1)
            if "{{" in source:
                self._refuse(Code.YAML_KEY, event, "a text that begins with {{ is not in quotes", braces_hint(source))
            message = "a mapping or a list is used as a field name"
            self._refuse(Code.YAML_KEY, event, message, "Write a text as the field name.")
        if depth >= MAX_DEPTH:
            hint = "No field needs this depth. Look for stray brackets."
            self._refuse(Code.YAML_DEPTH, event, f"values are nested deeper than {MAX_DEPTH} levels here", hint)
        own = "map" if type(event) is yaml.MappingStartEvent else "seq"
        if event.tag is not None and event.tag not in ("!", _TAG + own):
            self._refuse_tag(event)

    def _refuse_tag(self, event: Any) -> NoReturn:
        tag = event.tag.replace(_TAG, "!!")
        message = f"the tag {tag} is not allowed; only plain values are"
        self._refuse(Code.YAML_TAG, event, message, "Remove the tag. If the value is a text, put it in quotes.")

    def _warn_of_invisible(self, character: str, event: Any) -> None:
        if len(self.warnings) > MAX_PROBLEMS:
            return
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        message = f"the text contains an invisible character, U+{ord(character):04X}"
        help_text = "Remove it, unless it is meant: it is sent as it is."
        source = source_line(self.text, line)
        found = Problem(self.file, line, column, Code.INVISIBLE_CHARACTER, message, help_text, source)
        self.warnings.append(found if len(self.warnings) < MAX_PROBLEMS else too_many(found))

    def _problem(self, code: Code, event: Any, message: str, help: str) -> None:  # noqa: A002
        mark = event.start_mark
        source = source_line(self.text, mark.line + 1)
        problem = Problem(self.file, mark.line + 1, mark.column + 1, code, message, help, source)
        if len(self.problems) >= MAX_PROBLEMS:
            raise _Refused(too_many(problem))
        self.problems.append(problem)

    def _refuse(self, code: Code, event: Any, message: str, help: str) -> NoReturn:  # noqa: A002
        self._problem(code, event, message, help)
        raise _Refused(self.problems.pop())


def _unwritten(mapping: dict[str, Value]) -> str:
    # A refused key is replaced by one that no file can contain, so that later positions stay correct.
    return f"\0{len(mapping)}"


def _extent(value: Value) -> tuple[int, int]:
    """Return the depth of a value, and the number of characters in all its texts."""
    if isinstance(value, dict):
        children = [_extent(child) for child in value.values()]
        characters = sum(map(len, value))
    elif isinstance(value, list):
        children, characters = [_extent(child) for child in value], 0
    else:
        return 0, len(value) if isinstance(value, str) else 1
    return 1 + max((height for height, _ in children), default=0), characters + sum(count for _, count in children)


def _kind(value: Value) -> str:
    match value:
        case None:
            return "empty (null)"
        case bool():
            return "a true/false value"
        case int():
            return "a whole number"
        case _:
            return "a number"
