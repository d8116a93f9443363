"""Whether the request at hand waited too long for a thread: the server notes it."""

from contextvars import ContextVar

_is_late: ContextVar[bool] = ContextVar("is_late", default=False)


def note(*, is_late: bool) -> None:
    """Note whether the request that this thread takes up now has waited too long."""
    _is_late.set(is_late)


def is_late() -> bool:
    """Return whether the request at hand waited so long that it is to be refused."""
    return _is_late.get()
