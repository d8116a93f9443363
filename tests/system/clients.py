"""Clients of the API, which work like people, and what must be true of their work."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import Any

import requests

SHIFT_SECONDS = 280
ANSWER_SECONDS = 60


@dataclass
class Notes:
    """What one client saw."""

    name: str
    shown: set[int] = field(default_factory=set)
    completed: list[int] = field(default_factory=list)
    most_at_once: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    # Seconds until a call was answered, all attempts together.
    longest: float = 0


class Client:
    """Signs in and does what is handed out.

    When the server does not answer, or answers 5xx, it asks again for `patience` seconds: every
    call may be repeated. Anything else than 200 in the end is an error, but for the 202 of an
    import.
    """

    def __init__(self, url: str, name: str, *, patience: float = 0, handling: float = 0) -> None:
        self.url = url
        self.patience = patience
        self.handling = handling
        self.session = requests.Session()
        self.notes = Notes(name)
        self.over = Event()
        self.end = monotonic() + SHIFT_SECONDS

    def work(self) -> None:
        """Loop GET /dashbord/ and POST /taskcomplete/<id>/ until nothing waits."""
        self.sign_in()
        while not self.is_over():
            floor = self.look()
            if not floor["me"]["tasks"] and not floor["pending"]:
                return
            self.do(floor["me"]["tasks"])

    def work_until_the_end(self) -> None:
        """Do what is handed out until the shift is over."""
        self.sign_in()
        while not self.is_over():
            self.do(self.look()["me"]["tasks"])

    def come_and_go(self) -> None:
        """Sign in, do a few tasks, leave with the next one in hand; until the shift is over."""
        visits = 0
        while not self.is_over():
            visits += 1
            self.sign_in()
            for _ in range(visits % 4 + 1):
                self.do(self.look()["me"]["tasks"])
            self.sign_out()

    def sign_in(self) -> None:
        credentials = {"username": self.notes.name, "password": "demo"}
        self.session.headers.pop("Authorization", None)
        answer = self.call("POST", "/login/", credentials)
        self.session.headers["Authorization"] = f"Token {answer['token']}"
        self.see(answer["tasks"])

    def sign_out(self) -> None:
        self.call("POST", "/logout/")

    def look(self) -> dict[str, Any]:
        """Look who is there and what they hold."""
        floor = self.call("GET", "/dashbord/")
        self.see(floor["me"]["tasks"])
        held = [len(person["tasks"]) for person in floor["people"]]
        self.notes.most_at_once = max(self.notes.most_at_once, *held)
        return floor

    def do(self, tasks: list[dict[str, Any]]) -> None:
        """Complete these tasks; when there are none, wait a little."""
        for task in tasks:
            self.over.wait(self.handling)
            self.complete(task["id"])
        if not tasks:
            self.over.wait(0.2)

    def complete(self, task_id: int) -> None:
        answer = self.call("POST", f"/taskcomplete/{task_id}/", {"outcome": "passed"})
        assert answer["completed"]["id"] == task_id
        self.notes.completed.append(task_id)
        if answer["next"]:
            self.see([answer["next"]])

    def see(self, tasks: list[dict[str, Any]]) -> None:
        self.notes.most_at_once = max(self.notes.most_at_once, len(tasks))
        self.notes.shown.update(task["id"] for task in tasks)

    def call(
        self, method: str, path: str, body: dict[str, str] | None = None, **more: Any
    ) -> dict[str, Any]:
        begun = monotonic()
        end = begun + self.patience
        while (response := self.ask(method, path, body, **more)) is None and monotonic() < end:
            self.over.wait(0.2)
        self.notes.longest = max(self.notes.longest, monotonic() - begun)
        assert response is not None, f"{method} {path}: {self.notes.faults[-1]}"
        assert response.status_code in (200, 202), f"{method} {path}: {response.text[:500]}"
        answer: dict[str, Any] = response.json()
        return answer

    def ask(
        self, method: str, path: str, body: dict[str, str] | None, **more: Any
    ) -> requests.Response | None:
        """Ask once; return None when there is no answer, or a 5xx."""
        address = self.url + path
        try:
            response = self.session.request(
                method, address, json=body, timeout=ANSWER_SECONDS, **more
            )
        except requests.RequestException as error:
            self.notes.faults.append(repr(error))
            return None
        self.notes.answers[response.status_code] += 1
        if response.status_code < 500:
            return response
        self.notes.faults.append(response.text[:500])
        return None

    def is_over(self) -> bool:
        """Return whether the shift is over. Raises TimeoutError when it takes too long."""
        if monotonic() > self.end:
            raise TimeoutError(f"{self.notes.name} was not finished in {SHIFT_SECONDS} seconds")
        return self.over.is_set()


class Manager(Client):
    """Imports files. How many rows are too many for a request, its site says."""

    files = 0

    def begin_import(self, rows: int = 2) -> int:
        """Send a file of tasks for the queue Incoming goods; return the id of its import.

        A file that is sent again after a lost answer changes nothing.
        """
        self.files += 1
        lines = "".join(f"F{self.files}-{n},Check,Incoming goods\n" for n in range(rows))
        file = ("tasks.csv", f"reference,name,queue\n{lines}")
        return int(self.call("POST", "/api/imports/", files={"file": file})["id"])


class Shift:
    """Clients who work at the same time, each in a thread."""

    def __init__(self, clients: list[Client]) -> None:
        self.clients = clients
        self.working: list[Future[None]] = []

    def done(self) -> int:
        """Return how many tasks they have completed. Raises what one of them raised."""
        for one in self.working:
            if one.done():
                one.result()
        return sum(len(client.notes.completed) for client in self.clients)

    def end(self) -> None:
        """Let them go when they have done what they are at."""
        for client in self.clients:
            client.over.set()


@contextmanager
def at_work(clients: list[Client], work: Callable[[Client], None] = Client.work) -> Iterator[Shift]:
    """Let clients work while the test goes on, then wait until they are finished."""
    shift = Shift(clients)
    with ThreadPoolExecutor(len(clients)) as pool:
        shift.working = [pool.submit(work, client) for client in clients]
        try:
            yield shift
            for one in shift.working:
                one.result()
        finally:
            shift.end()


def faults(clients: list[Client]) -> list[str]:
    """Return what the server answered instead of what was asked for, and each lost answer."""
    return [fault for client in clients for fault in client.notes.faults]


def answers(clients: list[Client]) -> Counter[int]:
    """Return how often the server answered what."""
    return sum((client.notes.answers for client in clients), Counter())


def assert_done_once(clients: list[Client], completions: Iterable[tuple[int, str]]) -> None:
    """What the clients completed is in the history, once, by the person it was shown to.

    `completions` are the history's rows: the task, and by whom.
    """
    notes = [client.notes for client in clients]
    assert all(set(note.completed) <= note.shown for note in notes)
    assert {note.most_at_once for note in notes} <= {0, 1}
    done = [(task, note.name) for note in notes for task in note.completed]
    assert sorted(completions) == sorted(done)
    assert len({task for task, _ in done}) == len(done)
