"""Who acts and through what, for every history row written meanwhile.

The edges (pages, API, import, sweep) say it once; the rows read it when they are made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from qc import words
from qc.request_id import LONGEST, current_request_id
from qc.veils import VeiledRow

if TYPE_CHECKING:
    from qc.models import User


class Through(models.TextChoices):
    """The way by which a change came."""

    PAGE = "page", _("web")
    API = "api", _("API")
    IMPORT = "import", _("import")
    SWEEP = "sweep", _("scheduler")
    SHELL = "shell", _("console")


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

_through: ContextVar[str] = ContextVar("through", default=Through.SHELL)
_user: ContextVar[Any] = ContextVar("user", default=None)
_kind: ContextVar[str] = ContextVar("kind", default="")


@contextmanager
def acting(through: Through, user: "User | None" = None) -> Iterator[None]:
    """Names the way and the person for all changes inside; `user` is None for a job."""
    tokens = (_through.set(through), _user.set(user))
    try:
        yield
    finally:
        _through.reset(tokens[0])
        _user.reset(tokens[1])


@contextmanager
def kind_of_change(kind: str) -> Iterator[None]:
    """Names the kind of the changes inside, such as "completed" or "signed out"."""
    token = _kind.set(kind)
    try:
        yield
    finally:
        _kind.reset(token)


def current_through() -> str:
    """Gives the way by which the present change comes."""
    return _through.get()


def current_kind() -> str:
    """Gives the kind of the present change; "" is a plain edit."""
    return _kind.get()


def current_user(**_: Any) -> "User | None":
    """Gives the person who acts now, or None for a job; simple-history asks it."""
    user = _user.get()
    return user if getattr(user, "is_authenticated", False) else None


class HistoryRow(models.Model):
    """What each history row says beside simple-history's own columns.

    Of the columns with an index here (and of kind, and of a task's queue) few values are common:
    new rows go to the ends of a few runs of it, which are in memory. That keeps hand-outs quick.
    """

    # Serves the filter of the audit trail.
    through = models.CharField(
        _("channel"),
        max_length=10,
        choices=Through,
        default=current_through,
        editable=False,
        db_index=True,
    )
    kind = models.CharField(_("change"), max_length=20, default=current_kind, editable=False)
    # Without an index: each row would go to another page of it. A process of the release before
    # this one, still running while it is rolled out, writes rows without an id.
    request_id = models.CharField(
        _("request"),
        max_length=LONGEST,
        default=current_request_id,
        db_default="",
        editable=False,
    )

    class Meta:
        abstract = True

    @property
    def what(self) -> str:
        """What happened, in a word or two."""
        row: Any = self
        return str(KINDS.get(self.kind, self.kind) or PLAIN[row.history_type])

    @property
    def why(self) -> str:
        """Why it happened, as it is said to who reads it."""
        row: Any = self
        return words.reason(row.history_change_reason or "")


class PersonHistoryRow(VeiledRow, HistoryRow):
    """What each history row of a person says beside: nothing, but their names can be taken out."""

    class Meta:
        abstract = True


class TaskHistoryRow(HistoryRow):
    """What each history row of a task says beside: whose hands it came into, or left."""

    person = models.ForeignKey(
        "qc.User",
        models.DO_NOTHING,
        verbose_name=_("person concerned"),
        related_name="+",
        null=True,
        editable=False,
        db_constraint=False,
    )

    class Meta:
        abstract = True

    @property
    def whose(self) -> str:
        """Whose hands the task came into or left, where it was not their own doing."""
        row: Any = self
        came, left = _("to %s"), _("from %s")
        said = {"assigned": came, "returned": left, "released": left, "held": left}.get(self.kind)
        own_doing = self.person_id in (None, row.history_user_id)
        return "" if said is None or own_doing else str(said) % self.person
