"""A cluster of three nodes for all tests of this folder, with the tables of the test database."""

import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from qc.models import Queue, Role, Task, User
from tests import galera
from tests.conftest import group, person
from tests.galera import Cluster
from tests.servers import HOST

numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip these tests where no cluster can be started; they are about MariaDB only."""
    is_mysql = "mysql" in settings.DATABASES["default"]["ENGINE"]
    reason = "" if is_mysql else "this is about MariaDB: it runs in the MariaDB half of `make test`"
    if is_mysql and not galera.is_possible():
        reason = "no cluster can be started here: apt-get install -y galera-4 mariadb-server rsync"
    for item in items:
        if reason and "galera" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def cluster(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Three nodes with the tables of the test database; `galera.connected` chooses one."""
    dump = tmp_path_factory.mktemp("galera") / "dump.sql"
    with django_db_blocker.unblock():
        _dump(connection.settings_dict, dump)
        with galera.cluster(dump) as cluster:
            yield cluster


@pytest.fixture
def at_node(db: None, cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, with this test's own connection at the first node."""
    with galera.connected(cluster.nodes[0], wsrep_sync_wait=1):
        group(Role.MANAGERS)
        yield cluster


@pytest.fixture
def floor(at_node: Cluster) -> Queue:
    """A queue of its own for each test: the tables are emptied after none."""
    return Queue.objects.create(name=f"Queue {next(numbers)}", target=timedelta(days=1))


@pytest.fixture
def staff(floor: Queue) -> Callable[[int], list[User]]:
    """Make people who are on the queue."""

    def staff(n: int) -> list[User]:
        people = [person(f"qc{next(numbers)}", Role.QC_STAFF) for _ in range(n)]
        floor.people.add(*people)
        return people

    return staff


@pytest.fixture
def pile(floor: Queue) -> Callable[[int], list[Task]]:
    """Make tasks that wait."""

    def pile(n: int) -> list[Task]:
        tasks = [Task(reference=f"QD-{next(numbers)}", name="Check", queue=floor) for _ in range(n)]
        for task in tasks:
            task.arrive(timezone.now())
            task.save()
        return tasks

    return pile


def _dump(database: dict[str, Any], file: Path) -> None:
    """Dump a database as docs/deploy.md says."""
    where = [f"--host={database['HOST'] or HOST}", f"--port={database['PORT'] or 3306}"]
    flags = ["--single-transaction", "--quick", "--no-tablespaces"]
    command = ["mariadb-dump", "--no-defaults", *where, f"--user={database['USER']}", *flags]
    with file.open("w") as dump:
        subprocess.run([*command, database["NAME"]], stdout=dump, check=True)
