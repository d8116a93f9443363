"""The models: people, queues and tasks, their history, and what belongs to it.

Constraints make a wrong state impossible; querysets have named reads
(`User.objects.free()`).
"""

from qc.models.alerts import Alert, AlertIncident, AlertMessage, Cause
from qc.models.archives import Archive
from qc.models.bulk_changes import BulkChange
from qc.models.checks import (
    Answer,
    Baseline,
    CheckPlan,
    Defect,
    DefectCode,
    Evidence,
    ItemPicture,
    PlanItem,
    PlanVersion,
)
from qc.models.choices import (
    AnswerKind,
    ChangeKind,
    Outcome,
    OutcomeRule,
    Priority,
    Purpose,
    Reinspector,
    Role,
    Scope,
    Severity,
    Status,
    Verdict,
)
from qc.models.comments import Mention
from qc.models.events import AuditEvent, EventKind
from qc.models.fields import OrderedJSONField, ReferenceField
from qc.models.hand_backs import HandBack
from qc.models.handover import HandoverNote, HandoverReading
from qc.models.history import HistoryRow, PersonHistoryRow, Records, TaskHistoryRow
from qc.models.idempotency import IdempotencyKey
from qc.models.imports import Import, ImportChunk, ImportState
from qc.models.job_runs import JobRun
from qc.models.people import MOST_CAPACITY, NOT_RESPONDING, PersonManager, User
from qc.models.queues import Queue, QueueQuerySet, Roster, RosterOf
from qc.models.saved_views import SavedView
from qc.models.seals import Seal, Verification, VerificationRequest
from qc.models.search import SearchGap, SearchWord
from qc.models.service_tokens import ServiceToken, TokenRefusal, TokenState
from qc.models.sign_ins import SignIn
from qc.models.tasks import (
    DONE,
    HELD,
    ORDER_OF_WORK,
    UNASSIGNED,
    Task,
    TaskQuerySet,
    next_raise_at,
)
from qc.models.webhooks import (
    DeliveryState,
    EventType,
    TaskEvent,
    TaskEventLog,
    Webhook,
    WebhookDelivery,
)

__all__ = [
    "DONE",
    "HELD",
    "MOST_CAPACITY",
    "NOT_RESPONDING",
    "ORDER_OF_WORK",
    "UNASSIGNED",
    "Alert",
    "AlertIncident",
    "AlertMessage",
    "Answer",
    "AnswerKind",
    "Archive",
    "AuditEvent",
    "Baseline",
    "BulkChange",
    "Cause",
    "ChangeKind",
    "CheckPlan",
    "Defect",
    "DefectCode",
    "DeliveryState",
    "EventKind",
    "EventType",
    "Evidence",
    "HandBack",
    "HandoverNote",
    "HandoverReading",
    "HistoryRow",
    "IdempotencyKey",
    "Import",
    "ImportChunk",
    "ImportState",
    "ItemPicture",
    "JobRun",
    "Mention",
    "OrderedJSONField",
    "Outcome",
    "OutcomeRule",
    "PersonHistoryRow",
    "PersonManager",
    "PlanItem",
    "PlanVersion",
    "Priority",
    "Purpose",
    "Queue",
    "QueueQuerySet",
    "Records",
    "ReferenceField",
    "Reinspector",
    "Role",
    "Roster",
    "RosterOf",
    "SavedView",
    "Scope",
    "Seal",
    "SearchGap",
    "SearchWord",
    "ServiceToken",
    "Severity",
    "SignIn",
    "Status",
    "Task",
    "TaskEvent",
    "TaskEventLog",
    "TaskHistoryRow",
    "TaskQuerySet",
    "TokenRefusal",
    "TokenState",
    "User",
    "Verdict",
    "Verification",
    "VerificationRequest",
    "Webhook",
    "WebhookDelivery",
    "next_raise_at",
]
