"""The floors that the benchmarks work on: MariaDB databases of their own, filled by raw SQL.

Importing this module settles the server and the first database: `BENCH_DATABASE_URL` names them.
"""

import os
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import django

ADDRESS = os.environ["BENCH_DATABASE_URL"]
os.environ |= {
    "DATABASE_URL": ADDRESS,
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "LOG_LEVEL": "ERROR",
    "QC_HTTPS": "off",
    "QC_SWEEP_SECONDS": "3600",
}
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))

QUEUES = 20
EACH_ON = 3


def open_up(number: int = 0) -> None:
    """Create the database of a floor anew, set Django up, and connect to it."""
    django.setup()
    from django.core.management import call_command

    remove(number)
    on_the_server(f"CREATE DATABASE `{name_of(number)}` CHARACTER SET utf8mb4")
    go_to(number)
    call_command("migrate", verbosity=0)


def go_to(number: int) -> None:
    """Connect to the database of this floor."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name_of(number)


def remove(number: int = 0) -> None:
    """Remove the database of a floor."""
    on_the_server(f"DROP DATABASE IF EXISTS `{name_of(number)}`")


def on_the_server(sql: str) -> None:
    """Run a statement on the server, outside any database."""
    import MySQLdb

    config = server()
    where = {"host": config["HOST"], "port": int(config["PORT"] or 3306)}
    connection = MySQLdb.connect(user=config["USER"], passwd=config["PASSWORD"], **where)
    connection.cursor().execute(sql)
    connection.close()


def name_of(number: int) -> str:
    """Return the name of a floor's database."""
    return f"{server()['NAME']}_{number}" if number else server()["NAME"]


def server() -> dict[str, Any]:
    """Return how to connect to the database server."""
    from config import environment

    return dict(environment.env.db_url_config(ADDRESS))


def clear() -> None:
    """Empty all of our tables, but for the one row that the log of events begins with."""
    from django.apps import apps

    models = apps.get_app_config("qc").get_models(include_auto_created=True)
    run("SET foreign_key_checks = 0")
    for table in ["knox_authtoken", *(model._meta.db_table for model in models)]:
        if table != "qc_taskeventlog" and one(f"SELECT EXISTS (SELECT 1 FROM {table})"):
            run(f"TRUNCATE {table}")
    run("SET foreign_key_checks = 1")


def add_queues(n: int = QUEUES) -> None:
    """Add n queues, numbered from 1."""
    run(
        "INSERT INTO qc_queue (id, name, description, is_paused, open_to_all, target) "
        f"SELECT seq, CONCAT('Queue ', seq), '', 0, 0, 86400000000 FROM seq_1_to_{n}"
    )


def add_people(n: int, *, each_on: int = EACH_ON, queues: int = QUEUES, password: str = "") -> None:
    """Add n people of QC staff, numbered from 1, who are there and free, each on some queues."""
    from qc.models import Role

    run(
        "INSERT INTO qc_user (id, password, is_superuser, username, first_name, last_name, email,"
        " is_staff, is_active, date_joined, is_logged_in, last_seen_at, break_reason, idle_since,"
        " capacity) "
        "SELECT seq, %s, 0, CONCAT('qc', seq), '', '', '', 1, 1, NOW(6), 1,"
        " NOW(6) + INTERVAL 1 DAY, '', NOW(6) - INTERVAL seq SECOND, 1 "
        f"FROM seq_1_to_{n}",
        [password],
    )
    run(
        "INSERT INTO qc_user_groups (user_id, group_id) "
        f"SELECT seq, auth_group.id FROM auth_group JOIN seq_1_to_{n} WHERE name = %s",
        [Role.QC_STAFF],
    )
    for step in range(each_on):
        run(
            "INSERT INTO qc_queue_people (queue_id, user_id) "
            f"SELECT 1 + MOD(seq + {step * (queues // each_on or 1)}, {queues}), seq "
            f"FROM seq_1_to_{n}"
        )


def add_tasks(n: int, *, status: str = "pending", queues: int = QUEUES) -> None:
    """Add n tasks spread over the queues and priorities; completed ones are person 1's."""
    first = 1 + (one("SELECT COALESCE(MAX(id), 0) FROM qc_task") or 0)
    done = status == "completed"
    holder, moment, outcome = ("1", "NOW(6)", "passed") if done else ("NULL", "NULL", "")
    run(
        "INSERT INTO qc_task (reference, name, queue_id, priority, due_at, raise_at, instructions,"
        " link, details, status, assignee_id, assigned_at, started_at, completed_at, outcome,"
        " notes, draft, created_at) "
        f"SELECT CONCAT('B-', seq), 'Check it', 1 + MOD(seq, {queues}), 1 + MOD(seq * 7, 4),"
        " NOW(6) + INTERVAL seq SECOND, NOW(6) + INTERVAL seq SECOND, 'Look closely.', '',"
        ' \'{"supplier": "Meyer"}\','
        f" %s, {holder}, {moment}, {moment}, {moment}, %s, '', '', NOW(6) "
        f"FROM seq_{first}_to_{first + n - 1}",
        [status, outcome],
    )
    run("ANALYZE TABLE qc_task")


def put_back(since: datetime) -> None:
    """Let the tasks that person 1 has completed since a moment wait again."""
    run(
        "UPDATE qc_task SET status = 'pending', assignee_id = NULL, assigned_at = NULL,"
        " started_at = NULL, completed_at = NULL, outcome = ''"
        " WHERE assignee_id = 1 AND completed_at >= %s",
        [since],
    )


def run(sql: str, values: Iterable[Any] = ()) -> None:
    """Run one statement."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, list(values))


def one(sql: str) -> Any:
    """Return the first column of the first row."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


def rows(sql: str) -> list[tuple[Any, ...]]:
    """Return all rows."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
