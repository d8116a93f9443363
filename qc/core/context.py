"""Who acts and through what, for every history row written meanwhile.

The edges (pages, API, import, sweep) say it once; the rows read it when they are made.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class Channel(models.TextChoices):
    """The way by which a change came."""

    PAGE = "page", _("web")
    API = "api", _("API")
    IMPORT = "import", _("import")
    SWEEP = "sweep", _("scheduler")
    SHELL = "shell", _("console")


_channel: ContextVar[str] = ContextVar("through", default=Channel.SHELL)
_user: ContextVar[Any] = ContextVar("user", default=None)
_kind: ContextVar[str] = ContextVar("kind", default="")


@contextmanager
def acting(channel: Channel, user: AbstractBaseUser | None = None) -> Iterator[None]:
    """Name the way and the person for all changes inside; `user` is None for a job."""
    tokens = (_channel.set(channel), _user.set(user))
    try:
        yield
    finally:
        _channel.reset(tokens[0])
        _user.reset(tokens[1])


@contextmanager
def kind_of_change(kind: str) -> Iterator[None]:
    """Name the kind of the changes inside, such as "completed" or "signed out"."""
    token = _kind.set(kind)
    try:
        yield
    finally:
        _kind.reset(token)


def current_channel() -> str:
    """Return the way by which the present change comes."""
    return _channel.get()


def current_kind() -> str:
    """Return the kind of the present change; "" is a plain edit."""
    return _kind.get()


def current_user(**_: Any) -> Any:
    """Return the person who acts now, or None for a job; simple-history asks it."""
    user = _user.get()
    return user if getattr(user, "is_authenticated", False) else None
