"""The raw cycle: the statements of `POST /taskcomplete/<id>/` in a bare WSGI application."""

import json
import os
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from hashlib import sha512
from hmac import compare_digest
from typing import Any

import environ
import MySQLdb

from benchmarks.columns import COLUMNS, OF_QUEUE, SERVED, TASK

HISTORY = COLUMNS.split(", ")
MARKS = ", ".join(["%s"] * (len(HISTORY) + 8))
KEY_LENGTH = 15

_local = threading.local()


def application(request: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Complete a task, and answer with the next."""
    task = int(request["PATH_INFO"].split("/")[2])
    answer = cycle(_cursor(), request["HTTP_AUTHORIZATION"].split()[1], task)
    text = json.dumps(answer, default=str).encode()
    start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


def cycle(cursor: Any, token: str, task: int) -> dict[str, Any]:
    """Do what ours does for a person with one slot, as ten statements and one commit."""
    person, now = _person(cursor, token), datetime.now(UTC).replace(tzinfo=None)
    cursor.execute("START TRANSACTION")
    cursor.execute(
        "UPDATE qc_user SET idle_since = %s WHERE id = %s AND is_active = 1 AND is_logged_in = 1"
        " AND break_reason = '' AND capacity = 1",
        (now, person),
    )
    (done,) = _read(
        cursor,
        f"SELECT {TASK}, {OF_QUEUE}, EXISTS (SELECT 1 FROM qc_evidence WHERE removed_at IS NULL"
        " AND task_id = qc_task.id) AS has_files FROM qc_task WHERE id = %s AND assignee_id = %s"
        " AND slot IS NOT NULL FOR UPDATE",
        (task, person),
    )
    done |= {"status": "completed", "slot": None, "completed_at": now, "outcome": "passed"}
    cursor.execute(
        "UPDATE qc_task SET status = 'completed', assignee_id = %s, slot = NULL, assigned_at = %s,"
        " started_at = %s, completed_at = %s, outcome = 'passed', notes = '', shown_at = %s,"
        " draft = '', draft_version = 0, draft_outcome = '', draft_findings = NULL, plan_id = NULL,"
        " findings = NULL, inspected = NULL, rejected = NULL, released_by_id = NULL,"
        " next_for_id = NULL, next_at = NULL WHERE id = %s",
        (person, done["assigned_at"], done["started_at"], now, done["shown_at"], task),
    )
    following = _next(cursor, person)
    following |= {"status": "assigned", "assignee_id": person, "slot": 1}
    following |= dict.fromkeys(("assigned_at", "shown_at", "started_at"), now)
    cursor.execute(
        "UPDATE qc_task SET status = 'assigned', assignee_id = %s, slot = 1, assigned_at = %s,"
        " next_for_id = NULL, next_at = NULL, shown_at = %s, started_at = %s WHERE id = %s",
        (person, now, now, now, following["id"]),
    )
    why = "P1, due 14:30, most urgent of their 3 queues; free since 14:02"
    rows = [
        *(*_values(done), "completed", person, "", person, now, "~", "api", "0" * 32),
        *(*_values(following), "assigned", None, why, person, now, "~", "api", "0" * 32),
    ]
    cursor.execute(
        f"INSERT INTO qc_historicaltask ({COLUMNS}, kind, history_user_id, history_change_reason,"
        f" person_id, history_date, history_type, through, request_id) VALUES ({MARKS}), ({MARKS})",
        rows,
    )
    cursor.execute("COMMIT")
    return {"completed": done, "next": following}


def _person(cursor: Any, token: str) -> int:
    found = _read(
        cursor,
        "SELECT t.digest, t.expiry, u.*,"
        " (SELECT GROUP_CONCAT(CONCAT(c.app_label, '.', p.codename)) FROM"
        " qc_user_user_permissions o JOIN auth_permission p ON p.id = o.permission_id"
        " JOIN django_content_type c ON c.id = p.content_type_id WHERE o.user_id = u.id) AS own,"
        " (SELECT GROUP_CONCAT(CONCAT(c.app_label, '.', p.codename)) FROM qc_user_groups g"
        " JOIN auth_group_permissions gp ON gp.group_id = g.group_id JOIN auth_permission p"
        " ON p.id = gp.permission_id JOIN django_content_type c ON c.id = p.content_type_id"
        " WHERE g.user_id = u.id) AS rights"
        " FROM knox_authtoken t JOIN qc_user u ON u.id = t.user_id WHERE t.token_key = %s",
        (token[:KEY_LENGTH],),
    )
    digest = sha512(token.encode()).hexdigest()
    return next(int(one["id"]) for one in found if compare_digest(one["digest"], digest))


def _next(cursor: Any, person: int) -> dict[str, Any]:
    queues = _read(cursor, SERVED, {"person": person})
    seeks = " UNION ALL ".join(
        "(SELECT id AS head, priority AS p, raised AS r, due_at AS d FROM qc_task"
        f" WHERE queue_id = {queue['id']} AND status = 'pending' AND COALESCE(next_for_id, 0) = 0"
        " ORDER BY priority, raised, due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)"
        for queue in queues
    )
    (task,) = _read(
        cursor,
        f"SELECT {TASK} FROM ({seeks} ORDER BY p, r, d, head LIMIT 1) AS heads"
        " STRAIGHT_JOIN qc_task ON id = head FOR UPDATE",
        (),
    )
    return task


def _read(cursor: Any, sql: str, values: Any) -> list[dict[str, Any]]:
    cursor.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _values(task: dict[str, Any]) -> list[Any]:
    return [task[name] for name in HISTORY]


def _cursor() -> Any:
    """Return a cursor of this thread's connection."""
    if not hasattr(_local, "connection"):
        config = environ.Env.db_url_config(os.environ["BENCH_DATABASE_URL"])
        _local.connection = MySQLdb.connect(
            host=config["HOST"],
            port=int(config["PORT"] or 3306),
            user=config["USER"],
            password=config["PASSWORD"],
            database=config["NAME"],
            charset="utf8mb4",
            autocommit=True,
        )
        _local.connection.cursor().execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    return _local.connection.cursor()
