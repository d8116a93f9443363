"""The values that columns may have, and their labels."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The roles, each a group of that name."""

    QC_STAFF = "QC staff", _("QC staff")
    MANAGERS = "Managers", _("Managers")
    AUDITORS = "Auditors", _("Auditors")


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
    FAILED = "failed", _("failed")


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
    COMPLETED = "completed", _("Completed")
    COMPLETION_UNDONE = "completion undone", _("Completion undone")
    CORRECTED = "corrected", _("Corrected")
    DUE_SET = "due set", _("Due time changed")
    ANONYMISED = "forgotten", _("Anonymised")
    HELD = "held", _("Put on hold")
    IMPORTED = "imported", _("Imported")
    MERGED = "merged", _("Merged")
    MOVED = "moved", _("Moved to another queue")
    PASSWORD_CHANGED = "password changed", _("Password changed")
    PAUSED = "paused", _("Paused")
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
