"""The check itself: plans, answers, defects, quantities and files, and what the outcome is.

Rules and rows only: `qc.work` completes tasks and calls this in the same transaction.
"""
