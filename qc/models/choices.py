"""The values that columns may have, and how they are called."""

from django.db import models
from django.utils.translation import gettext_lazy
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
    """Where a task is in its life."""

    PENDING = "pending", _("waiting")
    ASSIGNED = "assigned", _("assigned")
    ON_HOLD = "on_hold", _("on hold")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("cancelled")


class Outcome(models.TextChoices):
    """What a check found."""

    PASSED = "passed", _("passed")
    FAILED = "failed", _("failed")


# What happened, by the kind of a change: how it is said to who reads it.
KINDS = {
    "assigned": _("Assigned"),
    "cancelled": _("Cancelled"),
    "came back": _("Break ended"),
    "changed": _("Changed"),
    "claimed": _("Claimed"),
    "completed": _("Completed"),
    "forgotten": _("Anonymised"),
    "held": _("Put on hold"),
    "imported": _("Imported"),
    "password changed": _("Password changed"),
    "paused": _("Paused"),
    "raised": _("Priority raised"),
    "released": _("Given back"),
    "reopened": _("Reopened"),
    "resumed": _("Resumed"),
    "returned": _("Returned to queue"),
    "roles changed": _("Roles changed"),
    "settings": _("Settings changed"),
    "signed in": _("Signed in"),
    "signed out": _("Signed out"),
    "started": _("Started"),
    "undone": _("Undone"),
    "unpaused": _("Resumed"),
    "went on break": _("On break"),
}


# A plain creation, edit and deletion have no kind: they go by their type.
PLAIN = {"+": _("Created"), "~": _("Edited"), "-": _("Deleted")}


TABLE_NAMES = {
    "task": gettext_lazy("tasks"),
    "person": gettext_lazy("people"),
    "queue": gettext_lazy("queues"),
    "event": gettext_lazy("events"),
}
