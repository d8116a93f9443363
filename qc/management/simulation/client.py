"""The HTTP API as a person's program would call it."""

import time
from typing import Any

import requests

from qc.management.simulation.ledger import Ledger

TIMEOUT = (5, 30)
ATTEMPTS = 3


class Refused(Exception):
    """The API answered with something else than 200."""

    def __init__(self, code: int, detail: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Client:
    """One person's connection; every call raises Refused, or requests' error when nothing comes."""

    def __init__(self, url: str, ledger: Ledger) -> None:
        self.url = url.rstrip("/")
        self.ledger = ledger
        self.session = requests.Session()

    def sign_in(self, username: str, password: str) -> dict[str, Any]:
        """Sign in; further calls carry the token."""
        self.session.headers.pop("Authorization", None)
        credentials = {"username": username, "password": password}
        answer = self._call("login", "POST", "/login/", credentials)
        self.session.headers["Authorization"] = f"Token {answer['token']}"
        return answer

    def sign_out(self) -> None:
        """Sign out; the tasks in hand go back."""
        self._call("logout", "POST", "/logout/")
        del self.session.headers["Authorization"]

    @property
    def is_signed_in(self) -> bool:
        """Whether calls carry a token."""
        return "Authorization" in self.session.headers

    def dashboard(self, page: int = 1) -> dict[str, Any]:
        """Return who is there, what they hold, and how many tasks wait."""
        return self._call("dashbord", "GET", f"/dashbord/?page={page}")

    def complete(self, task_id: int, outcome: str, notes: str) -> dict[str, Any]:
        """Finish a task; return it and the next one."""
        body = {"outcome": outcome, "notes": notes}
        return self._call("taskcomplete", "POST", f"/taskcomplete/{task_id}/", body)

    def _call(
        self, name: str, method: str, path: str, body: dict[str, str] | None = None
    ) -> dict[str, Any]:
        response = self._patiently(name, method, path, body)
        if response.status_code != requests.codes.ok:
            raise Refused(response.status_code, response.text[:200])
        answer: dict[str, Any] = response.json()
        return answer

    def _patiently(
        self, name: str, method: str, path: str, body: dict[str, str] | None
    ) -> requests.Response:
        """Ask again when no answer came: every call of the API may safely be repeated."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self._once(name, method, path, body)
            except requests.ConnectionError:
                self.ledger.count("repeated")
        try:
            return self._once(name, method, path, body)
        except requests.RequestException as error:
            self.ledger.failed(name, error)
            raise

    def _once(
        self, name: str, method: str, path: str, body: dict[str, str] | None
    ) -> requests.Response:
        begun = time.monotonic()
        response = self.session.request(method, self.url + path, json=body, timeout=TIMEOUT)
        self.ledger.answered(name, time.monotonic() - begun, response.status_code)
        return response
