"""The life of a task: one function for each transition, and the only writer of its status.

All have one shape: lock, guard, change, save with one history row. They lock the holder before
the task, always in that order, so that two of them can't wait for each other. They raise
NotFound, NotAllowed (not yours), InvalidTransition (not in a state for it) or InvalidInput
(without a reason); `by` is the user who acts, None for a job.

`assigning`: a person gets the task; `starting` and `completing`: they work on it; `unassigning`: it
waits again, is on hold or cancelled.
"""

from qc.work.lifecycle.assigning import Assignment, HandOut, assign, assign_many, hand_out
from qc.work.lifecycle.completing import UNDO_FOR, complete, correct, undo, undo_until
from qc.work.lifecycle.starting import begin, open_task, start
from qc.work.lifecycle.unassigning import (
    cancel,
    hold,
    release,
    reopen,
    resume,
    take_back,
    take_back_many,
    withdraw,
)

__all__ = [
    "UNDO_FOR",
    "Assignment",
    "HandOut",
    "assign",
    "assign_many",
    "begin",
    "cancel",
    "complete",
    "correct",
    "hand_out",
    "hold",
    "open_task",
    "release",
    "reopen",
    "resume",
    "start",
    "take_back",
    "take_back_many",
    "undo",
    "undo_until",
    "withdraw",
]
