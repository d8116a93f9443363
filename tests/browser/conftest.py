"""Real pages in a real browser: Debian's chromium, driven by Playwright."""

import os
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from qc.models import User
from qc.web import font_finder
from tests import chromium
from tests.browser.axe import window

# Playwright's own loop runs in the thread of the test, which is no asynchronous code of ours.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, for all tests."""
    path = chromium.path()
    if path is None:
        helps = f"apt-get install -y {chromium.PACKAGE}"
        pytest.skip(f"NO BROWSER: the pages were not tried. `{helps}` helps.")
    # They take long to make, and the first page would wait for them.
    font_finder.made()
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=quiet)
        yield started
        started.close()


def watch(page: Page, errors: list[str]) -> None:
    """Collect what a page's scripts fail at, and what it does against its own policy."""

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            errors.append(f"{page.url}: {message.text}")

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", note)


@pytest.fixture
def sign_in(browser: Browser, live_server: object) -> Iterator[Callable[[User], Page]]:
    """Sign somebody in, in a window of their own; fails on an error of its scripts or policy."""
    windows = []
    errors: list[str] = []

    def sign_in(user: User) -> Page:
        windows.append(browser.new_context(base_url=str(live_server)))
        page = windows[-1].new_page()
        watch(page, errors)
        page.goto("/admin/login/")
        chromium.enter(page, user.username)
        return page

    yield sign_in
    for one in windows:
        one.close()
    assert errors == []


@pytest.fixture
def open_window(browser: Browser, live_server: object) -> Iterator[Callable[..., Page]]:
    """Open windows, of people who are signed in already or of nobody, with axe at hand."""
    pages: list[Page] = []
    errors: list[str] = []

    def open_one(user: User | None = None) -> Page:
        cache.clear()
        pages.append(window(browser, str(live_server), user))
        watch(pages[-1], errors)
        return pages[-1]

    yield open_one
    for page in pages:
        page.context.close()
    assert errors == []


@pytest.fixture
def desk(open_window: Callable[..., Page], mona: User) -> Page:
    """A manager's window."""
    return open_window(mona)
