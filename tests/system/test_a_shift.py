"""The black box: everybody works through the API at once while the sweep runs each second."""

from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from time import monotonic
from typing import Any

import requests

from qc.models import Queue, Task, User
from tests.system.site import Site, is_embedded

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

PEOPLE, TASKS = (8, 200) if is_embedded() else (64, 2000)
SHIFT_SECONDS = 280


@dataclass
class Notes:
    """What one client saw."""

    name: str
    shown: set[int] = field(default_factory=set)
    completed: list[int] = field(default_factory=list)
    most_at_once: int = 0
    answers: Counter[int] = field(default_factory=Counter)


class Client:
    """Signs in, and then loops GET /dashbord/ and POST /taskcomplete/<id>/ until none waits."""

    def __init__(self, site: Site, name: str) -> None:
        self.site = site
        self.session = requests.Session()
        self.notes = Notes(name)
        self.end = monotonic() + SHIFT_SECONDS

    def work(self) -> Notes:
        credentials = {"username": self.notes.name, "password": "demo"}
        answer = self.call("POST", "/login/", credentials)
        self.session.headers["Authorization"] = f"Token {answer['token']}"
        self.see(answer["tasks"])
        while monotonic() < self.end:
            floor = self.call("GET", "/dashbord/")
            self.see(floor["me"]["tasks"])
            held = [len(person["tasks"]) for person in floor["people"]]
            self.notes.most_at_once = max(self.notes.most_at_once, *held)
            for task in floor["me"]["tasks"]:
                self.complete(task["id"])
            if not floor["me"]["tasks"] and not floor["pending"]:
                return self.notes
            if not floor["me"]["tasks"]:
                Event().wait(0.2)
        raise TimeoutError(f"{self.notes.name} was not finished within {SHIFT_SECONDS} seconds")

    def complete(self, task_id: int) -> None:
        answer = self.call("POST", f"/taskcomplete/{task_id}/", {"outcome": "passed"})
        assert answer["completed"]["id"] == task_id
        self.notes.completed.append(task_id)
        if answer["next"]:
            self.see([answer["next"]])

    def see(self, tasks: list[dict[str, Any]]) -> None:
        self.notes.most_at_once = max(self.notes.most_at_once, len(tasks))
        self.notes.shown.update(task["id"] for task in tasks)

    def call(self, method: str, path: str, body: dict[str, str] | None = None) -> dict[str, Any]:
        response = self.session.request(method, self.site.url + path, json=body, timeout=60)
        self.notes.answers[response.status_code] += 1
        assert response.status_code == 200, f"{method} {path}: {response.text[:500]}"
        answer: dict[str, Any] = response.json()
        return answer


def test_every_task_is_completed_once_by_the_person_it_was_shown_to(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    people, tasks = hire(PEOPLE), pile(queue, TASKS)
    site.start_web()
    site.start_worker()
    site.start("beat")
    with ThreadPoolExecutor(PEOPLE) as pool:
        notes = list(pool.map(lambda person: Client(site, person.username).work(), people))

    finished = [task for note in notes for task in note.completed]
    assert sorted(finished) == sorted(task.pk for task in tasks)
    assert all(set(note.completed) <= note.shown for note in notes)
    assert {note.most_at_once for note in notes} <= {0, 1}
    assert sum((note.answers for note in notes), Counter()).keys() == {200}
    by = {task: note.name for note in notes for task in note.completed}
    assert by == dict(Task.objects.values_list("pk", "assignee__username"))
    assert most_held_at_once_by_history() == 1
    assert completions_by_history() == {1}
    checked = site.manage("check_invariants")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def most_held_at_once_by_history() -> int:
    """Goes through the history from the first row to the last; gives the most anybody held."""
    held: dict[int, set[int]] = defaultdict(set)
    most = 0
    for row in Task.history.order_by("history_id").values("id", "status", "assignee"):
        for tasks in held.values():
            tasks.discard(row["id"])
        if row["status"] == "assigned":
            held[row["assignee"]].add(row["id"])
            most = max(most, len(held[row["assignee"]]))
    return most


def completions_by_history() -> set[int]:
    """Gives how often tasks were completed, going by the history."""
    rows = Task.history.filter(status="completed").values_list("id", flat=True)
    return set(Counter(rows).values())
