"""A site for each test, with people who can sign in to it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from config.celery import app
from qc.models import Queue, Role, Task, User
from tests.conftest import group
from tests.system.site import Site


@pytest.fixture(autouse=True)
def quick_passwords() -> None:
    """Nothing: the processes have the real ones."""


@pytest.fixture
def site(transactional_db: None, tmp_path: Path) -> Iterator[Site]:
    """A site none of whose processes runs yet; what the test starts ends with it."""
    drop_messages()
    site = Site(tmp_path)
    yield site
    site.stop()


def drop_messages() -> None:
    """Drop what jobs of an earlier site were asked for and nobody did: they share the broker."""
    if settings.REDIS_URL:
        with app.connection_for_write() as connection:
            for queue in ("qc_desk", "qc_desk_sweeps"):
                connection.default_channel.queue_purge(queue)


@pytest.fixture
def queue(transactional_db: None) -> Queue:
    return Queue.objects.create(name="Incoming goods", open_to_all=True, target=timedelta(days=1))


@pytest.fixture
def hire(transactional_db: None) -> Callable[[int], list[User]]:
    """Make QC persons qc1 … qcN with the password "demo"."""

    def hire(number: int) -> list[User]:
        password, staff = make_password("demo"), group(Role.QC_STAFF)
        people = [
            User(username=f"qc{n}", password=password, is_staff=True) for n in range(1, number + 1)
        ]
        for person in people:
            person.save()
            person.groups.add(staff)
        return people

    return hire


@pytest.fixture
def pile(transactional_db: None) -> Callable[..., list[Task]]:
    """Put tasks into the database in a way that hands none of them out."""
    numbers = iter(range(1, 1_000_000))

    @transaction.atomic
    def pile(queue: Queue, number: int, **columns: Any) -> list[Task]:
        now = timezone.now()
        tasks = []
        for n in (next(numbers) for _ in range(number)):
            task = Task(reference=f"QD-{n:05}", name=f"Check {n}", queue=queue, **columns)
            task.arrive(now)
            task.save()
            tasks.append(task)
        return tasks

    return pile
