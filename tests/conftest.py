"""The cast: a few named people with roles, and the queues they work on."""

import gc
import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache, caches
from django.utils import timezone

from qc import history
from qc.checks import plan
from qc.models import Queue, Role, Task, User
from qc.permissions import GRANTS


def person(name: str, role: str | None = None, **columns: Any) -> User:
    """Make somebody who can sign in to the pages with the password "demo"."""
    user = User(username=name, is_staff=True, **columns)
    user.set_password("demo")
    with history.without_history(user):
        user.save()
        user.groups.set([group(role)] if role else [])
    history.record_many([user], kind="", by=None, reasons=[""], created=True)
    return user


def group(role: str) -> Group:
    """Return a role's group; create it where a test with real transactions emptied the tables."""
    found, is_new = Group.objects.get_or_create(name=role)
    if is_new:
        found.permissions.set(
            Permission.objects.filter(content_type__app_label="qc", codename__in=GRANTS[role])
        )
    return found


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run on MariaDB behave like one on MySQL: `tests/as_mysql.py`."""
    parser.addoption("--as-mysql", action="store_true", help="pretend that MariaDB is MySQL 8")


def pytest_configure(config: pytest.Config) -> None:
    # Calls are counted by each test for itself: Redis would count those of all together.
    settings.CACHES["limits"] = {**settings.CACHES["default"], "LOCATION": "limits"}
    if "mysql" not in settings.DATABASES["default"]["ENGINE"]:
        return
    # Imported here: both need the driver.
    from tests import as_mysql, flushing

    flushing.empty_large_tables_at_once()
    if config.getoption("as_mysql"):
        as_mysql.pretend()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what is there now, and stays, out of each search for garbage."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run tests that use no database only in the SQLite half of `make test`."""
    if "sqlite" in settings.DATABASES["default"]["ENGINE"]:
        return
    kept = [item for item in items if uses_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def uses_database(item: pytest.Item) -> bool:
    """Return whether a test uses a database, or processes with one of their own."""
    fixtures = set(getattr(item, "fixturenames", ()))
    is_marked = item.get_closest_marker("django_db") is not None
    return is_marked or bool(fixtures & {"db", "transactional_db"}) or "system" in item.path.parts


@pytest.fixture(autouse=True)
def every_role(request: pytest.FixtureRequest) -> None:
    """Give a test with real transactions the groups that migrations make: the last one emptied it.

    An invariant compares what they may do with what the code says.
    """
    marker = request.node.get_closest_marker("django_db")
    is_real = marker is not None and marker.kwargs.get("transaction")
    if is_real or "transactional_db" in request.fixturenames:
        request.getfixturevalue("transactional_db")
        for role in Role:
            group(role)


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    cache.clear()
    caches["limits"].clear()
    plan.of_version.cache_clear()
    plan.stored.cache_clear()


@pytest.fixture(autouse=True)
def uncollected_files(settings: Any) -> None:
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    in_memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain, "evidence": in_memory}
    # Each new client would look for all of them; a live server has its own way.
    settings.WHITENOISE_USE_FINDERS = False


@pytest.fixture
def steady_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no code of an app run out in the middle of a test."""
    now = time.time()
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=lambda: now))


@pytest.fixture
def invoices(db: None) -> Queue:
    return Queue.objects.create(name="Invoices", target=timedelta(hours=4))


@pytest.fixture
def labels(db: None) -> Queue:
    return Queue.objects.create(name="Labels", target=timedelta(hours=8))


@pytest.fixture
def anna(invoices: Queue) -> User:
    """Anna is QC staff on Invoices."""
    user = person("anna", Role.QC_STAFF)
    invoices.people.add(user)
    return user


@pytest.fixture
def ben(invoices: Queue) -> User:
    """Ben is QC staff on Invoices, like Anna."""
    user = person("ben", Role.QC_STAFF)
    invoices.people.add(user)
    return user


@pytest.fixture
def carla(labels: Queue) -> User:
    """Carla is QC staff on Labels only."""
    user = person("carla", Role.QC_STAFF)
    labels.people.add(user)
    return user


@pytest.fixture
def mona(db: None) -> User:
    """Mona is a manager, on no queue."""
    return person("mona", Role.MANAGERS)


@pytest.fixture
def otto(db: None) -> User:
    """Otto is an auditor."""
    return person("otto", Role.AUDITORS)


@pytest.fixture
def add_task(db: None) -> Callable[..., Task]:
    """Make a waiting task, due at its queue's target unless given."""
    numbers = iter(range(1, 100_000))

    def add(queue: Queue, **columns: Any) -> Task:
        number = next(numbers)
        task = Task(
            **{"reference": f"QD-{number:04}", "name": f"Check {number}", "queue": queue} | columns
        )
        task.arrive(timezone.now())
        task.save()
        return task

    return add
