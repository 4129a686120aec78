"""The script that a team would write without `bulletins`: `requests`, three threads an account, no ledger.

    python tests/benchmarks/plain_script.py http://127.0.0.1:8383 --accounts 50 --bulletins 20

It sends each bulletin once and stops at the first answer other than 200. Nothing is recorded.
"""

from __future__ import annotations

import argparse
import threading

import requests

PATH = "/1/targets/trigger.json"


def send(base_url: str, account: str, numbers: range) -> None:
    """Send the bulletins with these numbers, one after the other."""
    with requests.Session() as session:
        session.headers.update({"X-CleverTap-Account-Id": account, "X-CleverTap-Passcode": "sandbox"})
        for number in numbers:
            body = {
                "business_event": "Program Released",
                "name": f"Sa Re Ga Ma episode {number}",
                "properties": {"program_id": str(234567 + number), "language": "Hindi", "title": "सा रे गा मा"},
                "c-by": "releases@example.com",
                "when": "now",
            }
            session.post(base_url + PATH, json=body, timeout=60).raise_for_status()


def main() -> None:
    """Send everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_url")
    parser.add_argument("--accounts", type=int, required=True)
    parser.add_argument("--bulletins", type=int, required=True)
    options = parser.parse_args()
    threads = [
        threading.Thread(target=send, args=(options.base_url, f"account-{account}", range(first, options.bulletins, 3)))
        for account in range(options.accounts)
        for first in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
