"""What every other package may use: errors, transactions, wording, pages by key.

Nothing here knows a task, a person or a queue.
"""
