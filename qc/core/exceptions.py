"""What can go wrong, with messages that are shown to people."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class QCError(Exception):
    """The base of all errors whose message is shown to people."""

    message: str | Promise = _("This could not be done.")

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message)

    def __str__(self) -> str:
        return str(self.args[0])


class NotAllowed(QCError):
    """The user has no permission for this."""

    message = _("You may not do this.")


class NotFound(QCError):
    """There is no such object."""

    message = _("There is no such task.")


class InvalidTransition(QCError):
    """The state of the object does not allow this."""

    message = _("The status of the task does not allow this.")


class AlreadyCompleted(InvalidTransition):
    """The same person has completed the task already, with another outcome or other notes."""


class StaleDraft(QCError):
    """Newer notes or answers are stored: `text` and `findings`, of version `version`."""

    def __init__(
        self, message: str, text: str, version: int, findings: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.text, self.version, self.findings = text, version, findings


class NotEligible(QCError):
    """This person can't get this task now."""

    message = _("This person can't get this task now.")


class Busy(QCError):
    """A transaction lost too many races for the same rows."""

    message = _("The system is busy. Nothing was changed; please try again.")


class InvalidInput(QCError):
    """The value of `field` is missing or not allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class InvalidFields(InvalidInput):
    """Several values are missing or not allowed: `errors` has a message for each, by its name."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(*next(iter(errors.items())))
        self.errors = dict(errors)

    def __str__(self) -> str:
        return " ".join(self.errors.values())


class InvalidCheck(InvalidFields):
    """Parts of a check are missing or not allowed."""
