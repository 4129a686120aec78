"""A real browser for tests: Chromium of the system, driven by Playwright, one a session.

A test has the pages that it opens to itself. They are lent from one to the next, because making one takes longer than
most tests do.

Where either is missing the tests are skipped; with BULLETINS_TEST_SERVICES=required they fail instead.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_REQUIRED = os.environ.get("BULLETINS_TEST_SERVICES") == "required"  # read at once: the tests' environment is emptied
_NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
OpenPage = Callable[..., "Opened"]


@dataclass
class Opened:
    """A page that a browser shows, and what went wrong with it: console errors, exceptions, dialogs, requests."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Writes down whatever a page of ours must not do, until it is wiped."""
        handlers: dict[str, Callable[[Any], None]] = {
            "console": lambda said: self.complaints.append(f"console: {said.text}"),
            "pageerror": lambda error: self.complaints.append(f"error: {error}"),
            "dialog": self._on_dialog,
            "request": self._on_request,
        }
        for event, handler in handlers.items():
            self.page.on(event, handler)  # type: ignore[call-overload]
        yield
        self.page.goto("about:blank")  # by then, all that it did has been reported
        for event, handler in handlers.items():
            self.page.remove_listener(event, handler)

    def _on_dialog(self, dialog: Any) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Any) -> None:
        if not request.is_navigation_request() and not request.url.startswith("data:"):
            self.complaints.append(f"request: {request.url}")


def executable() -> str | None:
    """The path of a Chromium; None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def missing() -> str | None:
    """What a browser can't be started for."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed"
    return None if executable() else "no Chromium is installed here"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The session's browser."""
    if reason := missing():
        if _REQUIRED:
            pytest.fail(f"BULLETINS_TEST_SERVICES=required, and {reason}", pytrace=False)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        yield started
        started.close()


class Pages:
    """The pages of a browser that no test has at the moment, by the kind of device that they show."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[bool, list[LentPage]] = defaultdict(list)

    @contextmanager
    def lend(self, setting: Setting) -> Iterator[Page]:
        """A page with this setting; one that a test broke is not lent again."""
        idle = self._idle[setting.is_touched]
        lent = idle.pop() if idle else LentPage(self._new_page(setting.is_touched))
        try:
            lent.prepare(setting)
            yield lent.page
        except BaseException:
            lent.page.context.close()
            raise
        idle.append(lent)

    def _new_page(self, is_touched: bool) -> Page:
        return self._browser.new_context(is_mobile=is_touched, has_touch=is_touched).new_page()


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How a page is looked at."""

    viewport: tuple[int, int] = (1280, 900)
    timezone: str = "Europe/Berlin"
    is_dark: bool = False
    has_scripts: bool = True
    is_touched: bool = False


class LentPage:
    """A page whose setting is changed, because a context for each setting takes longer than most tests do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._session = page.context.new_cdp_session(page)

    def prepare(self, setting: Setting) -> None:
        """Gives the setting to whatever the page shows next."""
        width, height = setting.viewport
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.emulate_media(media="null", color_scheme="dark" if setting.is_dark else "light")
        self._session.send("Emulation.setTimezoneOverride", {"timezoneId": setting.timezone})
        self._session.send("Emulation.setScriptExecutionDisabled", {"value": not setting.has_scripts})


@pytest.fixture(scope="session")
def pages(browser: Browser) -> Pages:
    """The pages of the session's browser."""
    return Pages(browser)


@pytest.fixture
def open_page(pages: Pages, tmp_path: Path) -> Iterator[OpenPage]:
    """A function that shows an HTML text as a file, in a setting of these fields; complaints fail the test."""
    opened: list[Opened] = []
    with ExitStack() as undo:

        def show(html: str, fragment: str = "", **fields: Any) -> Opened:
            path = tmp_path / f"page-{len(opened)}.html"
            path.write_text(html, encoding="utf-8")
            found = Opened(undo.enter_context(pages.lend(Setting(**fields))))
            undo.enter_context(found.watched())
            opened.append(found)
            found.page.goto(path.as_uri() + fragment)
            return found

        yield show
    assert [each.complaints for each in opened] == [[]] * len(opened)
