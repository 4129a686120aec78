"""How bash, zsh and fish ask what could come next, and how they are answered: a script of each, and one line format.

Lines are `type,value` for bash, `type,value<tab>help` for fish, and three lines each for zsh, as click's own scripts
read them, which may stand in somebody's files. A value comes whole, whatever is in it, also behind `--option=`.
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

_BREAKS = re.compile("[=:]+")  # bash makes words of their own of them
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
    """Makes click use what stands here."""
    for shell in (Bash, Zsh, Fish):
        add_completion_class(shell)


class Bash(BashComplete):
    """Puts together again what bash took apart, and answers with the part that it replaces, quoted as it is read."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one to complete, and that one, each without its quotes."""
        words, pieces = self._words()
        return [_unquoted(word) for word in words[1:]], _unquoted("".join(pieces))

    def format_completion(self, item: CompletionItem[str]) -> str:
        """What is to stand in the place of the last piece."""
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
        """The words before the one to complete as they were typed, and the pieces of that one: the last is replaced."""
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
    """A value as it is to stand where a quote was opened already, or with quotes of its own where it needs them."""
    if quote not in _ESCAPED_IN:
        return shlex.quote(value)
    return "".join(_ESCAPED_IN[quote].get(each, each) for each in value)


def _unquoted(word: str) -> str:
    """A word as the program would get it; its quote may be open still."""
    return "".join(split_arg_string(word)[:1])


class _Whole(ShellComplete):
    """Of a shell that takes `--option=value` as one word: each answer to it begins with the option."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """As click's, with the option before each value."""
        name, is_pair, _ = incomplete.partition("=")
        found = super().get_completions(args, incomplete)
        if not is_pair or not name.startswith("--"):
            return found
        return [CompletionItem(f"{name}={item.value}", type=item.type, help=item.help) for item in found]


class Zsh(_Whole, ZshComplete):
    """Its script looks for files by itself, behind the option."""

    source_template = _ZSH


class Fish(_Whole, FishComplete):
    """Takes a line apart at its first comma alone."""

    source_template = _FISH

    def get_completion_args(self) -> tuple[list[str], str]:
        """As click's, where the word to complete is nothing but a quote too."""
        words = split_arg_string(os.environ["COMP_WORDS"])[1:]
        incomplete = _unquoted(os.environ["COMP_CWORD"])
        if os.environ["COMP_CWORD"] and words:
            words.pop()
        return words, incomplete
