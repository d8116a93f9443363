"""What happened and changed no task, person or queue, yet belongs to the audit trail."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qc.models.history import CommittedRow, HistoryRow

LONGEST_NAME = 150
# The filter that has somebody's name.
PERSON = "person"
# A name that begins so is a mark: what was tried is nobody's name, and may be a password.
UNKNOWN_NAME_PREFIX = "?"


class EventKind(models.TextChoices):
    """What can happen."""

    SIGN_IN_FAILED = "sign-in failed", _("Sign-in failed")
    LOCKED_OUT = "locked out", _("Locked out")
    LET_IN = "let in again", _("Unlocked")
    EXPORTED = "exported", _("Exported")
    READ = "read the trail", _("Audit trail read")
    ARCHIVED = "archived", _("Archived")


class AuditEvent(CommittedRow, HistoryRow):
    """One thing that happened; its columns are named as those of a history row are.

    `name` is whose name somebody tried to sign in with, or a mark (`qc.web.sign_ins`), `address`
    where from, `details` what was exported or read: the filters, how many rows. Whose name was
    among the filters is in `about`: a name can be taken out again, details can't.
    """

    history_id = models.BigAutoField(primary_key=True)
    history_date = models.DateTimeField(default=timezone.now, db_index=True)
    history_user = models.ForeignKey("qc.User", models.PROTECT, related_name="+", null=True)
    name = models.CharField(max_length=LONGEST_NAME, blank=True, default="", db_index=True)
    address = models.GenericIPAddressField(null=True)
    details = models.JSONField(default=dict)
    about = models.CharField(max_length=LONGEST_NAME, blank=True, default="", db_default="")

    # As a history row has them: what a row says is asked of all alike.
    history_change_reason = ""
    history_type = ""

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["kind"], name="event_kind")]  # noqa: RUF012

    def __str__(self) -> str:
        return f"{self.kind} {self.history_date:%Y-%m-%d %H:%M:%S}"

    @property
    def filters(self) -> dict[str, str]:
        """By what was exported or read."""
        whose = {PERSON: self.about} if self.about else {}
        return whose | self.details.get("filters", {})
