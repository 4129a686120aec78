"""The certificate authorities that are trusted. Takes environment variables, returns a file, a folder, or both.

The variables are those of requests, curl and OpenSSL. If none is set, the authorities of the package certifi are used.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # each names a file or a folder; the first that is set is used
_FILE = "SSL_CERT_FILE"
_FOLDER = "SSL_CERT_DIR"


@dataclass(frozen=True, slots=True)
class Authorities:
    """Certificates of authorities: a file, a folder (or several, separated as for OpenSSL), or both.

    `source` quotes the variables with their values, for messages.
    """

    file: str | None
    folder: str | None
    source: str

    def check(self) -> None:
        """Raise OSError with the variable's name and value if the certificates can't be read.

        In addition to a file, a missing folder is ignored, as OpenSSL does: some systems set both variables.
        """
        if not self.file and not any(map(os.path.isdir, (self.folder or "").split(os.pathsep))):
            raise OSError(f"the folder of {self.source} does not exist: correct or unset the variable")
        try:
            if self.file:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(self.file)
        except OSError as error:
            reason = "it contains no certificate" if isinstance(error, ssl.SSLError) else error.strerror
            raise OSError(
                f"the file of {self.source} can't be used ({reason}): correct or unset the variable"
            ) from None


def authorities(environment: Mapping[str, str]) -> Authorities | None:
    """Return the authorities that the environment names, or None if it names none."""
    for name in _BUNDLES:
        if path := environment.get(name):
            is_folder = Path(path).is_dir()
            return Authorities(None if is_folder else path, path if is_folder else None, f"{name}={path}")
    named = {name: path for name in (_FILE, _FOLDER) if (path := environment.get(name))}
    if not named:
        return None
    source = " ".join(f"{name}={path}" for name, path in named.items())
    return Authorities(named.get(_FILE), named.get(_FOLDER), source)
