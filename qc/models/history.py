"""The columns that all rows of history have, and how models get their history."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoryManager
from simple_history.models import HistoricalRecords

from qc.core import wording
from qc.core.commitments import SALT_BYTES, new_salt
from qc.core.context import Channel, current_channel, current_kind, current_user
from qc.core.request_id import LONGEST, current_request_id
from qc.models.choices import PLAIN, ChangeKind

# How a task's row names the person who got or lost it.
HANDED_OVER: dict[str, Any] = {
    ChangeKind.ASSIGNED: _("to %s"),
    ChangeKind.RETURNED: _("from %s"),
    ChangeKind.RELEASED: _("from %s"),
    ChangeKind.HELD: _("from %s"),
    ChangeKind.PUT_NEXT: _("for %s"),
    ChangeKind.TAKEN_FROM_LINE: _("from %s"),
}
KINDS: dict[str, Any] = dict(ChangeKind.choices)
CHANNELS: dict[str, Any] = dict(Channel.choices)


class CommittedRow(models.Model):
    """The salt and commitments of a row with personal columns (`qc.core.commitments`).

    Once the names are erased, `commitments` has one for each column and `salt` is "". Rows written
    by an earlier release have no salt either.
    """

    salt = models.CharField(
        max_length=2 * SALT_BYTES, default=new_salt, db_default="", blank=True, editable=False
    )
    commitments = models.JSONField(null=True, editable=False)

    class Meta:
        abstract = True


class HistoryRow(models.Model):
    """The columns that each history row has in addition to simple-history's own.

    Columns with an index (also kind, and a task's queue) have few distinct values: new rows go to
    few pages of the index, which stay in memory. That keeps hand-outs quick.
    """

    # The audit trail filters by it.
    through = models.CharField(
        _("channel"),
        max_length=10,
        choices=Channel,
        default=current_channel,
        editable=False,
        db_index=True,
    )
    kind = models.CharField(_("change"), max_length=20, default=current_kind, editable=False)
    # Without an index: each row would go to another page of it. The database's default is for
    # processes of the previous release during an upgrade.
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
        """The name of the change."""
        row: Any = self
        return str(KINDS.get(self.kind, self.kind) or PLAIN[row.history_type])

    @property
    def channel(self) -> str:
        """The name of the channel."""
        return str(CHANNELS.get(self.through, self.through))

    @property
    def why(self) -> str:
        """The reason, in the language of the reader."""
        row: Any = self
        return wording.reason(row.history_change_reason or "")


class PersonHistoryRow(CommittedRow, HistoryRow):
    """The columns of each history row of a person: their names can be erased."""

    class Meta:
        abstract = True


class TaskHistoryRow(HistoryRow):
    """The columns of each history row of a task: also the person who got or lost it."""

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
    def is_own_doing(self) -> bool:
        """Whether nobody else gave the task to a person or took it from them."""
        row: Any = self
        return self.person_id in (None, row.history_user_id)

    @property
    def whose(self) -> str:
        """The person who got or lost the task, where somebody else did it; else ""."""
        phrase = HANDED_OVER.get(self.kind)
        return "" if phrase is None or self.is_own_doing else str(phrase) % self.person


class RowManager(HistoryManager):
    """The manager of history rows, whose class is made once and not anew at each use."""

    @classmethod
    @cache
    def from_queryset(cls, queryset_class: Any, class_name: str | None = None) -> Any:
        """Return the manager's class with the methods of the queryset."""
        return super().from_queryset(queryset_class, class_name)


class Records(HistoricalRecords):
    """The history of a model, whose rows have the columns of `row`.

    There is an index by kind, and one by the columns `last`, which finds the last row of each
    combination of their values quickly (`qc.history.snapshot`).
    """

    def __init__(self, row: Any = HistoryRow, *, last: Sequence[str] = (), **options: Any) -> None:
        self.last = last
        super().__init__(
            bases=[row],
            get_user=current_user,
            history_id_field=models.BigAutoField(),
            history_manager=RowManager,
            **options,
        )

    def get_meta_options(self, model: Any) -> dict[str, Any]:
        """Add the indexes; the one by kind has the type too, as plain changes have no kind."""
        wanted = {"kind": ["kind", "history_type"], "last": self.last}
        name = f"{model._meta.model_name}_history"
        indexes = [
            models.Index(fields=fields, name=f"{name}_{what}")
            for what, fields in wanted.items()
            if fields
        ]
        return super().get_meta_options(model) | {"indexes": indexes}
