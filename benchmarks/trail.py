"""How much a page of the audit trail reads in a long history, by each filter and each two filters.

`python -m benchmarks trail=10000000` makes a history of so many rows, some 4 GB on the disk.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations, product
from typing import NamedTuple

from django.utils import timezone

from benchmarks import floor
from benchmarks.report import Table

ROWS = 1_000_000
PAGE = 50
# A page with a few rows reads the people, tasks and queues in its filters too.
FEWEST = 10
MOST_READ = 20
# Where two filters have little in common, 11,000 of each table's rows are looked at in vain.
MOST_IN_VAIN = 4 * 11_000
TASKS = 2_000
PEOPLE = 102
# Seconds from one row to the next.
APART = 10

CHANCE = "(CONV(LEFT(MD5({}), 8), 16, 10) / 4294967296)"
# Some people do much and some little; one did a bit long ago, and one nothing.
MINE = CHANCE.format("seq")
PERSON = f"IF(seq BETWEEN 1000 AND 1020, 101, 1 + FLOOR(100 * POW({MINE}, 3)))"
# One queue had work once, and one never.
THEIRS = CHANCE.format("-seq")
QUEUE = f"IF(seq BETWEEN {{n}} DIV 2 AND {{n}} DIV 2 + 20, 19, 1 + FLOOR(18 * POW({THEIRS}, 2)))"
# Tasks are created, assigned, started and completed; few are held, only the first were cancelled.
KIND = (
    "CASE WHEN seq < 500 THEN 'cancelled' WHEN MOD(seq, 10007) = 0 THEN 'held'"
    " ELSE ELT(1 + MOD(seq, 5), '', 'assigned', 'started', 'completed', 'completed') END"
)
THROUGH = (
    "CASE WHEN MOD(seq, 100003) = 0 THEN 'import' WHEN MOD(seq, 5) = 1 THEN 'sweep'"
    " WHEN MOD(seq, 3) = 0 THEN 'api' ELSE 'page' END"
)
# One task has been through many hands.
TASK = "IF(MOD(seq, 1000) = 0, 7, 1 + seq DIV 5)"

# Common, rare and absent values of each filter, with their names in the table.
FILTERS: dict[str, dict[str, str]] = {
    "person": {"qc1": "does most", "qc101": "did little", "qc102": "did nothing"},
    "task": {"C-1": "few rows", "C-7": "many rows", "C-": "each that begins so"},
    "queue": {"1": "busiest", "19": "worked once", "20": "never"},
    "kind": {
        "assigned": "",
        "+": "created",
        "held": "rare",
        "cancelled": "old",
        "undone": "never",
        "signed in": "",
        "read the trail": "",
    },
    "through": {"page": "", "import": "rare", "shell": "hardly ever"},
}


class Cost(NamedTuple):
    """What a page showed, and how many rows were read for it."""

    shown: int
    read: int

    @property
    def ratio(self) -> float:
        """The rows read for each one shown."""
        return self.read / max(self.shown, FEWEST)


def run(size: int = ROWS) -> Table:
    """Fill the history and measure; return the table."""
    fill(size)
    middle, spans = _middle(), _spans(size)
    single = [{name: value} for name, values in FILTERS.items() for value in values]
    two = [*combinations(single, 2), *product(single, spans)]
    pairs = [a | b for a, b in two if a.keys() != b.keys()]
    alone = {_words(one): list(_costs(one, middle)) for one in [{}, *single, *spans]}
    together = [cost for pair in pairs for cost in _costs(pair, middle)]
    table = Table(
        title="The audit trail",
        about=f"{size:,} rows of history. How many rows a page of up to {PAGE} shows, and how many "
        "the database reads for it: the first page, and one from the middle. Then "
        f"{len(pairs)} pairs of these filters.",
        head=["asked", "first page shows", "reads", "from the middle shows", "reads"],
        rows=[[words, *first, *later] for words, (first, later) in alone.items()],
    )
    worst = max(cost.ratio for both in alone.values() for cost in both)
    within = sum(cost.ratio <= MOST_READ for cost in together) / len(together)
    most = max(cost.read for cost in together)
    table.target("one filter: rows read for one shown", worst, at_most=MOST_READ)
    table.target(f"two: share of pages with {MOST_READ} for one", within, at_least=0.8)
    table.target("two that have little in common: rows read at most", most, at_most=MOST_IN_VAIN)
    return table


def _spans(size: int) -> list[dict[str, str]]:
    """Return spans at the end, in the middle, of nearly all, and before all; in whole days."""
    now, whole, day = timezone.now(), timedelta(seconds=APART * size), timedelta(days=1)
    spans = (
        {"since": now - 7 * day},
        {"since": now - whole / 2, "until": now - whole / 2 + day},
        {"until": now - 2 * day},
        {"until": now - 2 * whole},
    )
    return [{name: f"{at:%Y-%m-%d}" for name, at in span.items()} for span in spans]


def _words(query: dict[str, str]) -> str:
    words = (f"{name} {value}{_note(name, value)}" for name, value in query.items())
    return ", ".join(words) or "everything"


def _note(name: str, value: str) -> str:
    note = FILTERS.get(name, {}).get(value)
    return f" ({note})" if note else ""


def _costs(query: dict[str, str], middle: dict[str, int]) -> Iterator[Cost]:
    """Yield the cost of the first page, and of one from the middle of the trail."""
    from django.test import RequestFactory

    from qc.admin.trail.form import TrailForm
    from qc.audit import trail

    for edge in (None, middle):
        before = _rows_read()
        form = TrailForm(RequestFactory().get("/", query))
        assert form.is_valid(), form.errors
        page = trail.page(form.query(), PAGE, below=edge)
        yield Cost(len(page.rows), _rows_read() - before)


def _middle() -> dict[str, int]:
    from qc.history.registry import TABLES

    return {
        table: floor.one(f"SELECT COALESCE(MAX(history_id), 0) DIV 2 FROM {model._meta.db_table}")
        for table, model in TABLES.items()
    }


def _rows_read() -> int:
    return sum(int(n) for _name, n in floor.rows("SHOW SESSION STATUS LIKE 'Handler_read%'"))


def fill(n: int) -> None:
    """Fill the floor with people, tasks and a history of n rows."""
    floor.clear()
    floor.add_queues()
    floor.add_people(PEOPLE)
    floor.add_tasks(TASKS)
    floor.run("UPDATE qc_task SET reference = CONCAT('C-', id) WHERE id <= 10")
    _bulk(
        "qc_historicaltask",
        {
            "id": TASK,
            "reference": f"CONCAT('B-', {TASK})",
            "name": "'Check it'",
            "queue_id": QUEUE,
            "priority": "3",
            "details": "'{{}}'",
            "status": "'pending'",
            **dict.fromkeys(("instructions", "link", "outcome", "notes"), "''"),
            **dict.fromkeys(("due_at", "created_at"), "NOW(6)"),
            "history_type": "IF(MOD(seq, 5) = 0, '+', '~')",
            "history_user_id": f"IF(MOD(seq, 5) > 1, {PERSON}, NULL)",
            "person_id": f"IF(MOD(seq, 5) > 0, {PERSON}, NULL)",
            "kind": KIND,
            "through": THROUGH,
        },
        n * 17 // 20,
        n,
    )
    _bulk(
        "qc_historicaluser",
        {
            **dict.fromkeys(("id", "history_user_id"), PERSON),
            "username": f"CONCAT('qc', {PERSON})",
            **dict.fromkeys(("first_name", "last_name", "email", "break_reason"), "''"),
            **dict.fromkeys(("is_staff", "is_active", "capacity"), "1"),
            "is_superuser": "0",
            "is_logged_in": "MOD(seq, 2)",
            "date_joined": "NOW(6)",
            "history_type": "'~'",
            "kind": "IF(MOD(seq, 2), 'signed in', 'signed out')",
            "through": "'page'",
        },
        n // 10,
        n,
    )
    _bulk(
        "qc_auditevent",
        {
            "history_user_id": PERSON,
            "kind": "'read the trail'",
            "through": "'page'",
            "name": "''",
            "details": "'{{}}'",
        },
        n // 20,
        n,
    )


def _bulk(table: str, columns: dict[str, str], rows: int, n: int) -> None:
    """Fill an empty table at once, so that the database builds its indexes in their order."""
    when = f"NOW(6) - INTERVAL ({rows} - seq) * {APART * n / rows} SECOND"
    values = ", ".join(columns.values()).format(n=rows)
    floor.run("SET unique_checks = 0, foreign_key_checks = 0")
    floor.run(f"TRUNCATE {table}")
    floor.run(
        f"INSERT INTO {table} ({', '.join(columns)}, history_date)"
        f" SELECT {values}, {when} FROM seq_1_to_{rows}"
    )
    floor.run("SET unique_checks = 1, foreign_key_checks = 1")
    floor.run(f"ANALYZE TABLE {table}")
