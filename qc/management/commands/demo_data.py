"""`manage.py demo_data`: any number of people and tasks, for trials and benchmarks."""

import random
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from qc import history
from qc.models import Queue, Role, Task, User
from qc.models.search import leave_gap

QUEUES_OF_EACH = 3
BATCH = 2000
REFERENCE = "DEMO-"


class Command(BaseCommand):
    """Adds the people qc1 … qcN who are missing, each on three queues, and tasks, in bulk."""

    help = "Adds people (qc1 … qcN, password demo) and tasks, spread over the queues."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the numbers of people, tasks and queues, and the seed."""
        parser.add_argument("--people", type=int, default=0, help="create the people qc1 … qcN")
        parser.add_argument("--tasks", type=int, default=0, help="how many tasks to add")
        parser.add_argument(
            "--queues",
            type=int,
            default=20,
            choices=range(1, 1001),
            metavar="N",
            help="how many queues to create if there are none",
        )
        parser.add_argument("--seed", type=int, default=1, help="the same seed, the same tasks")
        parser.add_argument(
            "--yes-production",
            action="store_true",
            help="go ahead although DATABASE_URL or REDIS_URL is set",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Add queues, people and tasks, and print how many.

        Raises CommandError where real work may be going on.
        """
        if not (settings.EMBEDDED or options["yes_production"]):
            raise CommandError(
                "Everybody knows the password of the people that this adds, and DATABASE_URL or "
                "REDIS_URL is set: if it is meant, add --yes-production."
            )
        queues = ensure_queues(options["queues"])
        people = add_people(options["people"], queues)
        added = 0
        tasks = make_tasks(options["tasks"], queues, random.Random(options["seed"]))  # noqa: S311
        while batch := list(islice(tasks, BATCH)):
            added += add_tasks(batch)
            ending = "\n" if added == options["tasks"] else ""
            self.stderr.write(f"\r{added} of {options['tasks']} tasks", ending=ending)
        self.stdout.write(f"{people} people and {added} tasks are new, in {len(queues)} queues.")


def ensure_queues(number: int) -> list[Queue]:
    """Return all queues; create `number` of them if there are none."""
    if not Queue.objects.exists():
        for n in range(1, number + 1):
            Queue.objects.create(name=f"Queue {n}", target=timedelta(hours=2 + n % 24))
    return list(Queue.objects.order_by("pk"))


@transaction.atomic
def add_people(number: int, queues: list[Queue]) -> int:
    """Add those of qc1 … qcN who are missing; return how many."""
    there = set(User.objects.values_list("username", flat=True))
    names = [f"qc{n}" for n in range(1, number + 1) if f"qc{n}" not in there]
    # One hash for all: hashing for each would take most of the time.
    password = make_password("demo")
    people = [User(username=name, password=password, is_staff=True) for name in names]
    User.objects.bulk_create(people, batch_size=BATCH)
    people = list(User.objects.filter(username__in=names).order_by("pk"))
    group = Group.objects.get(name=Role.QC_STAFF)
    roles = User.groups.through
    roles.objects.bulk_create([roles(user=one, group=group) for one in people], batch_size=BATCH)
    record(people)
    spread(people, queues)
    return len(people)


def spread(people: list[User], queues: list[Queue]) -> None:
    """Put each person on three queues, the same number on each, with one history row a queue."""
    step = max(len(queues) // QUEUES_OF_EACH, 1)
    distances = {step * k for k in range(QUEUES_OF_EACH)}
    for at, queue in enumerate(queues):
        if on_it := [one for n, one in enumerate(people) if (at - n) % len(queues) in distances]:
            queue.people.add(*on_it)


def make_tasks(number: int, queues: list[Queue], dice: random.Random) -> Iterator[Task]:
    """Yield `number` tasks, numbered after the last demo task."""
    now = timezone.now()
    first = last_number() + 1
    for n in range(first, first + number):
        queue = queues[n % len(queues)]
        task = Task(
            reference=f"{REFERENCE}{n:07}",
            name=f"Check {queue.name.lower()} {n}",
            queue=queue,
            priority=dice.choices((1, 2, 3, 4), (5, 15, 60, 20))[0],
            due_at=now + queue.target * dice.uniform(0.5, 1.5),
            details={"batch": f"B{dice.randrange(10_000, 99_999)}"},
        )
        task.arrive(now)
        yield task


def last_number() -> int:
    """Return the number of the last demo task; 0 when there is none."""
    made = Task.objects.filter(reference__regex=rf"^{REFERENCE}[0-9]{{7}}$")
    last = made.aggregate(last=Max("reference"))["last"]
    return int(last.removeprefix(REFERENCE)) if last else 0


@transaction.atomic
def add_tasks(tasks: list[Task]) -> int:
    """Add tasks with their history rows; return how many."""
    Task.objects.bulk_create(tasks, batch_size=BATCH)
    references = [task.reference for task in tasks]
    record(list(Task.objects.filter(reference__in=references)))
    leave_gap(references)
    return len(tasks)


def record(items: list[Any]) -> None:
    """Write the first history row of each."""
    reasons = ["demo"] * len(items)
    history.record_many(items, kind="", by=None, reasons=reasons, created=True)
