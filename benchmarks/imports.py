"""An import of 100,000 rows against the per-row way and raw SQL; its memory; claims meanwhile."""

import io
import itertools
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.db import connection, connections, transaction

from benchmarks import floor, raw
from benchmarks.clients import FORK, at_once, timed
from benchmarks.columns import COLUMNS
from benchmarks.report import Table, middle
from config import memory

ROWS, SAMPLE, MANY = 100_000, 2_000, 1_000_000
ROUNDS = 5
CLIENTS, CLAIMS = 4, 150
BATCH = 500
VALUES = (
    "(%s, %s, %s, %s, %s, 0, %s, %s, '', %s, 'pending', NULL, NULL, NULL, NULL, NULL, '', '', NULL,"
    " NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NOW(6), NULL, '')"
)
HEAD = "reference,name,queue,priority,due_at,instructions,supplier,batch\n"


def run() -> Table:
    """Compare in alternating rounds; then measure claims meanwhile, and memory."""
    table = Table(
        "Imports",
        f"A CSV file of {ROWS:,} new tasks of eight columns: checked, then written with their"
        f" history. The per-row way, django-import-export's plain resource, on {SAMPLE:,} rows.",
        ["", "rows a second", "against ours"],
    )
    # As a worker does.
    memory.keep()
    speeds = [(ours(ROWS), by_raw_sql(ROWS), per_row(SAMPLE)) for _ in range(ROUNDS)]
    mine, limit, plain = (middle(side) for side in zip(*speeds, strict=True))
    for name, speed in (("ours", mine), ("raw SQL", limit), ("per row", plain)):
        table.rows.append([name, f"{speed:,.0f}", f"{speed / mine:.2f}"])
    table.target("speed of ours against the per-row way", mine / plain, at_least=10)
    table.target("speed of ours against raw SQL", mine / limit, at_least=0.55)
    quiet, busy = claims_beside()
    table.target("p99 of a claim during an import against without", busy / quiet, at_most=3)
    table.target(f"memory for {MANY:,} rows, in MB", peak(), at_most=300)
    return table


def ours(rows: int) -> float:
    """Return how many rows a second an import does, its checks included."""
    from qc.imports import runner as import_runner

    prepare()
    with file_of(rows) as file:
        taken, record = timed(lambda: import_runner.import_file(file, "tasks.csv", by=None))
    assert record.new == rows, record.error
    return rows / taken


def per_row(rows: int) -> float:
    """Return how many rows a second the textbook's resource imports."""
    import tablib
    from django.utils import timezone
    from import_export import fields, resources, widgets

    from qc.models import Queue, Task

    class Textbook(resources.ModelResource):
        """The resource that one writes first."""

        queue = fields.Field("queue", "queue", widgets.ForeignKeyWidget(Queue, "name"))

        class Meta:
            model = Task
            import_id_fields = ("reference",)
            fields = ("reference", "name", "queue", "priority", "due_at", "instructions")

        def before_save_instance(self, instance: Task, row: Any, **kwargs: Any) -> None:
            """Fill what the database needs."""
            instance.arrive(timezone.now())

    prepare()
    text = "".join(itertools.islice(lines(), rows + 1))
    dataset = tablib.Dataset().load(text, format="csv")
    taken, _ = timed(lambda: Textbook().import_data(dataset, raise_errors=True))
    return rows / taken


def by_raw_sql(rows: int) -> float:
    """Return how many rows a second the same inserts write when all values are known."""
    prepare()
    names = COLUMNS.removeprefix("id, ")
    values = [task_values(n) for n in range(rows)]
    history = (
        f"INSERT INTO qc_historicaltask ({COLUMNS}, through, kind, request_id, history_date,"
        f" history_type, history_change_reason) SELECT {COLUMNS}, 'import', 'imported', 'raw',"
        " NOW(6), '+', 'from tasks.csv' FROM qc_task WHERE id BETWEEN %s AND %s"
    )
    begun = time.perf_counter()
    for start in range(0, rows, 2 * BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            for at in (start, start + BATCH):
                some = values[at : at + BATCH]
                # One statement: the driver's executemany sends smaller ones, which is slower.
                marks = ", ".join([VALUES] * len(some))
                sql = f"INSERT INTO qc_task ({names}, draft) VALUES {marks}"
                cursor.execute(sql, list(itertools.chain.from_iterable(some)))
                cursor.execute(history, [cursor.lastrowid, cursor.lastrowid + len(some) - 1])
    taken = time.perf_counter() - begun
    assert floor.one("SELECT COUNT(*) FROM qc_historicaltask") == rows
    return rows / taken


def task_values(n: int) -> tuple[Any, ...]:
    """Return the values of a row of the file, as the database takes them."""
    due = f"2030-05-{n % 28 + 1:02} 12:00:00"
    details = f'{{"supplier": "Meyer {n % 50}", "batch": "{n}"}}'
    queue, priority = n % 10 + 11, n % 4 + 1
    return f"B-{n}", f"Check number {n}", queue, priority, due, due, "Look closely.", details


def claims_beside() -> tuple[float, float]:
    """Return the p99 of a claim, in seconds: on a quiet floor, and while an import writes."""
    prepare()
    floor.add_people(CLIENTS, queues=10)
    floor.add_tasks(ROWS, queues=10)
    quiet = p99()
    connections.close_all()
    importing = FORK.Process(target=ours_beside)
    importing.start()
    while not floor.one("SELECT COUNT(*) FROM qc_import WHERE state = 'writing'"):
        time.sleep(0.2)
        assert importing.is_alive()
    busy = p99()
    assert importing.is_alive(), "the import was over before the claims were"
    importing.kill()
    importing.join()
    return quiet, busy


def ours_beside() -> None:
    """Import beside other work."""
    from qc.imports import runner as import_runner

    with file_of(ROWS) as file:
        import_runner.import_file(file, "tasks.csv", by=None)


def p99() -> float:
    """Return the p99 of a claim while some clients claim and complete."""
    from benchmarks.claim import ours as claim

    def work(person: int) -> list[float]:
        times = []
        for _ in range(CLAIMS):
            taken, task = timed(lambda: claim(person))
            times.append(taken)
            raw.complete(task)
        return times

    times = sorted(at_once(CLIENTS, work).times)
    return times[len(times) * 99 // 100]


def peak() -> float:
    """Return the peak memory, in MB, of a process that imports very many rows."""
    prepare()
    connections.close_all()
    spawn = multiprocessing.get_context("spawn")
    answers: Any = spawn.SimpleQueue()
    process = spawn.Process(target=_import_many, args=(answers,))
    process.start()
    process.join()
    return float(answers.get())


def _import_many(answers: Any) -> None:
    import django

    django.setup()
    from qc.imports import runner as import_runner

    with file_of(MANY) as file:
        record = import_runner.import_file(file, "tasks.csv", by=None)
    assert record.new == MANY, record.error
    answers.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def prepare() -> None:
    """Empty the floor: twenty queues, and nobody there."""
    floor.clear()
    floor.add_queues()


def file_of(rows: int) -> BinaryIO:
    """Return a file of so many rows, for half of the queues."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    text = io.TextIOWrapper(file, "utf-8")
    text.writelines(itertools.islice(lines(), rows + 1))
    text.detach().seek(0)
    return file  # type: ignore[return-value]


def lines() -> Iterator[str]:
    """Yield the header, and rows without end."""
    yield HEAD
    for n in itertools.count():
        due = f"2030-05-{n % 28 + 1:02} 12:00:00"
        yield (
            f"B-{n},Check number {n},Queue {n % 10 + 11},{n % 4 + 1},{due},Look closely.,"
            f"Meyer {n % 50},{n}\n"
        )
