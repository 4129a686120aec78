from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from refusals import refused
from urllib3.util import parse_url

from fire import account
from runner.definitions.model import Account
from runner.definitions.regions import HOSTS, base_url
from runner.errors import ErrorCode, Exit, UserError
from runner.fire.api.credentials import (
    MAX_FILE_BYTES,
    Credentials,
    check_hosts,
    is_loopback,
    load_credentials,
    read_credentials,
)

ENVIRONMENT = {"INDIA_ID": "WRK-485-456Z", "INDIA_PASSCODE": "AAA-BBB-CCC"}


def loaded(
    needed: Sequence[Account], environment: Mapping[str, str], others: Sequence[Account] = ()
) -> dict[str, Credentials]:
    return load_credentials(read_credentials([*needed, *others], environment), needed, environment)


def filed(path: Path | str) -> Account:
    """The account, with its passcode in a file."""
    return account(passcode_env=None, passcode_file=str(path))


def test_credentials_come_from_the_variables_that_the_account_names() -> None:
    assert loaded([account()], ENVIRONMENT) == {"india": Credentials("WRK-485-456Z", "AAA-BBB-CCC")}


def test_all_that_is_missing_is_named_at_once() -> None:
    accounts = [account(), account(name="europe", passcode_env=None, passcode_file="gone")]
    with pytest.raises(UserError) as caught:
        loaded(accounts, {"INDIA_ID": "x"})
    assert caught.value.exit_code is Exit.REFUSED
    for name in ("INDIA_PASSCODE", "EUROPE_ID", "the passcode_file of europe"):
        assert name in caught.value.message


@pytest.mark.parametrize("field", ["account_id_env", "passcode_env"])
def test_a_variable_that_may_be_a_secret_is_not_quoted_where_it_is_not_set(field: str) -> None:
    with pytest.raises(UserError) as caught:
        loaded([account(**{field: "WOAXWSXQPL"})], ENVIRONMENT)
    assert "WOAXWSXQPL" not in caught.value.message + caught.value.help
    assert f"{field} of india" in caught.value.message


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_a_passcode_file_may_end_in_line_breaks(tmp_path: Path, end: str) -> None:
    (tmp_path / "passcode").write_bytes(b"AAA-BBB-CCC" + end.encode())
    assert loaded([filed(tmp_path / "passcode")], ENVIRONMENT)["india"].passcode == "AAA-BBB-CCC"


@pytest.mark.parametrize("content", [b"", b"\n", b"AAA\nBBB", b" AAA", "AAA-ß".encode(), b"\xff\xfe", b"AAA\x00"])
def test_a_file_that_holds_no_passcode_is_refused_without_quoting_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "passcode").write_bytes(content)
    with pytest.raises(UserError) as caught:
        loaded([filed(tmp_path / "passcode")], ENVIRONMENT)
    assert "AAA" not in caught.value.message + caught.value.help
    assert "passcode" in caught.value.message


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "/dev/zero", "/dev/null", "/dev/tty"])
def test_only_a_regular_file_holds_a_passcode(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path is short
    path = Path(kind)
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with closing(socket.socket(socket.AF_UNIX)) as server:
            server.bind(kind)
    for named in (path, link_to(path.absolute())):
        with refused(ErrorCode.CREDENTIALS_MISSING, "the passcode_file of india") as caught:
            loaded([filed(named)], ENVIRONMENT)
        assert caught.value.exit_code is Exit.REFUSED
        assert str(named) not in caught.value.message + caught.value.help


def link_to(path: Path) -> Path:
    link = Path("link")
    link.symlink_to(path)
    return link


def test_a_mounted_secret_may_lie_behind_links_anywhere(tmp_path: Path) -> None:
    # As Kubernetes mounts one: passcode → ..data/passcode, ..data → ..2026_11_30.
    (tmp_path / "..2026_11_30").mkdir()
    (tmp_path / "..2026_11_30" / "passcode").write_text("AAA-BBB-CCC\n", encoding="ascii")
    (tmp_path / "..data").symlink_to("..2026_11_30")
    (tmp_path / "passcode").symlink_to("..data/passcode")
    assert loaded([filed(tmp_path / "passcode")], ENVIRONMENT)["india"].passcode == "AAA-BBB-CCC"


@pytest.mark.parametrize(("size", "is_fine"), [(1, True), (MAX_FILE_BYTES, True), (MAX_FILE_BYTES + 1, False)])
def test_a_passcode_file_is_of_bounded_size(tmp_path: Path, size: int, is_fine: bool) -> None:
    (tmp_path / "passcode").write_bytes(b"A" * size)
    readings = read_credentials([filed(tmp_path / "passcode")], ENVIRONMENT)
    assert [bool(reading.faults) for reading in readings] == [not is_fine]
    assert len(readings[0].passcode) == (size if is_fine else 0)


@pytest.mark.parametrize("start", ["\ufeff".encode(), "\ufeff".encode("utf-16-le")])
def test_a_byte_order_mark_is_named(tmp_path: Path, start: bytes) -> None:
    (tmp_path / "passcode").write_bytes(start + b"AAA-BBB-CCC")
    with refused(ErrorCode.CREDENTIALS_MISSING, "byte order mark"):
        loaded([filed(tmp_path / "passcode")], ENVIRONMENT)


@pytest.mark.parametrize("path", ["QAB-SECRET-1", "/run/QAB-SECRET-1", "QAB-SECRET-1\0", "QAB-SECRET-1/" * 400])
def test_the_path_of_a_passcode_file_is_not_quoted(path: str) -> None:
    with pytest.raises(UserError) as caught:
        loaded([filed(path)], ENVIRONMENT)
    assert "SECRET" not in caught.value.message + caught.value.help
    assert "accounts.yaml:1" in caught.value.message


@pytest.mark.parametrize(
    "value", ["AAA BBB", "AAA\n", "AAA\r\nX-Evil: 1", "AAAß", "AAA\x00", "AAA\x1b[2J", " AAA", "AAA\t"]
)
@pytest.mark.parametrize("variable", ["INDIA_ID", "INDIA_PASSCODE"])
def test_what_no_header_can_carry_is_refused_without_quoting_it(variable: str, value: str) -> None:
    with pytest.raises(UserError) as caught:
        loaded([account()], {**ENVIRONMENT, variable: value})
    assert "AAA" not in caught.value.message.replace(ENVIRONMENT["INDIA_PASSCODE"], "")
    assert variable in caught.value.message


def test_credentials_are_not_in_a_repr() -> None:
    (reading,) = read_credentials([account()], ENVIRONMENT)
    text = repr((loaded([account()], ENVIRONMENT), reading))
    assert not any(value in text for value in ENVIRONMENT.values())


def test_the_credentials_of_every_account_are_redacted(tmp_path: Path) -> None:
    (tmp_path / "passcode").write_text("FILED-PASSCODE\n", encoding="ascii")
    others = [
        account(name="europe"),
        account(name="filed", passcode_env=None, passcode_file=str(tmp_path / "passcode")),
        account(name="unusable"),
        account(name="unset"),
    ]
    more = {"EUROPE_ID": "EUR-ID-1", "EUROPE_PASSCODE": "EUR-PASS-1", "UNUSABLE_PASSCODE": "NO HEADER\n"}
    credentials = loaded([account()], {**ENVIRONMENT, **more}, others)["india"]
    secrets = [*ENVIRONMENT.values(), *more.values(), "FILED-PASSCODE"]
    redacted = credentials.redacted("; ".join(secrets))
    assert not any(secret.strip() in redacted for secret in secrets)
    assert (redacted.count("[passcode]"), redacted.count("[account id]")) == (4, 2)


@pytest.mark.parametrize("variable", ["https_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_the_password_of_a_proxy_is_redacted(variable: str) -> None:
    environment = {**ENVIRONMENT, variable: "http://someone:pa%24%24word@proxy.example.com:3128"}
    redacted = loaded([account()], environment)["india"].redacted("pa$$word, pa%24%24word")
    assert redacted == "[proxy password], [proxy password]"


@pytest.mark.parametrize("passcode", ["AAA-BBB-CCC", 'A"B\\C/D', "a+b*c(", "1"])
def test_redaction_finds_a_passcode_as_written_and_as_json_escapes_it(passcode: str) -> None:
    credentials = Credentials("id", passcode)
    text = f"it was {passcode}, {json.dumps({'p': passcode})}, {passcode}{passcode}"
    redacted = credentials.redacted(text)
    assert passcode not in redacted.replace("[passcode]", "")
    assert json.dumps(passcode)[1:-1] not in redacted.replace("[passcode]", "")
    assert redacted.startswith("it was [passcode], ")


@pytest.mark.parametrize("region", sorted(HOSTS))
def test_every_region_passes(region: str) -> None:
    check_hosts([account(base_url(region))], ())


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8642", "http://localhost", "http://[::1]:80", "https://127.8.9.1/", "https://IN1.api.CleverTap.com",
     "https://api.clevertap.com:443/", "https://new-region.api.clevertap.com"],
)  # fmt: skip
def test_loopback_and_the_api_pass(url: str) -> None:
    check_hosts([account(url)], ())


FOREIGN = [
    "https://evil.com",
    "https://evilapi.clevertap.com",
    "https://clevertap.com",
    "https://dashboard.clevertap.com",
    "https://api.clevertap.com.evil.com",
    "https://in1.api.clevertap.com.",
    "https://.api.clevertap.com",
    "https://in1.api.clevertap.com@evil.com",
    "https://user:pass@in1.api.clevertap.com",
    "https://evil.com\\@in1.api.clevertap.com",
    "https://evil.com/@in1.api.clevertap.com",
    "https://evil.com?.api.clevertap.com",
    "https://evil.com#.api.clevertap.com",
    "https://evil.com%2f.api.clevertap.com",
    "https://evil.com\t.api.clevertap.com",
    "https://evil.com\n",
    "https://in1.api.clevertap.com\n",
    "https://evil。com",
    "https://ｉn1.api.clevertap.com",
    "https://in1.api.clevertap.com/elsewhere",
    "http://in1.api.clevertap.com",
    "ftp://in1.api.clevertap.com",
    "http://127.0.0.1@evil.com",
    "http://127.0.0.1.evil.com",
    "http://localhost.evil.com",
    "http://0x7f.1",
    "http://2130706433",
    "http://0.0.0.0",
    "http://[::]",
    "http://[::ffff:127.0.0.1",
    "http://10.0.0.1",
    "http://[::1",
    "//in1.api.clevertap.com",
    "in1.api.clevertap.com",
    "https://",
    "",
]


@pytest.mark.parametrize("url", FOREIGN)
def test_foreign_hosts_never_pass(url: str) -> None:
    with pytest.raises(UserError) as caught:
        check_hosts([account(url)], ("trusted.example.com",))
    assert caught.value.exit_code is Exit.REFUSED


def test_the_operator_may_allow_a_host() -> None:
    check_hosts([account("https://Proxy.example.com:8443")], ("proxy.example.com",))
    with refused(ErrorCode.FOREIGN_HOST, "evil.com") as caught:
        check_hosts([account("https://evil.com")], ("proxy.example.com", ""))
    assert "--allow-host evil.com" in caught.value.help


PIECES = [
    *("https://", "http://", "evil.com", "in1", ".", "api.clevertap.com", "@", ":", "\\", "/", "?", "#", "%2e", "%40"),
    *("127.0.0.1", "localhost", "[::1]", "[", "]", "443", " ", "\t", "\n", "。", "API.CLEVERTAP.COM", "evil", "-"),
]


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join) | st.text(max_size=40))
@example("https://evil.com\\@in1.api.clevertap.com")
def test_what_passes_is_the_same_host_for_the_library_that_connects(url: str) -> None:
    try:
        check_hosts([account(url)], ())
    except UserError:
        return
    reached = parse_url(url.removesuffix("/") + "/1/targets/trigger.json")
    host = (reached.host or "").strip("[]")
    assert is_loopback(host) or (
        reached.scheme == "https" and (host == "api.clevertap.com" or host.endswith(".api.clevertap.com"))
    )
    assert reached.auth is None
    assert reached.path == "/1/targets/trigger.json"
