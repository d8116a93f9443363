"""Webhooks: other systems are told what happens to tasks, by Standard Webhooks 1.0.0.

`log` numbers the rows of the history of tasks as events; `fanout` makes a delivery of each for the
webhooks that want it, and `sending` sends them, in order by task, and again where that fails;
`slow` has those wait for each other that answer slowly.
`changes` and `by_hand` are what admins do. `qc.tasks` calls it.
"""

from qc.webhooks.by_hand import redeliver, redeliver_failed, send_test
from qc.webhooks.changes import change, create, delete, pause, resume, rotate, switch_on

__all__ = [
    "change",
    "create",
    "delete",
    "pause",
    "redeliver",
    "redeliver_failed",
    "resume",
    "rotate",
    "send_test",
    "switch_on",
]
