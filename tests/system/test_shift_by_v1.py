"""Sixteen people and a manager work through /api/v1/, and each request is sent twice at random."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event
from typing import Any

import requests
from knox.models import get_token_model

from docs.qc_desk_client import AGAIN, QCDesk
from qc.models import Queue, Role, Task, User
from tests.conftest import person
from tests.databases import on_mariadb
from tests.system.records import completions, most_held_at_once
from tests.system.site import Site, assert_sound

PEOPLE, TASKS, POSTED_AT_ONCE = 16, 48, 8
HELD = TASKS // POSTED_AT_ONCE
STILL_RUNNING = 409


class Twice(QCDesk):
    """A client whose line now and then repeats a request, after the first one or beside it."""

    def __init__(self, url: str, user: User, seed: int) -> None:
        token = get_token_model().objects.create(user=user)[1]
        super().__init__(url, attempts=20, wait=lambda _seconds: Event().wait(0.05))
        self.http.headers["Authorization"] = f"Token {token}"
        self.dice = random.Random(seed)
        self.counts: Counter[str] = Counter()
        self.twin = requests.Session()
        self.twin.headers.update(self.http.headers)

    def once(self, method: str, path: str, **content: Any) -> requests.Response:
        way = self.dice.choice(["once", "again", "at once"])
        send = partial(super().once, method, path, **content)
        if way == "at once":
            with ThreadPoolExecutor(1) as beside:
                other = beside.submit(self._by_twin, method, path, **content)
                answers = [send(), other.result()]
        else:
            answers = [send() for _attempt in range(1 if way == "once" else 2)]
        self.counts[way] += method == "POST"
        self.counts["replayed"] += sum("Idempotent-Replayed" in one.headers for one in answers)
        return self._agreed(answers, is_effect=method == "POST")

    def _agreed(self, answers: list[requests.Response], *, is_effect: bool) -> requests.Response:
        """Return the last answer of those that are not a request to come again; they must agree."""
        final = [one for one in answers if not self._is_late(one)]
        assert not is_effect or len({(one.status_code, one.text) for one in final}) <= 1, [
            (one.status_code, one.text) for one in final
        ]
        return (final or answers)[-1]

    def _by_twin(self, method: str, path: str, **content: Any) -> requests.Response:
        return self.twin.request(method, self.url + path, timeout=self.timeout, **content)

    @staticmethod
    def _is_late(answer: requests.Response) -> bool:
        is_running = answer.status_code == STILL_RUNNING and "Retry-After" in answer.headers
        return is_running or answer.status_code in AGAIN


class Worker(Twice):
    """Comments on each task and completes it, as long as there are any."""

    def work(self, over: Event) -> list[int]:
        """Return the tasks that were completed."""
        done: list[int] = []
        self.call("POST", "/api/v1/presence/sign-in/")
        while True:
            is_last = over.is_set()
            held = self.call("GET", "/api/v1/me/")["tasks"]
            for task in held:
                self.act(task["id"], "comment", text="Seen.")
                self.act(task["id"], "complete", outcome="passed")
                done.append(task["id"])
            if not held and is_last and self.dashboard()["pending"] <= HELD:
                return done
            over.wait(0 if held else 0.1)


def manage(desk: Twice) -> None:
    """Post all tasks in parts, after each one that nobody gets; hold that, and resume it."""
    for begin in range(0, TASKS, POSTED_AT_ONCE):
        numbers = range(begin, begin + POSTED_AT_ONCE)
        posted = desk.create_tasks(
            {"reference": f"V1-{n:03}", "name": f"Check {n}", "queue": "Incoming goods"}
            for n in numbers
        )
        assert posted["created"] == POSTED_AT_ONCE, posted
        alone = desk.create_task(reference=f"S-{begin}", name="Second look", queue="Second look")
        for step, reason in ("hold", "Wait."), ("resume", ""):
            desk.act(alone["tasks"][0]["id"], step, reason=reason)


@on_mariadb
def test_each_request_that_is_sent_twice_has_its_effect_once(
    site: Site, queue: Queue, hire: Callable[[int], list[User]]
) -> None:
    people, mona = hire(PEOPLE), person("mona", Role.MANAGERS)
    Queue.objects.create(name="Second look", target=queue.target)
    site.variables = {"QC_API_PER_MINUTE": "100000"}
    site.start_web()
    workers = [Worker(site.url, one, seed) for seed, one in enumerate(people)]
    manager, over = Twice(site.url, mona, PEOPLE), Event()
    with ThreadPoolExecutor(PEOPLE) as pool:
        working = [pool.submit(worker.work, over) for worker in workers]
        try:
            manage(manager)
        finally:
            over.set()
        done = [task for one in working for task in one.result()]

    assert len(done) == len(set(done)) == Task.objects.count() - HELD == TASKS
    assert len(completions()) == TASKS
    assert most_held_at_once() == 1
    kinds = Counter(Task.history.values_list("kind", flat=True))
    assert (kinds["held"], kinds["resumed"]) == (HELD, HELD)
    assert kinds["commented"] == TASKS
    counts = sum((desk.counts for desk in [*workers, manager]), Counter())
    assert counts["again"] > TASKS / 2
    assert counts["at once"] > TASKS / 2
    assert counts["replayed"] > TASKS / 2
    assert_sound(site)
