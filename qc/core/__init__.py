"""What every other package may use and what knows none of them: errors, transactions, wording.

Nothing here knows a task, a person or a queue.
"""
