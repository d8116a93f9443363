"""Sealing the history, and verifying it, against writing and reading it."""

from time import perf_counter

from benchmarks import floor
from benchmarks.clients import at_once, timed
from benchmarks.report import Table, middle

ROWS = 200_000
ROUNDS = 3
CLIENTS = 64
BACKLOG = 100_000
SECONDS = 8.0
WIDE = (
    "reference, name, queue_id, priority, due_at, instructions, link, details, status, outcome,"
    " notes, created_at, id"
)


def run() -> Table:
    """Measure both, and return the table."""
    table = Table(
        title="Seals: what tamper evidence costs",
        about=f"What {CLIENTS} busy clients write to the history in {SECONDS:.0f} s; sealing and "
        f"verifying {ROWS:,} rows of it, and reading the same rows plainly, in {ROUNDS} rounds.",
        head=["", "rows/s"],
    )
    written = _written()
    sealed, verified, read = _measured()
    table.rows += [
        [f"written by {CLIENTS} clients", f"{written:,.0f}"],
        ["sealed", f"{sealed:,.0f}"],
        ["verified", f"{verified:,.0f}"],
        ["read plainly", f"{read:,.0f}"],
    ]
    table.target("sealed / written", sealed / written, at_least=10)
    table.target("time to verify / time to read", read / verified, at_most=3)
    return table


def _written() -> float:
    """Return how many rows of history a second are written by clients that work."""
    floor.clear()
    floor.add_queues()
    floor.add_people(CLIENTS)
    floor.add_tasks(BACKLOG)
    crowd = at_once(CLIENTS, _work)
    return floor.one("SELECT COUNT(*) FROM qc_historicaltask") / crowd.whole


def _work(number: int) -> list[float]:
    from qc.models import User
    from qc.work import actions, assignment

    person, times, end = User.objects.get(pk=number), [], perf_counter() + SECONDS
    (task,) = assignment.hand_out(number)
    while perf_counter() < end:
        taken, (_done, task) = timed(lambda task=task: actions.complete(task.pk, by=person))
        times.append(taken)
    return times


def _measured() -> tuple[float, float, float]:
    """Return how many rows a second are sealed, verified and read."""
    from qc.audit.seals import row_hashing, sealing, verification
    from qc.models import Task

    floor.clear()
    floor.add_queues()
    floor.add_tasks(ROWS)
    floor.run(
        f"INSERT INTO qc_historicaltask ({WIDE}, history_date, history_type, kind, through)"
        f" SELECT {WIDE}, NOW(6) - INTERVAL 1 MINUTE, '+', '', 'api' FROM qc_task ORDER BY id"
    )
    plain = ["history_id", *row_hashing.columns_of("task")]
    times: dict[str, list[float]] = {"sealed": [], "verified": [], "read": []}
    for _ in range(ROUNDS):
        floor.run("DELETE FROM qc_seal")
        took, rows = timed(sealing.seal)
        times["sealed"].append(took / rows)
        head = sealing.newest_seal()
        assert head
        took, found = timed(lambda last=head.number: list(verification.find_violations(1, last)))
        assert not found
        times["verified"].append(took / rows)
        took, read = timed(lambda: sum(1 for _ in Task.history.values_list(*plain).iterator()))
        assert read == rows
        times["read"].append(took / rows)
    sealed, verified, plainly = (1 / middle(some) for some in times.values())
    return sealed, verified, plainly
