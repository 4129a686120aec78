"""The browser, for the tests of pages."""

from __future__ import annotations

from report.html.browser import browser, open_page, pages

__all__ = ["browser", "open_page", "pages"]
