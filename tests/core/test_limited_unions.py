"""Several selects, each with a limit of its own, are one statement."""

import pytest
from django.db import connection

from qc.core.compiled_queries import Select, union_of_limited
from qc.models import Queue
from tests.databases import on_mariadb

pytestmark = pytest.mark.django_db


@pytest.fixture
def selects() -> list[Select]:
    """The first two of the odd queues, and the last of the even ones."""
    Queue.objects.bulk_create([Queue(name=f"Queue {n}", is_paused=n % 2) for n in range(8)])
    table = Queue._meta.db_table
    select = f"SELECT name FROM {table} WHERE is_paused = %s ORDER BY name"
    return [(f"{select} LIMIT 2", [True]), (f"{select} DESC LIMIT 1", [False])]


def names(select: Select) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(*select)
        return sorted(name for (name,) in cursor.fetchall())


def test_each_select_keeps_its_limit_and_its_values(selects: list[Select]) -> None:
    assert names(union_of_limited(selects)) == ["Queue 1", "Queue 3", "Queue 6"]


def test_one_select_is_itself(selects: list[Select]) -> None:
    assert names(union_of_limited(selects[:1])) == ["Queue 1", "Queue 3"]


@on_mariadb
def test_no_table_is_made_of_what_a_select_finds(selects: list[Select]) -> None:
    before = rows_written_to_tables()
    names(union_of_limited(selects))
    assert rows_written_to_tables() == before


def rows_written_to_tables() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_tmp_write'")
        return int(cursor.fetchone()[1])
