"""Explanations agree with what the next match does, on random floors."""

from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qc.models import HandBack, Queue, Role, Status, Task, User
from qc.work import explanations, matching
from tests.conftest import person

QUEUES, PEOPLE = 3, 4


class DrawnPerson(NamedTuple):
    """A random person: on which queues, in which role, and whether they take work."""

    queues: set[int]
    is_staff: bool
    presence: str
    capacity: int


class DrawnTask(NamedTuple):
    """A random task: its queue and urgency, who holds it or gave it back."""

    queue: int
    priority: int
    minutes: int
    holder: int | None
    released_by: int | None


people = st.lists(
    st.builds(
        DrawnPerson,
        st.sets(st.integers(0, QUEUES - 1), max_size=3),
        st.booleans(),
        st.sampled_from(["free", "free", "free", "on break", "gone"]),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=PEOPLE,
)
nobody_or_one = st.none() | st.integers(0, PEOPLE - 1)
tasks = st.lists(
    st.builds(
        DrawnTask,
        st.integers(0, QUEUES - 1),
        st.integers(1, 4),
        st.integers(-60, 60),
        nobody_or_one,
        nobody_or_one,
    ),
    min_size=2,
    max_size=12,
)
queues = st.lists(
    st.sampled_from(["", "", "paused", "open to all"]), min_size=QUEUES, max_size=QUEUES
)


def make_floor(kinds: list[str], who: list[DrawnPerson], what: list[DrawnTask]) -> None:
    now = timezone.now()
    flags = {"paused": {"is_paused": True}, "open to all": {"open_to_all": True}}
    made = [
        Queue.objects.create(name=f"Q{n}", **flags.get(kind, {})) for n, kind in enumerate(kinds)
    ]
    hired = []
    for n, one in enumerate(who):
        there = {"is_logged_in": one.presence != "gone", "last_seen_at": now}
        there |= {"break_reason": "lunch" if one.presence == "on break" else ""}
        there |= {"idle_since": now - timedelta(minutes=n), "capacity": one.capacity}
        hired.append(person(f"qc{n}", Role.QC_STAFF if one.is_staff else None, **there))
        for queue in one.queues:
            made[queue].people.add(hired[n])
    for n, drawn in enumerate(what):
        columns: dict[str, Any] = {"priority": drawn.priority, "queue": made[drawn.queue]}
        columns |= {"due_at": now + timedelta(minutes=drawn.minutes)}
        columns |= columns_of_holder(drawn.holder, hired, now)
        if drawn.released_by is not None and "slot" not in columns:
            columns["released_by"] = hired[drawn.released_by % len(hired)]
        task = Task.objects.create(reference=f"T-{n}", name="Check it", **columns)
        if task.released_by:
            HandBack.objects.create(task=task, person=task.released_by)


def columns_of_holder(number: int | None, hired: list[User], now: Any) -> dict[str, Any]:
    """Return the columns of a task that somebody holds, where they have a free slot for it."""
    holder = hired[number % len(hired)] if number is not None else None
    if holder is None or not holder.is_logged_in:
        return {}
    held = Task.objects.held_by(holder).count()
    if held >= holder.capacity:
        return {}
    return {"status": Status.ASSIGNED, "assignee": holder, "slot": held + 1, "assigned_at": now}


def came_true(task: Task, reason: str) -> bool:
    """Return whether the reason given for a waiting task agrees with what happened to it."""
    now = Task.objects.select_related("assignee").get(pk=task.pk)
    if reason.endswith(" gets it next."):
        return reason == f"{now.assignee} gets it next."
    return now.status == Status.PENDING


def reason_is_true(task: Task, reason: str) -> bool:
    """Return whether the reason for which a task waits is true, person by person."""
    serving = [one for one in User.objects.all() if task.queue in Queue.objects.served_by(one)]
    free = [one for one in User.objects.free() if one in serving]
    if reason.endswith(" gets it next.") or task.status != Status.PENDING:
        return True
    return reason.startswith(
        f"{task.queue} is paused"
        if task.queue.is_paused
        else f"Nobody works on {task.queue}"
        if not serving
        else f"Everybody on {task.queue} has given it back"
        if serving == [task.released_by]
        else f"Nobody on {task.queue} is free"
        if not free
        else f"Only {task.released_by} is free"
        if free == [task.released_by]
        else "The free people get more urgent tasks first"
    )


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(queues, people, tasks)
def test_explanations_agree_with_the_next_match(
    kinds: list[str], who: list[DrawnPerson], what: list[DrawnTask]
) -> None:
    with transaction.atomic():
        make_floor(kinds, who, what)
        waiting = list(Task.objects.waiting().select_related("queue", "released_by"))
        reasons = {task: explanations.of_task(task) for task in waiting}
        everybody = list(User.objects.all())
        person_reasons = {one: explanations.of_person(one) for one in everybody}
        held = {one: set(Task.objects.held_by(one)) for one in everybody}
        assert all(reason_is_true(task, why) for task, why in reasons.items()), reasons

        matching.match()

        for task, why in reasons.items():
            assert came_true(task, why), (task, why)
        for one, why in person_reasons.items():
            new = set(Task.objects.held_by(one)) - held[one]
            if why.startswith("Gets "):
                assert why.split()[1] in {task.reference for task in new}, (one, why, new)
            else:
                assert not new, (one, why, new)
        for one in User.objects.free():
            could_do = Task.objects.waiting().filter(
                queue__in=Queue.objects.served_by(one).running()
            )
            assert not could_do.exclude(released_by=one).exists(), one
        transaction.set_rollback(True)
