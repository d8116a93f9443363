"""The values that columns may have, and their labels."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The roles, each a group of that name."""

    QC_STAFF = "QC staff", _("QC staff")
    MANAGERS = "Managers", _("Managers")
    AUDITORS = "Auditors", _("Auditors")


class Scope(models.TextChoices):
    """What a service token may do."""

    READ_TASKS = "tasks:read", _("read tasks, queues, check plans and their changes")
    WRITE_TASKS = "tasks:write", _("create, change and steer tasks")
    COMPLETE = "tasks:complete", _("work: claim, start and complete tasks")
    READ_PEOPLE = "people:read", _("read who is there")
    READ_REPORTS = "reports:read", _("read reports")
    READ_TRAIL = "trail:read", _("read the audit trail")


class Priority(models.IntegerChoices):
    """How urgent a task is; the most urgent has the smallest number, so that it sorts first."""

    P1 = 1, _("P1 urgent")
    P2 = 2, _("P2 high")
    P3 = 3, _("P3 normal")
    P4 = 4, _("P4 low")


class Status(models.TextChoices):
    """The states of a task."""

    PENDING = "pending", _("waiting")
    ASSIGNED = "assigned", _("assigned")
    ON_HOLD = "on_hold", _("on hold")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")


class Outcome(models.TextChoices):
    """The result of a check."""

    PASSED = "passed", _("passed")
    PARTIAL = "partial", _("passed in part")
    FAILED = "failed", _("failed")


class Purpose(models.TextChoices):
    """Why a task is there: to check something, to mend what failed, or to check that again."""

    INSPECTION = "", _("inspection")
    REWORK = "rework", _("rework")
    REINSPECTION = "reinspect", _("reinspection")


class Reinspector(models.TextChoices):
    """Who checks again what was reworked."""

    ANYBODY = "any", _("anybody on the queue")
    SAME = "same", _("who checked it first")
    OTHER = "other", _("somebody else")


class AnswerKind(models.TextChoices):
    """What an item of a check plan asks for."""

    OK_NOT_OK = "ok", _("OK / not OK / not applicable")
    CHOICE = "choice", _("choice")
    NUMBER = "number", _("number")
    TEXT = "text", _("text")
    DATE = "date", _("date")
    SCAN = "scan", _("scan")
    PHOTO = "photo", _("photo")


class Verdict(models.TextChoices):
    """What an answer means: NONE where nothing says what is right."""

    NONE = "", "–"
    OK = "ok", _("OK")
    NOT_OK = "not_ok", _("not OK")
    NOT_APPLICABLE = "na", _("not applicable")


class OutcomeRule(models.TextChoices):
    """What the outcome of a check follows from. A critical item that is not OK always fails it."""

    CRITICAL = "critical", _("critical items alone: none may be not OK")
    SCORE = "score", _("the score: the share of weights that are OK")
    CHECKER = "checker", _("what the checker says")


class Severity(models.IntegerChoices):
    """How bad a defect is; the worst has the smallest number, so that it sorts first."""

    CRITICAL = 1, _("critical")
    MAJOR = 2, _("major")
    MINOR = 3, _("minor")


class ChangeKind(models.TextChoices):
    """What happened to a task, a person or a queue: the column `kind` of their history.

    A plain creation, edit or deletion has none (""): it is known by its type, see `PLAIN`.
    """

    ASSIGNED = "assigned", _("Assigned")
    CANCELLED = "cancelled", _("Cancelled")
    BREAK_ENDED = "came back", _("Break ended")
    CHANGED = "changed", _("Changed")
    CLAIMED = "claimed", _("Claimed")
    CLOSED = "closed", _("Closed")
    COMMENTED = "commented", _("Commented")
    COMPLETED = "completed", _("Completed")
    COMPLETION_UNDONE = "completion undone", _("Completion undone")
    CORRECTED = "corrected", _("Corrected")
    DUE_SET = "due set", _("Due time changed")
    ANONYMISED = "forgotten", _("Anonymised")
    ERASURE_ASKED = "erasure asked", _("Anonymising requested")
    ERASURE_DROPPED = "erasure dropped", _("Anonymising taken back")
    HELD = "held", _("Put on hold")
    IDENTITY_LINKED = "identity linked", _("Single sign-on connected")
    IMPORTED = "imported", _("Imported")
    LINK_MADE = "link made", _("Password link made")
    MERGED = "merged", _("Merged")
    MOVED = "moved", _("Moved to another queue")
    PASSWORD_CHANGED = "password changed", _("Password changed")
    PLAN_PUBLISHED = "plan published", _("Check plan changed")
    PAUSED = "paused", _("Paused")
    PUT_NEXT = "put next", _("Put next")
    PRIORITY_SET = "priority set", _("Priority changed")
    RAISED = "raised", _("Priority raised")
    RELEASED = "released", _("Given back")
    REOPENED = "reopened", _("Reopened")
    RESUMED = "resumed", _("Resumed")
    RETURNED = "returned", _("Returned to queue")
    ROLES_CHANGED = "roles changed", _("Roles changed")
    SETTINGS_CHANGED = "settings", _("Settings changed")
    SIGNED_IN = "signed in", _("Signed in")
    SIGNED_OUT = "signed out", _("Signed out")
    STARTED = "started", _("Started")
    TAKEN_FROM_LINE = "taken from line", _("Taken out of the line")
    UNDONE = "undone", _("Undone")
    UNPAUSED = "unpaused", _("Queue resumed")
    BREAK_BEGUN = "went on break", _("On break")


# The types of history rows, by which a plain creation, edit or deletion is known.
PLAIN = {"+": _("Created"), "~": _("Edited"), "-": _("Deleted")}
TABLE_NAMES = {
    "task": _("tasks"),
    "person": _("people"),
    "queue": _("queues"),
    "event": _("events"),
}
