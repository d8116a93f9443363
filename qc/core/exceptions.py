"""What can go wrong, with messages that are shown to people."""

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
    """Newer notes than these are stored: `text`, of version `version`."""

    def __init__(self, message: str, text: str, version: int) -> None:
        super().__init__(message)
        self.text, self.version = text, version


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
