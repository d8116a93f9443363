"""The line between a simulated person and the site: requests, counted and repeated."""

import time
from typing import Any

import requests

from docs.qc_desk_client import refusal
from qc.management.simulation.ledger import Ledger

TIMEOUT = (5, 30)
ATTEMPTS = 3
# One grey dot.
PHOTO = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)


class Line:
    """Sends requests in one session, and notes each in the ledger."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self.url = url.rstrip("/")
        self.ledger = ledger
        self.session = requests.Session()

    def send(
        self, method: str, path: str, name: str, attempts: int = ATTEMPTS, **content: Any
    ) -> requests.Response:
        """Send a request, and repeat it if no answer came: every call may be repeated safely.

        `name` is what the summary calls it. Raises requests' error when no answer comes.
        """
        begun = time.monotonic()
        try:
            response = self.session.request(method, self.url + path, timeout=TIMEOUT, **content)
        except requests.RequestException as error:
            if attempts > 1 and isinstance(error, requests.ConnectionError):
                self.ledger.count("repeated")
                return self.send(method, path, name, attempts - 1, **content)
            self.ledger.failed(name, error)
            raise
        self.ledger.answered(name, time.monotonic() - begun, response.status_code)
        return response


def checked(response: requests.Response) -> requests.Response:
    """Return the response if it is a success. Raises Refused otherwise."""
    if not response.ok:
        raise refusal(response)
    return response


def send_photo(line: Line, task: int, item: str, **content: Any) -> None:
    """Send a photo that an item of a task's plan asks for; the same one again is taken once."""
    photo = {"file": ("photo.png", PHOTO)}
    path = f"/api/tasks/{task}/files/"
    checked(line.send("POST", path, "files", files=photo, data={"item": item}, **content))
