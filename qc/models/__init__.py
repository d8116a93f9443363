"""The models: people, queues and tasks, their history, and what belongs to it.

Constraints make a wrong state impossible; querysets have named reads
(`User.objects.free()`).
"""

from qc.models.archives import Archive
from qc.models.bulk_changes import BulkChange
from qc.models.choices import ChangeKind, Outcome, Priority, Role, Status
from qc.models.events import AuditEvent, EventKind
from qc.models.fields import OrderedJSONField, ReferenceField
from qc.models.hand_backs import HandBack
from qc.models.history import HistoryRow, PersonHistoryRow, Records, TaskHistoryRow
from qc.models.imports import Import, ImportChunk, ImportState
from qc.models.job_runs import JobRun
from qc.models.people import MOST_CAPACITY, NOT_RESPONDING, PersonManager, User
from qc.models.queues import Queue, QueueQuerySet, Roster
from qc.models.seals import Seal, Verification
from qc.models.tasks import (
    DONE,
    HELD,
    ORDER_OF_WORK,
    UNASSIGNED,
    Task,
    TaskQuerySet,
    next_raise_at,
)

__all__ = [
    "DONE",
    "HELD",
    "MOST_CAPACITY",
    "NOT_RESPONDING",
    "ORDER_OF_WORK",
    "UNASSIGNED",
    "Archive",
    "AuditEvent",
    "BulkChange",
    "ChangeKind",
    "EventKind",
    "HandBack",
    "HistoryRow",
    "Import",
    "ImportChunk",
    "ImportState",
    "JobRun",
    "OrderedJSONField",
    "Outcome",
    "PersonHistoryRow",
    "PersonManager",
    "Priority",
    "Queue",
    "QueueQuerySet",
    "Records",
    "ReferenceField",
    "Role",
    "Roster",
    "Seal",
    "Status",
    "Task",
    "TaskHistoryRow",
    "TaskQuerySet",
    "User",
    "Verification",
    "next_raise_at",
]
