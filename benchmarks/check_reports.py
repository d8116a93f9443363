"""Reports of checks over one month, as the answers of other months grow to a million."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import NamedTuple

from benchmarks import floor
from benchmarks.clients import timed
from benchmarks.report import Table, middle, ms

# Each has three answers.
CHECKS = 10_000
MONTH = 30
MOST = 1_000_000
ROUNDS = 3
FIRST = date(2026, 6, 1)
MOMENTS = ("created_at", "due_at", "assigned_at", "started_at", "completed_at")


class Cost(NamedTuple):
    """What a report took: rows read, and seconds."""

    rows: int
    seconds: float


def run(size: int = MOST) -> Table:
    """Measure each report with the answers of one month, and again with `size` answers."""
    fill()
    few = costs()
    months = size // (3 * CHECKS)
    for month in range(1, months):
        copy(month)
    floor.run("ANALYZE TABLE qc_task, qc_answer, qc_defect")
    many = costs()
    table = Table(
        "Reports of checks",
        f"{CHECKS:,} checks of one month in a queue with {months * CHECKS:,} checks, which have "
        f"{3 * months * CHECKS:,} answers: rows read and time, and both where there is only "
        "that month.",
        ("report", "rows", "time", "rows, one month", "time, one month"),
    )
    for name, cost in many.items():
        alone = few[name]
        table.rows.append(
            (name, f"{cost.rows:,}", ms(cost.seconds), f"{alone.rows:,}", ms(alone.seconds))
        )
    most = max(cost.rows for cost in many.values()) / CHECKS
    table.target("rows read for each check of the month", most, at_most=5)
    return table


def fill() -> None:
    """Make a queue with a plan, and the checks of a month."""
    floor.clear()
    floor.add_queues(1)
    floor.add_people(5, each_on=1, queues=1)
    from qc.models import Queue, User
    from tests.checked import many
    from tests.plans import give_plan

    queue = Queue.objects.get()
    torque = {"key": "torque", "kind": "number", "lower": "8", "upper": "10"}
    give_plan(queue, torque, {"key": "label"}, {"key": "box"})
    days = [FIRST + timedelta(days=n) for n in range(MONTH)]
    many(queue, list(User.objects.all()), CHECKS, days)


def copy(month: int) -> None:
    """Copy the first month to another one before it."""
    add, back = month * CHECKS, f"INTERVAL {month * MONTH} DAY"
    first = floor.one("SELECT MIN(id) FROM qc_task")
    shifted = {"id": f"id + {add}", "reference": f"CONCAT(reference, '-{month}')"}
    shifted |= {name: f"{name} - {back}" for name in MOMENTS}
    _copy("qc_task", shifted, f"id < {first + CHECKS}")
    shifted = {"task_id": f"task_id + {add}", "completed_at": f"completed_at - {back}"}
    for table in ("qc_answer", "qc_defect"):
        _copy(table, shifted, f"task_id < {first + CHECKS}")


def _copy(table: str, shifted: dict[str, str], which: str) -> None:
    from qc.models import Answer, Defect, Task

    model = next(one for one in (Task, Answer, Defect) if one._meta.db_table == table)
    names = [field.column for field in model._meta.concrete_fields]
    if "id" not in shifted:
        names.remove("id")
    values = ", ".join(shifted.get(name, f"`{name}`") for name in names)
    columns = ", ".join(f"`{name}`" for name in names)
    floor.run(f"INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE {which}")


def costs() -> dict[str, Cost]:
    """Return what each report of the first month costs."""
    return {name: cost(report) for name, report in reports().items()}


def reports() -> dict[str, Callable[[], object]]:
    """Return the reports of the first month, by name."""
    from qc.models import Queue
    from qc.reports import answers, chart_points, rates
    from qc.reports.chart_points import ChartQuery
    from qc.reports.control_charts import ChartKind
    from qc.reports.defects import By, DefectQuery, pareto
    from qc.reports.span import Span

    queue = Queue.objects.get().pk
    span = Span(FIRST, FIRST + timedelta(days=MONTH - 1), queue)
    items = answers.items(queue)
    found: dict[str, Callable[[], object]] = {
        "rates": lambda: rates.rates(span),
        "answers by item": lambda: answers.rows(span, items),
    }
    for by in By:
        query = DefectQuery(span, by, column="supplier")
        found[f"defects by {by.value}"] = lambda query=query: pareto(query)
    for kind in ChartKind:
        chart = ChartQuery(kind, span, "torque", 5 if kind == ChartKind.GROUPS else 0)
        found[f"chart {kind.value}"] = lambda chart=chart: chart_points.points(chart)
    return found


def cost(report: Callable[[], object]) -> Cost:
    """Return the rows that a report reads, and the median of its times."""
    before = _rows_read()
    report()
    rows = _rows_read() - before
    return Cost(rows, middle([timed(report)[0] for _round in range(ROUNDS)]))


def _rows_read() -> int:
    return sum(int(n) for _name, n in floor.rows("SHOW SESSION STATUS LIKE 'Handler_read%'"))
