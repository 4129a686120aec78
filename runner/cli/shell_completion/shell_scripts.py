"""Completion scripts for bash, zsh and fish, and the lines with which the program answers them.

In: the words of the command line, from the script. Out: `type,value` for bash, `type,value<tab>help` for fish, three
lines each for zsh. Click's own scripts, which users may have installed, read the same lines. A value is always whole,
also behind `--option=`.
"""

from __future__ import annotations

import os
import re
import shlex

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

_BREAKS = re.compile("[=:]+")  # bash splits words at these characters, into words of their own
_ESCAPED_IN = {"'": {"'": "'\\''"}, '"': {each: f"\\{each}" for each in '"\\$`'}}

_BASH = """\
%(complete_func)s() {
    local response completion
    COMPREPLY=()
    response=$(IFS=$'\\n'; env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD="$COMP_CWORD" \\
        %(complete_var)s=bash_complete "$1")
    while IFS= read -r completion; do
        case "$completion" in
            dir,*) compopt -o dirnames 2>/dev/null ;;
            file,*) compopt -o default 2>/dev/null ;;
            plain,*) COMPREPLY+=("${completion#*,}") ;;
        esac
    done <<< "$response"
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local -a described plain response
    local type value help
    (( ! $+commands[%(prog_name)s] )) && return 1
    response=("${(@f)$(env COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT-1)) \\
        %(complete_var)s=zsh_complete %(prog_name)s)}")
    for type value help in ${response}; do
        if [[ "$type" == plain && "$help" == _ ]]; then
            plain+=("$value")
        elif [[ "$type" == plain ]]; then
            described+=("$value:$help")
        else
            [[ "${words[CURRENT]}" == --*=* ]] && compset -P 1 '*='
            [[ "$type" == dir ]] && _path_files -/ || _path_files -f
        fi
    done
    (( $#described )) && _describe -V unsorted described -U
    (( $#plain )) && compadd -U -V unsorted -a plain
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

_FISH = """\
function %(complete_func)s
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp | string collect) \\
        COMP_CWORD=(commandline -ct) %(prog_name)s)
    for completion in $response
        set -l parts (string split -m 1 , -- $completion)
        if test (count $parts) -lt 2
            continue
        else if test $parts[1] = plain
            printf '%%s\\n' $parts[2]
        else
            set -l option (string match -r -- '^--[^=]*=' $parts[2])
            set -l find __fish_complete_path
            test $parts[1] = dir; and set find __fish_complete_directories
            for path in ($find (string replace -- "$option" '' $parts[2]))
                printf '%%s%%s\\n' "$option" $path
            end
        end
    end
end

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)"
"""


def add_shells() -> None:
    """Register the classes of this module with click, in place of its own."""
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)


class Bash(BashComplete):
    """Joins the words that bash has split, and answers with the last piece, quoted as bash will read it."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the word to complete, and this word, each without quotes."""
        words, pieces = self._words()
        return [_unquoted(word) for word in words[1:]], _unquoted("".join(pieces))

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return the line for the text that replaces the last piece."""
        if item.type != "plain":
            return super().format_completion(item)
        _, pieces = self._words()
        typed = pieces[-1]
        stays = _unquoted("".join(pieces[:-1]))
        if "=" in stays and stays.startswith("-"):
            stays = stays.partition("=")[2]
        value = item.value.removeprefix(stays)
        return f"plain,{_quoted(value, typed[:1])}"

    def _words(self) -> tuple[list[str], list[str]]:
        """Return the typed words before the word to complete, and the pieces of this word. Bash replaces the last."""
        said = os.environ["COMP_WORDS"].split("\n")  # as the script joins them
        position = int(os.environ["COMP_CWORD"])
        found = [*said[:position], *(said[position : position + 1] or [""])]
        words: list[list[str]] = []
        for piece in found:
            if words and (_BREAKS.fullmatch(piece) or _BREAKS.fullmatch(words[-1][-1])):
                words[-1].append(piece)
            else:
                words.append([piece])
        if _BREAKS.fullmatch(words[-1][-1]):
            words[-1].append("")
        return ["".join(word) for word in words[:-1]], words[-1]


def _quoted(value: str, quote: str) -> str:
    """Quote a value: escaped inside of a quote that is already open, else with quotes of its own if needed."""
    if quote not in _ESCAPED_IN:
        return shlex.quote(value)
    return "".join(_ESCAPED_IN[quote].get(each, each) for each in value)


def _unquoted(word: str) -> str:
    """Return a word as the program would get it; its last quote may still be open."""
    return "".join(split_arg_string(word)[:1])


class _Whole(ShellComplete):
    """For a shell that takes `--option=value` as one word: each answer begins with the option."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return click's completions, with the option before each value."""
        name, is_pair, _ = incomplete.partition("=")
        found = super().get_completions(args, incomplete)
        if not is_pair or not name.startswith("--"):
            return found
        return [CompletionItem(f"{name}={item.value}", type=item.type, help=item.help) for item in found]


class Zsh(_Whole, ZshComplete):
    """Zsh; its script completes the names of files by itself, behind the option."""

    source_template = _ZSH


class Fish(_Whole, FishComplete):
    """Fish; its script splits a line only at the first comma."""

    source_template = _FISH

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words as click does, also where the word to complete is only a quote."""
        words = split_arg_string(os.environ["COMP_WORDS"])[1:]
        incomplete = _unquoted(os.environ["COMP_CWORD"])
        if os.environ["COMP_CWORD"] and words:
            words.pop()
        return words, incomplete
