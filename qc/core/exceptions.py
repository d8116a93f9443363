"""What can go wrong, in words fit for the person who reads them."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class QCError(Exception):
    """This could not be done."""

    message: str | Promise = _("This could not be done.")

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message)

    def __str__(self) -> str:
        return str(self.args[0])


class NotAllowed(QCError):
    """You may not do this."""

    message = _("You may not do this.")


class NotFound(QCError):
    """There is no such task."""

    message = _("There is no such task.")


class InvalidTransition(QCError):
    """The task is not in a state for this."""

    message = _("The status of the task does not allow this.")


class NotEligible(QCError):
    """This person can't take this task now."""

    message = _("This person can't get this task now.")


class Busy(QCError):
    """Too many transactions wanted the same rows."""

    message = _("The system is busy. Nothing was changed; please try again.")


class InvalidInput(QCError):
    """A value is missing or not allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
