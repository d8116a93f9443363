"""The user, channel and kind of change, for every history row that is written meanwhile.

Pages, API, import and sweep set it once; the history rows read it.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils.translation import gettext_lazy as _

T = TypeVar("T")


class Channel(models.TextChoices):
    """Where a change came from."""

    PAGE = "page", _("web")
    API = "api", _("API")
    IMPORT = "import", _("import")
    SWEEP = "sweep", _("scheduler")
    SHELL = "shell", _("console")


_channel: ContextVar[str] = ContextVar("through", default=Channel.SHELL)
_user: ContextVar[Any] = ContextVar("user", default=None)
_kind: ContextVar[str] = ContextVar("kind", default="")


@contextmanager
def _bound(variable: ContextVar[T], value: T) -> Iterator[None]:
    """Set a context variable for all that runs inside."""
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


@contextmanager
def acting(channel: Channel, user: AbstractBaseUser | None = None) -> Iterator[None]:
    """Set channel and user of all changes inside; `user` is None for a job."""
    with _bound(_channel, channel), _bound(_user, user):
        yield


def kind_of_change(kind: str) -> AbstractContextManager[None]:
    """Set the kind of all changes inside, such as "completed" or "signed out"."""
    return _bound(_kind, kind)


def current_channel() -> str:
    """Return the channel of the present change."""
    return _channel.get()


def current_kind() -> str:
    """Return the kind of the present change, "" for a plain edit."""
    return _kind.get()


def current_user(**_: Any) -> Any:
    """Return the user who acts now, None for a job; simple-history calls it."""
    user = _user.get()
    return user if getattr(user, "is_authenticated", False) else None
