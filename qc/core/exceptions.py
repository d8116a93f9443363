"""What can go wrong, in words fit for the person who reads them."""


class QCError(Exception):
    """This could not be done."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.__doc__)

    def __str__(self) -> str:
        return str(self.args[0])


class NotAllowed(QCError):
    """You may not do this."""


class NotFound(QCError):
    """There is no such task."""


class InvalidTransition(QCError):
    """The task is not in a state for this."""


class NotEligible(QCError):
    """This person can't take this task now."""


class Busy(QCError):
    """Too many want the same right now. Please try again."""


class InvalidInput(QCError):
    """A value is missing or not allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
