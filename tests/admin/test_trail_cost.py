"""What a page of the audit trail reads does not depend on how many rows of history there are."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from qc.core.keyset import MOST
from qc.history.registry import TABLES
from qc.models import User
from tests.admin.crowds import twenty_queues_and_a_hundred_people
from tests.databases import on_mariadb
from tests.work.test_claim_cost import rows_touched

ROWS = 150_000
ROWS_READ_PER_ROW_SHOWN = 20
TRAIL = "/admin/trail/"

# Each filter by itself, and those that people put together.
FILTERS = [
    "",
    "person=qc7",
    "task=INV-0000007",
    "task=INV-000000",
    "queue={queue}",
    "kind=assigned",
    "kind=held",
    "kind=completed",
    "kind=signed in",
    "kind=%2B",
    "kind=~",
    "kind=read the trail",
    "through=page",
    "through=sweep",
    "through=shell",
    "through=import",
    "since={since}",
    "until={until}",
    "since={since}&until={until}",
    "since={since}&until={until}&kind=completed",
    "until={until}&person=qc7",
]
# What no index has whole is looked for in a bounded number only.
BOUNDED = [
    "kind=held&through=import",
    "person=qc7&kind=held&queue={queue}",
    "person=qc7&kind=%2B",
    "request=nothing",
]


def fill(n: int) -> None:
    """Months of work: n rows of tasks, with sign-ins, some queues and events."""
    written = "NOW(6) - INTERVAL (%s - seq) * 10 SECOND"
    # Each task is created, assigned by the system, started and completed by one person.
    kind = "ELT(1 + MOD(seq, 4), '', 'assigned', 'started', 'completed')"
    twenty_queues_and_a_hundred_people()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO qc_task (id, reference, name, queue_id, priority, due_at, instructions,"
            " link, details, status, outcome, notes, draft, created_at) "
            "SELECT seq, CONCAT('INV-', LPAD(seq, 7, '0')), 'Check', 1 + MOD(seq, 20), 3, NOW(6),"
            " '', '', '{}', 'pending', '', '', '', NOW(6) FROM seq_1_to_2000"
        )
        cursor.execute(
            "INSERT INTO qc_historicaltask (id, reference, name, queue_id, priority, due_at,"
            " instructions, link, details, status, outcome, notes, created_at, history_date,"
            " history_type, history_user_id, person_id, kind, through) "
            "SELECT 1 + seq DIV 4, 'INV', 'Check', 1 + MOD(seq DIV 4, 20), 3, NOW(6), '', '',"
            f" '{{}}', 'pending', '', '', NOW(6), {written}, IF(MOD(seq, 4) = 0, '+', '~'),"
            " IF(MOD(seq, 4) > 1, 1001 + MOD(seq DIV 4, 100), NULL),"
            " IF(MOD(seq, 4) > 0, 1001 + MOD(seq DIV 4, 100), NULL),"
            # What is rare is old.
            f" IF(seq < 2000, IF(MOD(seq, 2), '', 'held'), {kind}),"
            " CASE WHEN seq < 2000 THEN 'shell' WHEN MOD(seq, 97) = 0 THEN 'import'"
            " WHEN MOD(seq, 89) = 0 THEN 'sweep' WHEN MOD(seq, 2) THEN 'page' ELSE 'api' END"
            f" FROM seq_1_to_{n}",
            [n],
        )
        cursor.execute(
            "INSERT INTO qc_historicaluser (id, is_superuser, username, first_name, last_name,"
            " email, is_staff, is_active, date_joined, is_logged_in, break_reason, capacity,"
            " history_date, history_type, history_user_id, kind, through) "
            "SELECT 1001 + MOD(seq, 100), 0, CONCAT('qc', 1 + MOD(seq, 100)), '', '', '', 1, 1,"
            f" NOW(6), MOD(seq, 2), '', 1, {written}, '~', 1001 + MOD(seq, 100),"
            f" IF(MOD(seq, 2), 'signed in', 'signed out'), 'api' FROM seq_1_to_{n // 10}",
            [n // 10],
        )
        cursor.execute(
            "INSERT INTO qc_auditevent (history_date, history_user_id, kind, through, name,"
            f" details) SELECT {written}, 1001 + MOD(seq, 100), 'read the trail', 'page', '',"
            f" '{{}}' FROM seq_1_to_{n // 20}",
            [n // 20],
        )
        for model in TABLES.values():
            cursor.execute(f"ANALYZE TABLE {model._meta.db_table}")


def cost(client: Client, query: str) -> tuple[Any, int]:
    """Return what the page behind an address shows, and how many rows were read for it."""
    pages: list[Any] = []
    read = rows_touched(lambda: pages.append(client.get(TRAIL + query)))
    return pages[0].context, read


def named(query: str) -> str:
    now = timezone.now()
    since, until = now - timedelta(days=7), now - timedelta(days=2)
    values = {"queue": 7, "since": f"{since:%Y-%m-%dT%H:%M}", "until": f"{until:%Y-%m-%dT%H:%M}"}
    return "?" + query.format(**values)


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_each_filter_reads_at_most_20_rows_for_each_one_shown(
    otto: User, sign_in_client: Any
) -> None:
    fill(ROWS)
    client = sign_in_client(otto)
    cost(client, "")  # what is read once only
    ends = [
        model.objects.latest("pk").pk if model.objects.exists() else 0 for model in TABLES.values()
    ]
    in_the_middle = "~".join(str(end // 2) for end in ends)
    for query in map(named, FILTERS):
        shown, read = cost(client, query)
        rows = len(shown["page"].rows)
        assert rows, query
        # A page with a few rows reads who asks, what they may, and the queues of its form too.
        assert read <= ROWS_READ_PER_ROW_SHOWN * max(rows, 10), (query, rows, read)
        _shown, read = cost(client, f"{query}&after={in_the_middle}")
        assert read <= ROWS_READ_PER_ROW_SHOWN * 50, (query, read)
        for link in ("older_link", "older_link", "newer_link"):
            if shown[link]:
                shown, read = cost(client, shown[link])
                assert read <= ROWS_READ_PER_ROW_SHOWN * 50, (query, link, read)
    for query in map(named, BOUNDED):
        shown, read = cost(client, query)
        assert read <= 4 * len(TABLES) * MOST, (query, read)
