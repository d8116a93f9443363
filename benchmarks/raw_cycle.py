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

TASK = (
    "id, reference, name, queue_id, priority, due_at, raised, raise_at, instructions, link,"
    " details, status, assignee_id, slot, assigned_at, started_at, completed_at, outcome, notes,"
    " shown_at, released_by_id, created_at, created_by_id"
)
HISTORY = TASK.replace(" shown_at,", "")
COLUMNS = HISTORY.split(", ")
MARKS = ", ".join(["%s"] * (len(COLUMNS) + 8))
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
        f"SELECT {TASK}, (SELECT name FROM qc_queue q WHERE q.id = queue_id) AS queue"
        " FROM qc_task WHERE id = %s AND assignee_id = %s AND slot IS NOT NULL FOR UPDATE",
        (task, person),
    )
    done |= {"status": "completed", "slot": None, "completed_at": now, "outcome": "passed"}
    cursor.execute(
        "UPDATE qc_task SET status = 'completed', slot = NULL, started_at = %s, completed_at = %s,"
        " outcome = 'passed', notes = '', draft = '', draft_outcome = '' WHERE id = %s",
        (done["started_at"], now, task),
    )
    following = _next(cursor, person)
    following |= {"status": "assigned", "assignee_id": person, "slot": 1}
    following |= dict.fromkeys(("assigned_at", "shown_at", "started_at"), now)
    cursor.execute(
        "UPDATE qc_task SET status = 'assigned', assignee_id = %s, slot = 1, assigned_at = %s,"
        " shown_at = %s, started_at = %s WHERE id = %s",
        (person, now, now, now, following["id"]),
    )
    why = "P1, due 14:30, most urgent of their 3 queues; free since 14:02"
    rows = [
        *(*_values(done), "completed", person, "", person, now, "~", "api", "0" * 32),
        *(*_values(following), "assigned", None, why, person, now, "~", "api", "0" * 32),
    ]
    cursor.execute(
        f"INSERT INTO qc_historicaltask ({HISTORY}, kind, history_user_id, history_change_reason,"
        f" person_id, history_date, history_type, through, request_id) VALUES ({MARKS}), ({MARKS})",
        rows,
    )
    cursor.execute("COMMIT")
    return {"completed": done, "next": following}


def _person(cursor: Any, token: str) -> int:
    found = _read(
        cursor,
        "SELECT t.digest, t.expiry, u.*, (SELECT GROUP_CONCAT(p.codename) FROM qc_user_groups g"
        " JOIN auth_group_permissions gp ON gp.group_id = g.group_id JOIN auth_permission p"
        " ON p.id = gp.permission_id WHERE g.user_id = u.id) AS rights"
        " FROM knox_authtoken t JOIN qc_user u ON u.id = t.user_id WHERE t.token_key = %s",
        (token[:KEY_LENGTH],),
    )
    digest = sha512(token.encode()).hexdigest()
    return next(int(one["id"]) for one in found if compare_digest(one["digest"], digest))


def _next(cursor: Any, person: int) -> dict[str, Any]:
    queues = _read(
        cursor,
        "SELECT id, name, scan_to_start, (SELECT GROUP_CONCAT(slot) FROM qc_task WHERE"
        " assignee_id = %s AND slot IS NOT NULL) AS used FROM qc_queue q WHERE is_paused = 0 AND"
        " EXISTS (SELECT 1 FROM qc_queue_people p WHERE p.queue_id = q.id AND p.user_id = %s)",
        (person, person),
    )
    seeks = " UNION ALL ".join(
        "SELECT * FROM (SELECT id AS head, priority AS p, raised AS r, due_at AS d FROM qc_task"
        f" WHERE queue_id = {queue['id']} AND status = 'pending' ORDER BY priority, raised, due_at,"
        f" id LIMIT 1 FOR UPDATE SKIP LOCKED) AS seek{queue['id']}"
        for queue in queues
    )
    (task,) = _read(
        cursor,
        f"SELECT {TASK} FROM ({seeks} ORDER BY p, r, d, head LIMIT 1) AS heads"
        " STRAIGHT_JOIN qc_task ON id = head FOR UPDATE",
        (),
    )
    return task


def _read(cursor: Any, sql: str, values: tuple[Any, ...]) -> list[dict[str, Any]]:
    cursor.execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _values(task: dict[str, Any]) -> list[Any]:
    return [task[name] for name in COLUMNS]


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
