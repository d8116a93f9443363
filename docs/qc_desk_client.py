"""A client of QC Desk's API in one file. It needs Python 3.11 and requests; copy it where you like.

    desk = QCDesk("https://qc.example.org", token="qcd_…")     # a service token
    desk.create_task(reference="INV-2231", name="Invoice 2231", queue="Invoices")
    for task in desk.tasks(status="pending", fields="id,reference,due_at"):
        print(task["reference"], task["due_at"])
    for event in desk.events():                                 # goes on for ever
        print(event["type"], event["data"])

Each POST under /api/v1/ has an Idempotency-Key, and the old calls may be repeated anyway. So a
request that got no answer, or 429, 502, 503 or 504, is sent again, after as long as `Retry-After`
says. What is refused in the end raises Refused, which has the status and what the server says.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

Json = dict[str, Any]

# The last one: the answer broke off in the middle.
NO_ANSWER = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
)
AGAIN = frozenset({429, 502, 503, 504})
# A request with the same key is still running: the answer has Retry-After.
RUNNING = 409
MOST_WAIT = 60.0
# How many seconds GET /api/v1/events/ may wait for something to happen.
LONG_POLL = 25
# So many tasks fit in one call.
MOST_TASKS = 1000


class Refused(Exception):
    """The server answered with another status than a success."""

    def __init__(self, code: int, said: str, problem: Json | None = None) -> None:
        super().__init__(f"{code}: {said}")
        self.code, self.problem = code, problem or {}

    @property
    def errors(self) -> Json:
        """What was wrong with what was sent, by field; {} for other refusals."""
        found = self.problem.get("errors")
        return found if isinstance(found, dict) else {}


class QCDesk:
    """QC Desk at an address, for a service token (`token`) or a person (`sign_in`)."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        attempts: int = 5,
        timeout: float | tuple[float, float] = (5, 35),
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.url = url.rstrip("/")
        self.attempts, self.timeout, self.wait = attempts, timeout, wait
        self.http = requests.Session()
        if token:
            self.http.headers["Authorization"] = f"Bearer {token}"

    # Who calls

    def sign_in(self, username: str, password: str, code: str = "") -> Json:
        """Sign a person in; return them with their tasks. Further calls are theirs."""
        self.http.headers.pop("Authorization", None)
        body = {"username": username, "password": password} | ({"code": code} if code else {})
        answer = self.call("POST", "/login/", json=body)
        self.http.headers["Authorization"] = f"Token {answer['token']}"
        return answer

    def sign_out(self) -> None:
        """Sign the person out; assigned tasks go back to their queues."""
        self.call("POST", "/logout/")
        self.http.headers.pop("Authorization", None)

    @property
    def is_signed_in(self) -> bool:
        """Whether calls carry a token."""
        return "Authorization" in self.http.headers

    # Tasks

    def tasks(self, **params: Any) -> Iterator[Json]:
        """Yield the tasks that these filters let through, one page after the other."""
        return self.each("/api/v1/tasks/", **params)

    def task(self, task: int) -> Json:
        """Return a task; `_etag` is what `if_match` of a change takes."""
        response = self.send("GET", f"/api/v1/tasks/{task}/")
        return _json(response) | {"_etag": response.headers.get("ETag", "")}

    def create_task(self, *, key: str = "", **fields: Any) -> Json:
        """Post a task. The same reference again changes nothing."""
        return self.call("POST", "/api/v1/tasks/", json=fields, key=key)

    def create_tasks(self, tasks: Iterable[Mapping[str, Any]], *, key: str = "") -> Json:
        """Post up to MOST_TASKS tasks in one call: all of them or, with any fault, none."""
        return self.call("POST", "/api/v1/tasks/", json=list(tasks), key=key)

    def change(self, task: int, *, if_match: str = "", **fields: Any) -> Json:
        """Change fields of a task; with `if_match` only if nobody else has changed it meanwhile."""
        return self.call("PATCH", f"/api/v1/tasks/{task}/", json=fields, if_match=if_match)

    def act(
        self, task: int, transition: str, *, key: str = "", if_match: str = "", **fields: Any
    ) -> Json:
        """Take a step of a task's life: claim, start, complete, undo, release, hold, resume …"""
        path = f"/api/v1/tasks/{task}/{transition}/"
        return self.call("POST", path, json=fields, key=key, if_match=if_match)

    # What happens

    def events(self, after: str = "", *, wait: int = LONG_POLL, **params: Any) -> Iterator[Json]:
        """Yield what happens to tasks after a cursor, or from now on, for ever.

        Each event has as `_after` the cursor of its page: whoever has done with all events of a
        page keeps it, and goes on from there after a restart.
        """
        while True:
            asked = {"wait": wait} | ({"after": after} if after else {}) | params
            page = self.call("GET", "/api/v1/events/", params=asked)
            after = page["next"]
            for event in page["events"]:
                yield event | {"_after": after}

    # The old calls, for a person's own client

    def dashboard(self, page: int = 1) -> Json:
        """Return who is there, what they hold, and how many tasks wait."""
        return self.call("GET", "/dashbord/", params={"page": page})

    def complete_and_next(self, task: int, **fields: Any) -> Json:
        """Complete a task by the old call; return it and the next one, which has begun."""
        return self.call("POST", f"/taskcomplete/{task}/", json=fields)

    def undo_completion(self, task: int) -> Json:
        """Undo a completion by the old call; return the task, which is this person's again."""
        answer: Json = self.call("DELETE", f"/taskcomplete/{task}/")["task"]
        return answer

    def defect_codes(self, task: int) -> list[Json]:
        """Return the codes by which the check of a task names defects."""
        codes: list[Json] = self.call("GET", f"/api/tasks/{task}/defect-codes/")["codes"]
        return codes

    def add_file(self, task: int, name: str, content: bytes, **place: str) -> Json:
        """Add a file to a task: to an `item` of its plan, to a `defect`, or to the task itself."""
        files = {"file": (name, content)}
        return self.call("POST", f"/api/tasks/{task}/files/", files=files, data=place)

    # All calls

    def each(self, path: str, **params: Any) -> Iterator[Json]:
        """Yield all results of a list, one page after the other."""
        page = self.call("GET", path, params=params)
        yield from page["results"]
        while page["next"]:
            page = self.call("GET", self.own(page["next"]))
            yield from page["results"]

    def own(self, address: str) -> str:
        """Return an address that the server has named as one of where this client calls it.

        A proxy, or capitals in `url`, can make the two differ.
        """
        parts = urlsplit(address)
        return address if address.startswith(f"{self.url}/") else f"{parts.path}?{parts.query}"

    def call(self, method: str, path: str, **content: Any) -> Json:
        """Send a request; return its answer. Raises Refused for anything but a success."""
        return _json(self.send(method, path, **content))

    def send(
        self, method: str, path: str, *, key: str = "", if_match: str = "", **content: Any
    ) -> requests.Response:
        """Send a request, again if need be. Raises Refused, or requests' error without an answer.

        A POST under /api/v1/ gets a key of its own unless the caller has one: whoever may send it
        again after a restart names it.
        """
        headers = {"If-Match": if_match} if if_match else {}
        if method == "POST" and "/api/v1/" in path:
            headers["Idempotency-Key"] = f'"{key or uuid.uuid4()}"'
        for attempt in range(1, self.attempts + 1):
            is_last = attempt == self.attempts
            try:
                response = self.once(method, path, headers=headers, **content)
            except NO_ANSWER:
                if is_last:
                    raise
                self.wait(pause(attempt))
                continue
            if is_last or not is_to_repeat(response):
                break
            self.wait(pause(attempt, response))
        if not response.ok:
            raise refusal(response)
        return response

    def once(self, method: str, path: str, **content: Any) -> requests.Response:
        """Send a request once. Raises requests' error without an answer."""
        address = path if path.startswith(self.url) else self.url + path
        return self.http.request(method, address, timeout=self.timeout, **content)


def refusal(response: requests.Response) -> Refused:
    """Return what an answer that is no success says."""
    problem = _json(response)
    said = problem.get("detail") or " ".join(response.text.split())[:200]
    return Refused(response.status_code, str(said), problem)


def is_to_repeat(response: requests.Response) -> bool:
    """Return whether the same request, sent again, may get another answer."""
    is_running = response.status_code == RUNNING and "Retry-After" in response.headers
    return is_running or response.status_code in AGAIN


def pause(attempt: int, response: requests.Response | None = None) -> float:
    """Return how many seconds to wait before the next attempt."""
    said = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(said) if said.isdigit() else 0.2 * 2**attempt, MOST_WAIT)


def _json(response: requests.Response) -> Json:
    try:
        found = response.json()
    except requests.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {"results": found}
