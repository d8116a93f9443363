"""Events: entries of the audit trail that change no task, person or queue."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qc.models.history import CommittedRow, HistoryRow

LONGEST_NAME = 150
# The filter whose value is a person's name.
PERSON = "person"
# Prefix of the hash stored instead of an unknown user name, which may be a password.
UNKNOWN_NAME_PREFIX = "?"


class EventKind(models.TextChoices):
    """The kinds of events."""

    SIGN_IN_FAILED = "sign-in failed", _("Sign-in failed")
    LOCKED_OUT = "locked out", _("Locked out")
    UNLOCKED = "let in again", _("Unlocked")
    EXPORTED = "exported", _("Exported")
    READ = "read the trail", _("Audit trail read")
    ARCHIVED = "archived", _("Archived")


class AuditEvent(CommittedRow, HistoryRow):
    """An event; its columns have the names that they have in history rows.

    `name` is the user name of a failed sign-in, or a hash of an unknown one
    (`qc.web.sign_ins`), `address` its IP address. `details` has what was exported or read: filters
    and number of rows. A person among the filters is in `about`, as a name must be erasable.
    """

    history_id = models.BigAutoField(primary_key=True)
    history_date = models.DateTimeField(default=timezone.now, db_index=True)
    history_user = models.ForeignKey("qc.User", models.PROTECT, related_name="+", null=True)
    name = models.CharField(max_length=LONGEST_NAME, blank=True, default="", db_index=True)
    address = models.GenericIPAddressField(null=True)
    details = models.JSONField(default=dict)
    about = models.CharField(max_length=LONGEST_NAME, blank=True, default="", db_default="")

    # History rows have these too, so that all rows can be read alike.
    history_change_reason = ""
    history_type = ""

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["kind"], name="event_kind")]  # noqa: RUF012

    def __str__(self) -> str:
        return f"{self.kind} {self.history_date:%Y-%m-%d %H:%M:%S}"

    @property
    def filters(self) -> dict[str, str]:
        """The filters by which rows were exported or read."""
        person = {PERSON: self.about} if self.about else {}
        return person | self.details.get("filters", {})
