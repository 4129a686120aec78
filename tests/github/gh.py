"""A stand-in for GitHub's `gh api`, over a file that holds pull requests and comments, and records the calls."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import jq


def answer(state: dict[str, Any], method: str, path: str, fields: dict[str, str]) -> Any:
    """What the API says, after it has done it. Raises KeyError for what it does not know."""
    path = path.removeprefix("repos/shows/releases/").partition("?")[0]
    if (method, path) == ("GET", "pulls"):
        owner, _, branch = fields["head"].partition(":")
        return [
            pull
            for pull in state["pulls"]
            if pull["state"] == fields["state"]
            and pull["head"]["ref"] == branch
            and pull["head"]["repo"]["full_name"].startswith(f"{owner}/")
        ]
    if method in ("GET", "POST") and (found := re.fullmatch(r"issues/(\d+)/comments", path)):
        of_issue = [each for each in state["comments"] if each["issue"] == int(found[1])]
        if method == "GET":
            return of_issue
        login = "github-actions[bot]"
        made = {"id": 1000 + len(state["comments"]), "issue": int(found[1]), "user": {"login": login}, **fields}
        state["comments"].append(made)
        return made
    if method == "PATCH" and (found := re.fullmatch(r"issues/comments/(\d+)", path)):
        (comment,) = (each for each in state["comments"] if each["id"] == int(found[1]))
        comment.update(fields)
        return comment
    raise KeyError(f"{method} {path}")


def main() -> None:
    """Arguments: the file, then those of `gh`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("command", choices=["api"])
    parser.add_argument("path")
    parser.add_argument("--method", default="GET")
    parser.add_argument("-f", dest="raw", action="append", default=[])
    parser.add_argument("-F", dest="typed", action="append", default=[])
    parser.add_argument("--jq")
    parser.add_argument("--paginate", action="store_true")
    parser.add_argument("--silent", action="store_true")
    options = parser.parse_args()
    assert os.environ["GH_TOKEN"] == "job-token"
    fields = dict(each.split("=", 1) for each in options.raw)
    for name, value in (each.split("=", 1) for each in options.typed):
        fields[name] = Path(value.removeprefix("@")).read_text(encoding="utf-8")
    state = json.loads(options.file.read_text(encoding="utf-8"))
    said = answer(state, options.method, options.path, fields)
    state["calls"].append(f"{options.method} {options.path}")
    options.file.write_text(json.dumps(state), encoding="utf-8")
    if not options.silent:
        found = jq.compile(options.jq or ".").input_value(said).all()
        sys.stdout.writelines(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in found)


if __name__ == "__main__":
    main()
