"""The pages of 10,000 firings in a real browser: their size, the time until the table is there, and of a key.

    python tests/benchmarks/pages.py --firings 10000

Both are measured in the page, to the frame after the one that shows the rows. Fails where a page has
MOST_BYTES or more, or one of the times is REQUIRED_S or more. Wants the extra `test` and a Chromium.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.pop(0)  # this folder: its plan.py is not the tests' package plan
sys.path.append(str(Path(__file__).parents[1]))
sys.path.append(str(Path(__file__).parents[2]))

from report.html.browser import ARGUMENTS, executable, missing
from report.html.samples import busy_plan, busy_report

from runner.report.html.plan.page import plan_page
from runner.report.html.run.page import report_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

REQUIRED_S = 1.0
MOST_BYTES = 10_000_000
FIRINGS = 10_000
REPEATS = 7
_PAGES: dict[str, tuple[Callable[[int], dict[str, Any]], Callable[[dict[str, Any]], str]]] = {
    "report": (busy_report, report_page),
    "plan": (busy_plan, plan_page),
}
# What is typed, from the search that keeps most rows to that which keeps few.
_KEYSTROKES = ("s", "show-0", "premiere", "album out 77", "")
# From the start of the navigation to the frame after the one that shows the table; and until all of the page is read.
_WATCH = """globalThis.there = new Promise((done) => {
  const look = () => {
    if (!document.querySelector("html.js tr.row")) requestAnimationFrame(look);
    else requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  };
  requestAnimationFrame(look);
});
addEventListener("DOMContentLoaded", () => { globalThis.whole = performance.now(); });"""
_TYPE = """(text) => new Promise((done) => {
  const find = document.getElementById("find");
  const began = performance.now();
  find.value = text;
  find.dispatchEvent(new Event("input"));
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
})"""


def main() -> int:
    """Prints the figures; 1 where they are not what is required."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--firings", type=int, default=FIRINGS)
    options = parser.parse_args()
    if reason := missing():
        parser.error(reason)
    from playwright.sync_api import sync_playwright

    missed = 0
    with sync_playwright() as playwright, tempfile.TemporaryDirectory(prefix="bulletins-bench-") as folder:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        for name, (document, page) in _PAGES.items():
            made = document(options.firings)
            began = time.perf_counter()
            html = page(made)
            render_s = time.perf_counter() - began
            path = Path(folder) / f"{name}.html"
            path.write_text(html, encoding="utf-8")
            missed += measure(name, browser, path, options.firings, render_s)
        browser.close()
    return 1 if missed else 0


def measure(name: str, browser: Browser, path: Path, firings: int, render_s: float) -> bool:
    """Prints one line; whether it is worse than required."""
    loads, wholes, keystrokes = [], [], []
    for _ in range(REPEATS):
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        page = context.new_page()
        page.add_init_script(_WATCH)
        page.goto(path.as_uri())
        loads.append(page.evaluate("there") / 1000)
        wholes.append(page.evaluate("whole") / 1000)
        keystrokes += [page.evaluate(_TYPE, text) / 1000 for text in _KEYSTROKES]
        context.close()
    size, load_s, key_s = path.stat().st_size, statistics.median(loads), statistics.median(keystrokes)
    print(
        f"{name} of {firings:,} firings: {size / 1e6:.2f} MB (less than {MOST_BYTES / 1e6:g} MB required),"
        f" made in {render_s:.2f} s; table there after {load_s:.2f} s,"
        f" all read after {statistics.median(wholes):.2f} s, keystroke to repaint {key_s * 1000:.0f} ms"
        f" (medians of {len(loads)}, {len(loads)} and {len(keystrokes)}, slowest {max(loads):.2f} s and"
        f" {max(keystrokes) * 1000:.0f} ms; {REQUIRED_S:g} s required)"
    )
    return size >= MOST_BYTES or max(load_s, key_s) >= REQUIRED_S


if __name__ == "__main__":
    sys.exit(main())
