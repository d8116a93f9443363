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
    SESSION_BEGUN = "session begun", _("Session begun")
    SESSION_ENDED = "session ended", _("Session ended")
    SESSION_IDLE = "session idle", _("Unused session ended")
    TOKEN_ISSUED = "token issued", _("Token issued")
    TOKEN_ENDED = "token ended", _("Token ended")
    ACCESS_ENDED = "access ended", _("All sessions and tokens ended")
    SECOND_FACTOR_ADDED = "factor added", _("Second factor added")
    SECOND_FACTOR_RENAMED = "factor renamed", _("Second factor renamed")
    SECOND_FACTOR_REMOVED = "factor removed", _("Second factor removed")
    SECOND_FACTOR_RESET = "factor reset", _("Second factor reset")
    SECOND_FACTOR_FAILED = "factor failed", _("Second factor failed")
    RECOVERY_CODES_MADE = "recovery codes made", _("Recovery codes made")
    RECOVERY_CODE_USED = "recovery code used", _("Recovery code used")
    EXPORTED = "exported", _("Exported")
    VERIFIED = "verified", _("Audit trail verified")
    READ = "read the trail", _("Audit trail read")
    FILE_DELETED = "file deleted", _("File of an import deleted")
    ARCHIVED = "archived", _("Archived")
    NAMES_REMOVED = "names removed", _("Names removed")
    PLAN_VERSION = "plan version", _("Check plan published")
    PICTURE_ADDED = "picture added", _("Picture added")
    CODE_CHANGED = "code changed", _("Defect code changed")
    EVIDENCE_ADDED = "evidence added", _("File added")
    EVIDENCE_REMOVED = "evidence removed", _("File removed")
    EVIDENCE_REFUSED = "evidence refused", _("File refused by the scanner")
    HANDOVER_WRITTEN = "handover", _("Handover note written")
    HANDOVER_READ = "handover read", _("Handover note read")
    ALERT_CHANGED = "alert changed", _("Alert changed")
    WEBHOOK_CHANGED = "webhook changed", _("Webhook changed")
    BASELINE_FROZEN = "baseline frozen", _("Baseline frozen")
    SERVICE_TOKEN_CHANGED = "service token", _("Service token changed")
    SERVICE_TOKEN_RENEWED = "new secret", _("New secret of a service token")
    SERVICE_TOKEN_REVOKED = "service token end", _("Service token revoked")
    SERVICE_TOKEN_REFUSED = "token refused", _("Service token refused")


class Refusal(models.TextChoices):
    """Why somebody was refused for whom a provider of single sign-on has vouched."""

    UNKNOWN = "unknown", _("no account")
    TAKEN = "taken", _("the name is another account's")
    NAME = "name", _("the name can't be used")
    INACTIVE = "inactive", _("deactivated")
    NO_ROLE = "no role", _("no role")
    OTHER_ACCOUNT = "other account", _("connected with another account")


class AuditEvent(CommittedRow, HistoryRow):
    """An event; its columns have the names that they have in history rows.

    `name` is the user name of a sign-in or its end, or a hash of an unknown one
    (`qc.web.sign_ins`), `address` its IP address, and `details` its device. `details` has what
    was exported or read, too: filters and number of rows. A person among the filters is in `about`,
    as a name must be erasable. NAMES_REMOVED has the `person` who was anonymised, and which
    `events` lost their name for it.
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
