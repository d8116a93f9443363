"""axe-core, and the walk of all pages that somebody finds by following links."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from django.test import Client
from django.urls import Resolver404, resolve
from playwright.sync_api import Browser, Page

from qc.models import User

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
GRAVE = {"serious", "critical"}
# What has been rendered is there, and no cloak is left on it.
READY = (
    "() => !document.documentElement.hasAttribute('x-cloak') && document.readyState === 'complete'"
)
LOOK = """async (only) => {
    const found = await axe.run(document, { runOnly: only, resultTypes: ["violations"] });
    return found.violations.map(({ id, impact, help, nodes }) => ({
        id, impact, help, nodes: nodes.map((node) => node.target.join(" ")),
    }));
}"""
LINKS = """() => [...document.querySelectorAll("a[href]:not([hx-get], [download])")]
    .map((link) => link.href)"""


def window(browser: Browser, site: str, user: User | None = None, **options: Any) -> Page:
    """Open a window in which this user is signed in, with axe at hand."""
    context = browser.new_context(base_url=site, color_scheme="light", **options)
    if user is not None:
        client = Client()
        client.force_login(user)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value}
        context.add_cookies([{**cookie, "url": site}])
    context.add_init_script(path=AXE)
    return context.new_page()


def faults(page: Page, place: str) -> list[str]:
    """Return what axe finds grave on the page as it is now, by day and by night."""
    page.add_style_tag(content=STILL)
    page.wait_for_function(READY)
    found = _look(page, f"{place}, by day", {"type": "tag", "values": RULES})
    page.evaluate("() => document.documentElement.classList.add('dark')")
    found += _look(page, f"{place}, by night", {"type": "rule", "values": ["color-contrast"]})
    page.evaluate("() => document.documentElement.classList.remove('dark')")
    return found


def walk(page: Page, start: str = "/admin/") -> Iterator[str]:
    """Go to one page of each name that links lead to, and return each name when it is there."""
    waiting, seen = [start], {"", "index", "logout"}
    while waiting:
        answer = page.goto(waiting.pop(0))
        assert answer is not None
        assert answer.ok, f"{page.url} answers {answer.status}"
        # Whoever watches the page is told what it does against its policy.
        assert "content-security-policy" in answer.headers, page.url
        name = _name(page.url)
        seen.add(name)
        yield name
        for link in page.evaluate(LINKS):
            if _is_ours(link, page) and _name(link) not in seen:
                seen.add(_name(link))
                waiting.append(link)


def _look(page: Page, place: str, only: dict[str, object]) -> list[str]:
    return [
        f"{place}: {one['id']} ({one['help']}): {', '.join(one['nodes'][:5])}"
        for one in page.evaluate(LOOK, only)
        if one["impact"] in GRAVE
    ]


def _is_ours(link: str, page: Page) -> bool:
    there, here = urlsplit(link), urlsplit(page.url)
    return there.netloc == here.netloc and there.path.startswith("/admin/")


def _name(link: str) -> str:
    try:
        return resolve(urlsplit(link).path).url_name or ""
    except Resolver404:
        return ""
