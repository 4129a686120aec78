"""What all requests of one run share: time limits, deadlines, and the certificates that the environment names.

The certificates are read once, when the first connection with TLS is made.
"""

from __future__ import annotations

import os
import ssl
import threading

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from runner.fire.api.certificates import Authorities, authorities
from runner.fire.api.exchange import Deadlines
from runner.fire.api.timeouts import DEFAULT_TIMEOUTS, Timeouts


class Network:
    """The network as one run uses it. `version` is the version of this program, which each request states."""

    def __init__(self, *, version: str, timeouts: Timeouts = DEFAULT_TIMEOUTS) -> None:
        self.version = version
        self.timeouts = timeouts
        self.deadlines = Deadlines()
        self.authorities: Authorities | None = authorities(os.environ)
        self._tls: ssl.SSLContext | None = None
        self._lock = threading.Lock()

    def tls(self) -> ssl.SSLContext:
        """Return the settings of all connections with TLS. Raises OSError if the certificates can't be read."""
        with self._lock:
            if self._tls is None:
                self._tls = _context(self.authorities)
            return self._tls


def _context(named: Authorities | None) -> ssl.SSLContext:
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    if named is None:
        context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    else:
        named.check()
        context.load_verify_locations(named.file, named.folder)
    return context
