"""Whose certificates are trusted, by the variables that curl and OpenSSL take as well: real TLS on loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fire.api.test_client import send
from fire.api.test_exchange import tls
from fire.servers import free_port, serving
from runner.fire.api.answer import Answer
from runner.fire.api.client import Client
from runner.fire.outcome import Outcome, judge

CERTIFICATE = Path(__file__).with_name("certificate.pem")
MakeClient = Callable[..., Client]


@pytest.fixture
def answered(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], Answer]:
    """A function that sends a request over TLS with those variables set; returns the answer."""

    def answered(variables: dict[str, str]) -> Answer:
        with monkeypatch.context() as patched, serving(tls(CERTIFICATE)) as server:
            for name, value in variables.items():
                patched.setenv(name, value)
            made = client(server.base_url.replace("http:", "https:"))
            answer = send(made)
            made.close()
            assert len(server.requests) == answer.left
        return answer

    return answered


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of certificates as OpenSSL wants it: each under its hash."""
    made = tmp_path / "certificates"
    made.mkdir()
    command = ["openssl", "x509", "-hash", "-noout", "-in", str(CERTIFICATE)]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    shutil.copy(CERTIFICATE, made / f"{name}.0")
    return made


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_file_of_certificates_is_trusted(answered: Callable[[dict[str, str]], Answer], name: str) -> None:
    assert judge(answered({name: str(CERTIFICATE)})).outcome is Outcome.FIRED


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes the folder with openssl")
@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"])
def test_a_folder_of_certificates_is_trusted(
    answered: Callable[[dict[str, str]], Answer], folder: Path, name: str
) -> None:
    assert judge(answered({name: str(folder)})).outcome is Outcome.FIRED


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes the folder with openssl")
def test_several_folders_and_a_file_are_trusted_together(
    answered: Callable[[dict[str, str]], Answer], folder: Path, other_authority: Path
) -> None:
    both = os.pathsep.join(["/nowhere", str(folder)])
    assert judge(answered({"SSL_CERT_DIR": both})).outcome is Outcome.FIRED
    assert judge(answered({"SSL_CERT_DIR": both, "SSL_CERT_FILE": str(other_authority)})).outcome is Outcome.FIRED


@pytest.fixture
def other_authority(tmp_path: Path) -> Path:
    """A file with a certificate that did not sign the server's."""
    made = tmp_path / "other.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-days", "1"]
    subprocess.run([*command, "-keyout", os.devnull, "-out", str(made)], check=True, capture_output=True)
    return made


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes the certificate with openssl")
@pytest.mark.parametrize(
    ("first", "second"), [("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), ("CURL_CA_BUNDLE", "SSL_CERT_FILE"),
                          ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")],
)  # fmt: skip
def test_the_variable_that_counts_is_named_where_its_certificates_do_not_fit(
    answered: Callable[[dict[str, str]], Answer], other_authority: Path, first: str, second: str
) -> None:
    answer = answered({first: str(other_authority), second: str(CERTIFICATE)})
    assert judge(answer).retry
    assert f"{first}={other_authority}" in (answer.error or "")
    assert judge(answered({first: str(CERTIFICATE), second: str(other_authority)})).outcome is Outcome.FIRED


def test_where_no_variable_is_set_the_message_names_the_one_that_works(
    answered: Callable[[dict[str, str]], Answer],
) -> None:
    answer = answered({"SSL_CERT_FILE": ""})
    assert judge(answer).retry
    assert "SSL_CERT_FILE" in (answer.error or "")


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("kind", ["missing", "empty", "unreadable"])
def test_certificates_that_can_not_be_read_send_nothing_and_are_named(
    client: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, kind: str
) -> None:
    path = tmp_path / "missing.pem"
    if kind == "empty":
        path.write_text("no certificate", encoding="utf-8")
    elif kind == "unreadable":
        path.symlink_to(path)  # for root as well
    monkeypatch.setenv(name, str(path))
    answer = send(client(f"https://127.0.0.1:{free_port()}"))
    assert (answer.left, judge(answer).retry) == (False, True)
    assert f"{name}={path}" in (answer.error or "")


def test_a_missing_folder_besides_a_file_does_not_matter(answered: Callable[[dict[str, str]], Answer]) -> None:
    answer = answered({"SSL_CERT_FILE": str(CERTIFICATE), "SSL_CERT_DIR": "/nowhere"})
    assert judge(answer).outcome is Outcome.FIRED


def test_certificates_matter_only_for_tls(client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/missing.pem")
    answer = send(client(f"http://127.0.0.1:{free_port()}"))
    assert answer.error == "Connection refused"
