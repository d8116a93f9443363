"""What every page must keep: its width, its weight, and icons that are pictures."""

import gzip
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.contrib.staticfiles import finders
from playwright.sync_api import Page, TimeoutError

WIDTHS = (390, 768, 1024, 1440)
MOST_BYTES = 600_000
# Status line and headers of an answer.
HEADERS = 500
COMPRESSED = {".css", ".js", ".svg"}

LOADED = """async () => {
    await document.fonts.ready;
    const kinds = ["navigation", "resource"];
    return kinds.flatMap((kind) => performance.getEntriesByType(kind))
        .map((entry) => [entry.name, entry.encodedBodySize]);
}"""
FITS = "(width) => document.documentElement.scrollWidth <= width"
# Milliseconds: a chart is drawn anew a moment after its window has become narrower.
SETTLES = 3000
# A name that is no icon of the font is written out, and so is wider than high.
WRITTEN_OUT = """() => [...document.querySelectorAll(".material-symbols-outlined")]
    .filter((icon) => icon.childElementCount === 0)
    .filter((icon) => {
        const range = document.createRange();
        range.selectNodeContents(icon);
        const high = parseFloat(getComputedStyle(icon).fontSize);
        return range.getBoundingClientRect().width > 1.3 * high;
    })
    .map((icon) => icon.textContent)"""


def looks_wrong(page: Page, place: str) -> list[str]:
    """Return what is wrong with a page that was just loaded; leave it as wide as it was."""
    found = [*_too_heavy(page, place), *_written_out(page, place)]
    before = page.viewport_size
    assert before
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": before["height"]})
        found += _too_wide(page, place, width)
    page.set_viewport_size(before)
    return found


def _too_wide(page: Page, place: str, width: int) -> list[str]:
    try:
        page.wait_for_function(FITS, arg=width, timeout=SETTLES)
    except TimeoutError:
        return [f"{place}: wider than a window of {width} pixels"]
    return []


def _too_heavy(page: Page, place: str) -> list[str]:
    sizes = {name: _weight(name, size) for name, size in page.evaluate(LOADED)}
    total = sum(sizes.values())
    if total <= MOST_BYTES:
        return []
    heaviest = sorted(sizes.items(), key=lambda one: -one[1])[:8]
    return [f"{place}: {total} bytes, of these {heaviest}"]


def _written_out(page: Page, place: str) -> list[str]:
    return [f"{place}: no icon is called {name}" for name in page.evaluate(WRITTEN_OUT)]


def _weight(address: str, received: int) -> int:
    """Return what is sent for an address: a page as it came, a static file as it is collected."""
    path = urlsplit(address).path
    return HEADERS + (_static(path) if path.startswith("/static/") else received)


@cache
def _static(path: str) -> int:
    file: Any = finders.find(path.removeprefix("/static/"))
    content = Path(file).read_bytes()
    return len(gzip.compress(content) if Path(file).suffix in COMPRESSED else content)
