"""The HTTP API as a person's client calls it."""

import time
from typing import Any

import requests

from qc.management.simulation.ledger import Ledger

TIMEOUT = (5, 30)
ATTEMPTS = 3


class Refused(Exception):
    """The API answered with a status other than 200."""

    def __init__(self, code: int, detail: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Client:
    """One person's client; its calls raise Refused, or requests' error when no answer came."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self.url = url.rstrip("/")
        self.ledger = ledger
        self.session = requests.Session()

    def sign_in(self, username: str, password: str) -> dict[str, Any]:
        """Sign in; further calls carry the token."""
        self.session.headers.pop("Authorization", None)
        answer = self._call("POST", "/login/", {"username": username, "password": password})
        self.session.headers["Authorization"] = f"Token {answer['token']}"
        return answer

    def sign_out(self) -> None:
        """Sign out; open tasks go back to their queues."""
        self._call("POST", "/logout/")
        del self.session.headers["Authorization"]

    @property
    def is_signed_in(self) -> bool:
        """Whether calls carry a token."""
        return "Authorization" in self.session.headers

    def dashboard(self, page: int = 1) -> dict[str, Any]:
        """Return who is there, what they hold, and how many tasks wait."""
        return self._call("GET", f"/dashbord/?page={page}")

    def complete(self, task_id: int, outcome: str, notes: str) -> dict[str, Any]:
        """Complete a task; return it and the next one."""
        return self._call("POST", f"/taskcomplete/{task_id}/", {"outcome": outcome, "notes": notes})

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        response = self._send(method, path, body)
        if response.status_code != requests.codes.ok:
            raise Refused(response.status_code, response.text[:200])
        answer: dict[str, Any] = response.json()
        return answer

    def _send(
        self, method: str, path: str, body: dict[str, str] | None, attempts: int = ATTEMPTS
    ) -> requests.Response:
        """Send a request, and repeat it if no answer came: every call may be repeated safely."""
        call = path.split("/")[1]
        begun = time.monotonic()
        try:
            response = self.session.request(method, self.url + path, json=body, timeout=TIMEOUT)
        except requests.RequestException as error:
            if attempts > 1 and isinstance(error, requests.ConnectionError):
                self.ledger.count("repeated")
                return self._send(method, path, body, attempts - 1)
            self.ledger.failed(call, error)
            raise
        self.ledger.answered(call, time.monotonic() - begun, response.status_code)
        return response
