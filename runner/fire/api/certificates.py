"""Whose certificates are trusted: the environment's choice, as curl and OpenSSL take it, else the package certifi's.

In come environment variables, out goes a file and a folder of certificates.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # a file or a folder; the first that is set counts
_FILE = "SSL_CERT_FILE"
_FOLDER = "SSL_CERT_DIR"


@dataclass(frozen=True, slots=True)
class Authorities:
    """Certificates of authorities: a file, a folder (or several, as OpenSSL separates them), or both.

    `source` names the variables and their values, for messages.
    """

    file: str | None
    folder: str | None
    source: str

    def check(self) -> None:
        """Raises OSError, with the variable's name and value, where they can't be read.

        A missing folder besides a file is ignored, as by OpenSSL: systems set both.
        """
        if not self.file and not any(map(os.path.isdir, (self.folder or "").split(os.pathsep))):
            raise OSError(f"{self.source} names no folder that exists: correct or unset it")
        try:
            if self.file:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(self.file)
        except OSError as error:
            reason = "it holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            raise OSError(f"{self.source} names a file that can't be used ({reason}): correct or unset it") from None


def authorities(environment: Mapping[str, str]) -> Authorities | None:
    """Return the authorities that the environment names, or None where it names none."""
    for name in _BUNDLES:
        if path := environment.get(name):
            is_folder = Path(path).is_dir()
            return Authorities(None if is_folder else path, path if is_folder else None, f"{name}={path}")
    named = {name: path for name in (_FILE, _FOLDER) if (path := environment.get(name))}
    if not named:
        return None
    source = " ".join(f"{name}={path}" for name, path in named.items())
    return Authorities(named.get(_FILE), named.get(_FOLDER), source)
