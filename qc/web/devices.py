"""With which device a request came, in a few plain words."""

import re

from django.http import HttpRequest

from qc.models.sign_ins import LONGEST_DEVICE

# What browsers call themselves. The first that is found counts, as each names older ones too.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome"}
BROWSERS |= {"FxiOS": "Firefox", "CriOS": "Chrome", "Safari": "Safari"}
SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad"}
SYSTEMS |= {"Mac OS X": "macOS", "CrOS": "ChromeOS", "Linux": "Linux"}
PROGRAM = re.compile(r"[A-Za-z0-9._-]+")


def device(request: HttpRequest) -> str:
    """Return such as "Firefox, Windows" or "curl"; "" where a request names nothing.

    It has no versions, so that an update makes no new device, and of what a client claims only
    letters, digits, points and dashes.
    """
    agent = request.headers.get("User-Agent", "")
    browser = _first(agent, {f"{mark}/": name for mark, name in BROWSERS.items()})
    system = _first(agent, SYSTEMS)
    if browser and system:
        return f"{browser}, {system}"
    program = PROGRAM.match(agent)
    return browser or (program[0][:LONGEST_DEVICE] if program else "")


def _first(agent: str, names: dict[str, str]) -> str:
    return next((name for mark, name in names.items() if mark in agent), "")
