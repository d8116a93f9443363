"""`make pictures`: README's pictures, by day and by night, of a demo that is made for them.

They go to docs/images/. Each scene signs somebody in, goes to a page and does what is to be seen.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import requests
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests import chromium, servers
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1280, "height": 800}
# The first of them gets the most urgent task, an order.
AT_WORK = ("qc7", "qc2", "qc3", "qc4", "qc5", "qc6", "qc8")
START_SECONDS = 120
NO_BROWSER = f"""
  NOT RUN: there is no browser here. To take the pictures:
      apt-get install -y {chromium.PACKAGE}
"""


def my_work(page: Page) -> None:
    """The first answers to a check plan."""
    page.goto("/admin/my-work/")
    for question, answer in (("Articles", "OK"), ("Number of pieces", "OK"), ("Fragile", "glass")):
        page.get_by_role("group", name=question).get_by_text(answer, exact=True).click()
    # They are stored.
    expect(page.get_by_role("button", name="Give back")).to_be_enabled()


def floor(page: Page) -> None:
    """Who is there, with which tasks."""
    page.goto("/admin/floor/")


def importing(page: Page) -> None:
    """A file of which some rows are refused."""
    rows = (ROOT / "fixtures" / "tasks.csv").read_text().splitlines(keepends=True)[:41]
    new = [re.sub("^([A-Z]{3}-)", r"\g<1>9", row) for row in rows]
    spoilt = [row.replace(",Labels,", ",Lables,") for row in new]
    file = {"name": "tasks-december.csv", "mimeType": "text/csv"}
    page.goto("/admin/imports/")
    page.locator("input[type=file]").set_input_files([{**file, "buffer": "".join(spoilt).encode()}])
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Refused").wait_for()


def report(page: Page) -> None:
    """What was found lately, by queue."""
    page.goto("/admin/reports/")


def trail(page: Page) -> None:
    """Who did what, when and why."""
    page.goto("/admin/trail/")


# By the name of the file, who looks at what.
SCENES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "my-work": ("qc7", my_work),
    "floor": ("manager", floor),
    "import": ("manager", importing),
    "report": ("manager", report),
    "trail": ("auditor", trail),
}


def main() -> None:
    """Take all pictures."""
    path = chromium.path()
    if path is None:
        sys.exit(NO_BROWSER)
    with demo() as url, sync_playwright() as playwright:
        for person in AT_WORK:
            who = {"username": person, "password": "demo"}
            requests.post(f"{url}/login/", json=who, timeout=30).raise_for_status()
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, (person, scene) in SCENES.items():
            take(browser, url, name, person, scene)
            print(f"docs/images/{name}.png", flush=True)


@contextmanager
def demo() -> Iterator[str]:
    """Run the demo as `make run` does, in a folder of its own; yield its address."""
    with tempfile.TemporaryDirectory(prefix="qc-pictures-") as folder:
        port = servers.free_port()
        url = f"http://{servers.HOST}:{port}"
        ours = {"QC_VAR_DIR": folder, "PORT": str(port)}
        log = Path(folder, "printed")
        with log.open("wb") as printed:
            run = subprocess.Popen(
                [sys.executable, "bin/run.py"],
                cwd=ROOT,
                env=os.environ | ours,
                stdout=printed,
                stderr=printed,
            )
        try:
            until(lambda: url in log.read_text() or run.poll() is not None, within=START_SECONDS)
            yield url
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(60)


def take(browser: Browser, url: str, name: str, person: str, scene: Callable[[Page], None]) -> None:
    """Take the picture of one scene by day and by night."""
    context = browser.new_context(base_url=url, viewport=SIZE, color_scheme="light")
    page = context.new_page()
    page.goto("/admin/login/")
    chromium.enter(page, person)
    scene(page)
    page.wait_for_load_state("networkidle")
    for is_dark, ending in ((False, ""), (True, "-dark")):
        page.evaluate("is => document.documentElement.classList.toggle('dark', is)", is_dark)
        store(page.screenshot(animations="disabled"), IMAGES / f"{name}{ending}.png")
    context.close()


def store(picture: bytes, file: Path) -> None:
    """Store a picture with 256 colours: a third of its size, and no difference to be seen."""
    Image.open(BytesIO(picture)).convert("RGB").quantize(256).save(file, optimize=True)


if __name__ == "__main__":
    main()
