"""Which browser there is for pages."""

import os
import shutil

# The shell draws the same pages without a browser's own windows: a third less work for the machine.
PACKAGE = "chromium-headless-shell"
BROWSERS = (PACKAGE, "chromium", "chromium-browser", "google-chrome")


def path() -> str | None:
    """Return the path of a browser, CHROMIUM's if that is set; None where there is none."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
