"""Alerts to the outside: what is wrong in a queue, told once, and a digest each morning.

`checking` compares what holds now (`causes`) with what was told, `digest` sums up, and both leave
messages, which `sending` sends by e-mail and to webhooks of chats. `qc.tasks` calls it.
"""
