from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importers import ADDRESS, documented, dumped, payload, shown, text
from runner.definitions.problem import Problem
from runner.importers.curl import Passed, drafts_in
from runner.importers.draft import Draft

BODY = dumped(payload())
TABBED = BODY.replace(", ", ",\n\t")
SECRET = "PASSCODE-ITSELF"
WORDS = ["curl", "-d", "-X", "POST", f"'{BODY}'", ADDRESS, "--url", "--next", "-", "--", "-sd{", ";", "|", "\n", "'"]
WORDS += [
    "<<E",
    "\nE\n",
    "@-",
    "for",
    "done",
    "{",
    "}",
    "^\n",
    "trigger.json",
    '"',
    "$A",
    "@f",
    "-H",
    "://",
    "http://[",
    "--json",
]


def found_in(script: str) -> tuple[list[Draft], list[Problem], int]:
    passed = Passed()
    found = list(drafts_in(text(script), {}, passed))
    drafts = [each for each in found if isinstance(each, Draft)]
    return drafts, [each for each in found if isinstance(each, Problem)], passed.count


@pytest.mark.parametrize(
    "script",
    [
        documented(BODY),
        f"# a comment, isn't it\n\n{documented(BODY)}",
        f"$ {documented(BODY)}",
        f"ID=x /usr/bin/curl {ADDRESS} -d '{BODY}' | jq . > out.json",
        f"curl -sSLk --compressed -XPOST -d'{BODY}' {ADDRESS}",
        f"curl --request POST \\\n  --url {ADDRESS} \\\n  --header 'X-Passcode: x' \\\n  --data-raw '{BODY}'\n",
        f'curl "{ADDRESS}" --data-binary "{BODY.replace(chr(34), chr(92) + chr(34))}" -H "X-Passcode: $PASSCODE"',
        f"curl '{ADDRESS}' -H 'x: y' --data-raw $'{BODY.replace('a', chr(92) + 'u0061')}' --insecure;",
        f"curl -o /dev/null -w '%{{http_code}}' -m 5 --retry 3 --json '{BODY}' {ADDRESS} --no-progress-meter",
        documented(f'{{"d": [{BODY}]}}'),
        documented(BODY.replace(", ", ",\n  ")),
        documented(BODY).replace("\n", "\r\n"),
        f"curl -d @- {ADDRESS} <<'EOF' | jq .\n{BODY}\nEOF\n",
        f"curl -d @- {ADDRESS} <<EOF\n{BODY}\nEOF",
        f"curl {ADDRESS} --json @- <<-\\EOF\n\t{TABBED}\n\tEOF\n",
        f"curl -d @- {ADDRESS} <<< '{BODY}'",
        f"R=$(curl -d '{BODY}' {ADDRESS})",
        f"URL={ADDRESS}\ncurl -d '{BODY}' {ADDRESS}",
        f"for a in 1 2\ndo\n  echo $a\ndone\ncurl -d '{BODY}' {ADDRESS}",
        f"echo 'calling curl for {{}}'\ncurl -d '{BODY}' {ADDRESS}",
    ],
)
def test_the_payload_of_a_call_is_found(script: str) -> None:
    drafts, problems, _ = found_in(script)
    assert shown(problems) == []
    assert [draft.payload for draft in drafts] == [payload()]
    assert drafts[0].base_url == "https://in1.api.clevertap.com"


def test_a_script_may_have_many_calls_and_other_commands() -> None:
    script = f"#!/bin/sh\nset -eu\n{documented(BODY)}sleep 1\ncurl -d '{BODY}' {ADDRESS} --next -d '{BODY}' {ADDRESS}\n"
    drafts, problems, passed = found_in(script)
    assert (len(drafts), problems, passed) == (3, [], 2)


def test_the_host_and_the_port_are_known() -> None:
    drafts, _, _ = found_in(f"curl -d '{BODY}' LOCALHOST:8080/1/targets/trigger.json")
    assert drafts[0].base_url == "http://localhost:8080"


@pytest.mark.parametrize(
    ("script", "place", "message", "help_"),
    [
        (documented('{"business_event":true"}'), "1:40", "after true, a double quote", 'write "true"'),
        (f"curl -X PUT -d '{BODY}' {ADDRESS}", "1:9", "another method than POST", "Write -X POST"),
        (f"curl -d @body.json {ADDRESS}", "1:9", "from the file 'body.json'", "bulletins import json"),
        (f"curl --json @- {ADDRESS}", "1:13", "from standard input", "below <<'EOF'; or give what comes there"),
        (f'curl -d @- {ADDRESS} <<E\n{{"a": "$A"}}\nE\n', "2:8", "fill something in", "below <<'EOF', with the quotes"),
        (f"curl -d @- {ADDRESS} <<'E'\n{{\nE\n", "3:1", "ends too soon", "Close"),
        (
            f"curl --header='X: y' -d '{BODY}' {ADDRESS}",
            "1:6",
            "no = behind --header",
            "a space between --header and its",
        ),
        (f"curl --silent=1 -d '{BODY}' {ADDRESS}", "1:6", "no = behind --silent", "--silent takes no value"),
        (f"for i in 1 2 3\ndo\n  curl -d '{BODY}' {ADDRESS}\ndone", "3:3", "inside another command or a loop", "each"),
        (
            f"while a\ndo\ncurl -d '{BODY}' {ADDRESS}\ndone",
            "3:1",
            "inside another command or a loop",
            "Write each call",
        ),
        (f"if a\nthen\n  curl -d '{BODY}' {ADDRESS}\nfi", "3:3", "inside another command or a loop", "Write each call"),
        (f"send() {{\n  curl -d '{BODY}' {ADDRESS}\n}}", "2:3", "inside another command or a loop", "Write each call"),
        (f"case $1 in\na)\n  curl -d '{BODY}' {ADDRESS};;\nesac", "3:3", "inside another command or a loop", "each"),
        (f"bash -c \"curl -d '{{}}' {ADDRESS}\"", "1:10", "looks like a call", "begins with curl"),
        (f'R="$(curl -s {ADDRESS})"', "1:6", "looks like a call", "begins with curl"),
        (f"curl\u00a0-d '{BODY}' {ADDRESS}", "1:1", "looks like a call", "curl and a plain space"),
        (f"sh <<E\na\ncurl -d '{BODY}' {ADDRESS}\nE\n", "3:1", "looks like a call", "begins with curl"),
        (f"wget {ADDRESS} --post-data '{BODY}'", "1:46", "looks like a call", "begins with curl"),
        (f"curl -X POST ^\r\n -d '{BODY}' ^\r\n {ADDRESS}\r\n", "1:14", "as in Windows", "with \\ instead"),
        (f"curl -X POST `\n -d '{BODY}' `\n {ADDRESS}\n", "1:14", "as in Windows", "with \\ instead"),
        ("curl -d '{}' https://in1.api.clevertap.com/2/x", "1:14", "goes to another path", "fix its address"),
        (f"curl -d '{{}}' --data '{{}}' {ADDRESS}", "1:22", "--data is given twice", "one call for each"),
        (f"curl {ADDRESS}", "1:1", "has no body", "behind -d"),
        (f"curl -d '{BODY}'", "1:1", "has no address", "trigger.json"),
        ("curl -d '{}' https://in1.api.clevertap.com/1/upload", "1:14", "goes to /1/upload", "fix its address"),
        (f"curl -d '{{}}' {ADDRESS}'?a=b'", "1:14", "has a query", "fix its address"),
        ("curl -d '{}' ftp://x/1/targets/trigger.json", "1:14", "not an address of the API", "https://in1"),
        ("curl -d '{}' 'https://[x/1/targets/trigger.json'", "1:14", "not an address of the API", "https://in1"),
        (f"curl -d '{{}}' {ADDRESS} {ADDRESS}", "1:67", "a second address", "quotes"),
        (f'curl -d "{{\\"name\\": \\"$NAME\\"}}" {ADDRESS}', "1:23", "fill something in", "single quotes"),
        ("curl -d '{}' \"$HOST/1/targets/trigger.json\"", "1:15", "fill something in", "Write the address out"),
        (
            f"for a in 1 2; do curl -d '{BODY}' {ADDRESS}; done",
            "1:18",
            "inside another command or a loop",
            "Write each call",
        ),
        (f"curl -d '{{}}' {ADDRESS} --dta x", "1:67", "the option --dta is unknown", "Did you mean --data?"),
        (f"curl -sZ -d '{{}}' {ADDRESS}", "1:6", "the option -Z is unknown", "Remove it"),
        (f"curl -F a=b {ADDRESS}", "1:6", "-F sends a form", "behind -d"),
        (f"curl --data-urlencode '{BODY}' {ADDRESS}", "1:6", "is not JSON", "behind -d"),
        (f"curl {ADDRESS} -d", "1:59", "nothing follows -d", "Write its value"),
        (f'curl -d "{{"name": "x"}}" {ADDRESS}', "1:12", "instead of a key in double quotes", "body in single ones"),
        (f"curl -d '' {ADDRESS}", "1:11", "there is no payload here", "one JSON object"),
        (f"curl -d '{BODY} {ADDRESS}", "1:9", "never closed", "Close it"),
    ],
)
def test_what_cannot_be_taken_is_reported_at_its_place(script: str, place: str, message: str, help_: str) -> None:
    drafts, problems, _ = found_in(script)
    assert drafts == []
    assert len(problems) == 1, shown(problems)
    line = shown(problems)[0]
    assert line.startswith(f"{place} ")
    assert message in line
    assert help_ in line


def test_only_the_first_request_reads_the_here_document() -> None:
    drafts, problems, _ = found_in(f"curl -d @- {ADDRESS} --next -d @- {ADDRESS} <<E\n{BODY}\nE\n")
    assert len(drafts) == 1
    assert [line.partition(",")[0] for line in shown(problems)] == ["1:75 -d takes the body from standard input"]


def test_every_broken_call_is_reported() -> None:
    script = documented('{"business_event":true"}') + documented(BODY) + documented("{") + "curl 'x"
    drafts, problems, _ = found_in(script)
    assert (len(drafts), [problem.line for problem in problems]) == (1, [1, 3, 4])


@pytest.mark.parametrize(
    "stray",
    [
        f"-H X-CleverTap-Passcode: {SECRET}",
        f"-H X-CleverTap-Passcode: https://{SECRET}/x",
        f"--header'X-CleverTap-Passcode: {SECRET}'",
        f"--header=X-CleverTap-Passcode:{SECRET}",
        f"-Z'{SECRET}'",
        f"-uid:{SECRET} -X {SECRET}",
        f"'X-CleverTap-Passcode: {SECRET}",
        f"-d {{ -H 'X-CleverTap-Passcode: {SECRET}'",
        f"$'{SECRET}' \"${SECRET}\"",
        f"--url https://id:{SECRET}@example.com/1/x?p={SECRET}#{SECRET}",
        f"--url https://ACC:12/{SECRET}@in1.api.clevertap.com/1/targets/trigger.json",
        f"--url https://u:p@in1.api.clevertap.com/{SECRET}/x",
        f"--url https://in1.api.clevertap.com/1/{SECRET}/trigger.json",
        f"--header='X-CleverTap-Passcode: {SECRET}'",
    ],
)
def test_no_message_shows_a_credential(stray: str) -> None:
    for script in (
        f"curl -d '{{}}' {ADDRESS} {stray}",
        f"curl {stray} -d '{BODY}' {ADDRESS}",
        f"curl {stray} -d '{BODY}'",
        f"curl {stray}",
    ):
        _, problems, _ = found_in(script)
        assert problems
        assert not [line for line in shown(problems) if SECRET in line]


@given(st.lists(st.sampled_from(WORDS), max_size=20))
def test_no_script_is_too_odd(words: list[str]) -> None:
    drafts, _, _ = found_in(" ".join(words))
    assert all(draft.payload == payload() for draft in drafts)
