"""What the rows of history say, whatever they are about."""

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from qc.core import wording
from qc.core.commitments import SALT_BYTES, new_salt
from qc.core.context import Channel, current_channel, current_kind, current_user
from qc.core.request_id import LONGEST, current_request_id
from qc.models.choices import PLAIN, ChangeKind

# How the person is named who got a task, or lost it.
HANDED_OVER: dict[str, Any] = {
    ChangeKind.ASSIGNED: _("to %s"),
    ChangeKind.RETURNED: _("from %s"),
    ChangeKind.RELEASED: _("from %s"),
    ChangeKind.HELD: _("from %s"),
}


class CommittedRow(models.Model):
    """What a row with personal columns has beside them.

    `commitments` are theirs, by column, once what they stood for was taken out; then the `salt`
    is "" too. It also is in rows that a release before this one wrote.
    """

    salt = models.CharField(
        max_length=2 * SALT_BYTES, default=new_salt, db_default="", blank=True, editable=False
    )
    commitments = models.JSONField(null=True, editable=False)

    class Meta:
        abstract = True


class HistoryRow(models.Model):
    """What each history row says beside simple-history's own columns.

    Of the columns with an index here (and of kind, and of a task's queue) few values are common:
    new rows go to the ends of a few runs of it, which are in memory. That keeps hand-outs quick.
    """

    # Serves the filter of the audit trail.
    through = models.CharField(
        _("channel"),
        max_length=10,
        choices=Channel,
        default=current_channel,
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
        kinds: dict[str, Any] = dict(ChangeKind.choices)
        return str(kinds.get(self.kind, self.kind) or PLAIN[row.history_type])

    @property
    def why(self) -> str:
        """Why it happened, as it is said to who reads it."""
        row: Any = self
        return wording.reason(row.history_change_reason or "")


class PersonHistoryRow(CommittedRow, HistoryRow):
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
        words = HANDED_OVER.get(self.kind)
        own_doing = self.person_id in (None, row.history_user_id)
        return "" if words is None or own_doing else str(words) % self.person


class Records(HistoricalRecords):
    """History whose rows are found by kind too, and by `last`: those who ask for the last of each.

    That is what a floor of the past is read by (`qc.history.snapshot`).
    """

    def __init__(self, *, last: Sequence[str], **options: Any) -> None:
        self.last = last
        super().__init__(**options)

    def get_meta_options(self, model: Any) -> dict[str, Any]:
        """Add the index of the audit trail's filter: a creation has no kind but its type."""
        wanted = {"kind": ["kind", "history_type"], "last": self.last}
        name = f"{model._meta.model_name}_history"
        indexes = [
            models.Index(fields=fields, name=f"{name}_{what}")
            for what, fields in wanted.items()
            if fields
        ]
        return super().get_meta_options(model) | {"indexes": indexes}


def records(
    row: Any = HistoryRow, *, last: Sequence[str] = (), **options: Any
) -> HistoricalRecords:
    """Return the history of a model: who, when, why, through what, by 64 bits."""
    return Records(
        last=last,
        bases=[row],
        get_user=current_user,
        history_id_field=models.BigAutoField(),
        **options,
    )
