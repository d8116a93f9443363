"""The history of tasks, people and queues: writing its rows, and reading the past from them.

`writer` is the only way to write history rows, `events` to write events; `point_in_time` and
`timeline` read them.
"""

from qc.history.writer import (
    BATCH,
    is_together,
    of,
    of_tasks,
    people_of,
    record_deleted,
    record_handed_out,
    record_many,
    record_new,
    record_past,
    save,
    together,
    without_history,
)

__all__ = [
    "BATCH",
    "is_together",
    "of",
    "of_tasks",
    "people_of",
    "record_deleted",
    "record_handed_out",
    "record_many",
    "record_new",
    "record_past",
    "save",
    "together",
    "without_history",
]
