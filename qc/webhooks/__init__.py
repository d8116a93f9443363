"""Webhooks: other systems are told what happens to tasks, by Standard Webhooks 1.0.0.

`log` numbers the rows of the history of tasks as events; `fanout` makes a delivery of each for the
webhooks that want it, and `sending` sends them, in order by task, and again where that fails.
`changes` is what admins do with webhooks. `qc.tasks` calls it.
"""
