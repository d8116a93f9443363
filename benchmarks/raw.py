"""The same reads and writes as ours, in raw SQL over mysqlclient: the limit to compare with."""

from collections import defaultdict
from typing import Any

from django.db import connection, transaction

from benchmarks.columns import COLUMNS, SERVED


def claim(person: int) -> int:
    """Lock the person, find and lock their most urgent task, assign it, write history."""
    with transaction.atomic():
        cursor = connection.connection.cursor()
        cursor.execute("SELECT * FROM qc_user WHERE id = %s FOR UPDATE", (person,))
        cursor.fetchall()
        cursor.execute(SERVED, {"person": person})
        task = _lock_most_urgent(cursor, [row[0] for row in cursor.fetchall()])
        _write_people(cursor, [person])
        cursor.execute(
            "UPDATE qc_task SET status = 'assigned', assignee_id = %s, slot = 1,"
            " assigned_at = NOW(6) WHERE id = %s",
            (person, task),
        )
        _write_history(cursor, [task], "assigned")
    return task


def complete(task: int) -> None:
    """Lock the task, complete it, write history."""
    with transaction.atomic():
        cursor = connection.connection.cursor()
        cursor.execute("SELECT * FROM qc_task WHERE id = %s FOR UPDATE", (task,))
        cursor.fetchall()
        cursor.execute(
            "UPDATE qc_task SET status = 'completed', slot = NULL, started_at = NOW(6),"
            " completed_at = NOW(6), outcome = 'passed' WHERE id = %s",
            (task,),
        )
        _write_history(cursor, [task], "completed")


def arrive(reference: str, queue: int) -> None:
    """Add a waiting task, write history."""
    with transaction.atomic():
        cursor = connection.connection.cursor()
        cursor.execute(
            "INSERT INTO qc_task (reference, name, queue_id, priority, due_at, raise_at,"
            " instructions, link, details, status, outcome, notes, draft, created_at)"
            " VALUES (%s, 'Check it', %s, 3, NOW(6), NOW(6), 'Look closely.', '', '{}',"
            " 'pending', '', '', '', NOW(6))",
            (reference, queue),
        )
        _write_history(cursor, [cursor.lastrowid], "")


def sweep(batch: int) -> int:
    """Give every free person their most urgent task, set-based; return how many."""
    cursor = connection.cursor().cursor
    cursor.execute(
        "SELECT id FROM qc_user u WHERE is_active = 1 AND is_logged_in = 1 AND break_reason = ''"
        " AND (SELECT COUNT(*) FROM qc_task t WHERE t.assignee_id = u.id AND slot IS NOT NULL)"
        " < capacity ORDER BY idle_since, id"
    )
    people = [row[0] for row in cursor.fetchall()]
    pairs = _match(people, *_heads(cursor, people))
    for start in range(0, len(pairs), batch):
        _assign(pairs[start : start + batch])
    return len(pairs)


def _lock_most_urgent(cursor: Any, queues: list[int]) -> int:
    seeks = " UNION ALL ".join(
        "(SELECT id, priority, raised, due_at FROM qc_task"
        f" WHERE queue_id = {queue} AND status = 'pending'"
        " AND COALESCE(next_for_id, 0) = 0 ORDER BY priority, raised, due_at, id LIMIT 1"
        " FOR UPDATE SKIP LOCKED)"
        for queue in queues
    )
    cursor.execute(
        f"SELECT qc_task.* FROM ({seeks} ORDER BY priority, raised, due_at, id LIMIT 1) AS heads"
        " STRAIGHT_JOIN qc_task ON qc_task.id = heads.id FOR UPDATE"
    )
    return int(cursor.fetchall()[0][0])


def _write_people(cursor: Any, people: list[int]) -> None:
    # As ours does: on a cluster, two hand-outs to one person must be seen to collide.
    cursor.execute(
        "UPDATE qc_user SET idle_since = idle_since + INTERVAL 1 MICROSECOND"
        f" WHERE id IN ({','.join(map(str, people))})"
    )


def _write_history(cursor: Any, tasks: list[int], kind: str) -> None:
    # Each row has a reason of its own.
    reasons = " ".join(f"WHEN {task} THEN %s" for task in tasks)
    texts = [f"P1, due 14:30, most urgent of their 3 queues; free since {task}" for task in tasks]
    cursor.execute(
        f"INSERT INTO qc_historicaltask ({COLUMNS}, through, kind, request_id, history_date,"
        " history_type, history_user_id, person_id, history_change_reason)"
        f" SELECT {COLUMNS}, 'shell', %s, 'raw', NOW(6), '~', NULL, assignee_id,"
        f" CASE id {reasons} END FROM qc_task WHERE id IN ({','.join(map(str, tasks))})",
        (kind, *texts),
    )


def _heads(cursor: Any, people: list[int]) -> tuple[dict[int, list[int]], dict[int, list[Any]]]:
    cursor.execute("SELECT user_id, queue_id FROM qc_queue_people")
    served: dict[int, list[int]] = defaultdict(list)
    for person, queue in cursor.fetchall():
        served[person].append(queue)
    wanted: dict[int, int] = defaultdict(int)
    for person in people:
        for queue in served[person]:
            wanted[queue] += 1
    seeks = " UNION ALL ".join(
        f"(SELECT id, queue_id, priority, raised, due_at, released_by_id FROM qc_task"
        f" WHERE queue_id = {queue} AND status = 'pending'"
        f" ORDER BY priority, raised, due_at, id LIMIT {n})"
        for queue, n in wanted.items()
    )
    cursor.execute(f"{seeks} ORDER BY priority, raised, due_at, id")
    columns = [column[0] for column in cursor.description]
    queue_at = columns.index("queue_id")
    urgency = [columns.index(name) for name in ("priority", "raised", "due_at", "id")]
    heads: dict[int, list[Any]] = defaultdict(list)
    for row in cursor.fetchall():
        heads[row[queue_at]].append(tuple(row[at] for at in urgency))
    return served, heads


def _match(
    people: list[int], served: dict[int, list[int]], heads: dict[int, list[Any]]
) -> list[tuple[int, int]]:
    next_of = dict.fromkeys(heads, 0)
    pairs = []
    for person in people:
        queues = [q for q in served[person] if next_of.get(q, 0) < len(heads[q])]
        if queues:
            best = min(queues, key=lambda q: heads[q][next_of[q]])
            pairs.append((heads[best][next_of[best]][-1], person))
            next_of[best] += 1
    return pairs


def _assign(pairs: list[tuple[int, int]]) -> None:
    tasks = ",".join(str(task) for task, _person in pairs)
    people = ",".join(str(person) for _task, person in pairs)
    cases = " ".join(f"WHEN {task} THEN {person}" for task, person in pairs)
    with transaction.atomic():
        cursor = connection.connection.cursor()
        cursor.execute(f"SELECT * FROM qc_user WHERE id IN ({people}) ORDER BY id FOR UPDATE")
        cursor.fetchall()
        cursor.execute(
            "SELECT assignee_id, slot FROM qc_task WHERE slot IS NOT NULL"
            f" AND assignee_id IN ({people})"
        )
        cursor.fetchall()
        cursor.execute(
            f"SELECT * FROM qc_task WHERE id IN ({tasks}) AND status = 'pending' ORDER BY id"
            " FOR UPDATE SKIP LOCKED"
        )
        cursor.fetchall()
        _write_people(cursor, [person for _task, person in pairs])
        cursor.execute(
            f"UPDATE qc_task SET status = 'assigned', slot = 1, assigned_at = NOW(6),"
            f" assignee_id = CASE id {cases} END WHERE id IN ({tasks})"
        )
        _write_history(cursor, [task for task, _person in pairs], "assigned")
