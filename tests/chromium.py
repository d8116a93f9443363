"""The browser for pages, and the first thing that is done in it."""

import os
import shutil

from playwright.sync_api import Page

# The shell draws the same pages without a browser's own windows: a third less work for the machine.
PACKAGE = "chromium-headless-shell"
BROWSERS = (PACKAGE, "chromium", "chromium-browser", "google-chrome")


def path() -> str | None:
    """Return the path of a browser, CHROMIUM's if that is set; None where there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)


def enter(page: Page, name: str) -> None:
    """Sign in on the page that asks for it, with the password of the demo."""
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login/" not in url)
