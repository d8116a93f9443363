"""What a check plan costs: a completion with thirty answers against one without a plan.

Processor time of the site alone, by one call after the other: what else runs on the machine does
not count.
"""

import time
from collections.abc import Callable
from typing import Any

from benchmarks import floor
from benchmarks.report import Table, middle, ms

ITEMS = 30
CALLS = 60
ROUNDS = 9
PLAIN, CHECKED = 1, 2
# The queues of the person who answers plans.
QUEUES = (3, 9, 15)
KEYS = [f"item{n}" for n in range(ITEMS)]
ANSWERS = {"answers": {key: "9.5" if n % 3 == 0 else "ok" for n, key in enumerate(KEYS)}}


def run() -> Table:
    """Compare in alternating rounds."""
    floor.clear()
    floor.add_queues()
    floor.add_people(CHECKED)
    floor.add_tasks(20_000)
    add_plans()
    plain, checked = caller(PLAIN, {}), caller(CHECKED, ANSWERS)
    rounds = [(measure(plain), measure(checked)) for _ in range(ROUNDS)]
    without, with_plan = (middle(side) for side in zip(*rounds, strict=True))
    table = Table(
        "Check",
        f"`POST /taskcomplete/` with the answers to {ITEMS} items, answered with the next task and"
        " its plan, against the same without a plan: processor time of the site, medians.",
        ["", "processor time"],
    )
    table.rows += [["without a plan", ms(without)], [f"{ITEMS} items", ms(with_plan)]]
    ratio = middle([mine / other for other, mine in rounds])
    table.target("processor time with a plan, against none", ratio, at_most=1.3)
    return table


def add_plans() -> None:
    """Give the queues of one of the people a plan."""
    from qc.core.canonical_json import hashed
    from qc.models import PlanVersion, Queue

    limits = {"kind": "number", "lower": "8", "upper": "10", "decimals": 1}
    items = [
        {"key": key, "question": f"Question {key}", "kind": "ok"} | (limits if n % 3 == 0 else {})
        for n, key in enumerate(KEYS)
    ]
    content = {"rule": "score", "pass_score": 80, "items": items}
    for queue in QUEUES:
        version = PlanVersion.objects.create(
            queue_id=queue, number=1, content=content, digest=hashed(content)
        )
        Queue.objects.filter(pk=queue).update(plan=version)


def caller(person: int, body: dict[str, Any]) -> Callable[[], float]:
    """Return a function that completes this person's task, and returns the processor time."""
    from knox.models import AuthToken
    from rest_framework.test import APIClient

    from qc.models import Task, User
    from qc.work import assignment

    assignment.hand_out(person)
    client = APIClient()
    token = AuthToken.objects.create(User.objects.get(pk=person))[1]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}", HTTP_HOST="localhost")
    held = [Task.objects.get(assignee=person, slot__isnull=False).pk]

    def call() -> float:
        address = f"/taskcomplete/{held[0]}/"
        begun = time.process_time()
        answer = client.post(address, body, format="json")
        taken = time.process_time() - begun
        assert answer.status_code == 200, answer.content
        held[0] = answer.json()["next"]["id"]
        return taken

    return call


def measure(call: Callable[[], float]) -> float:
    """Return the median of the processor time of some calls, in seconds."""
    return middle([call() for _ in range(CALLS)])
