"""Who else is still signed in at the terminal where somebody signs in now.

A signed cookie names whoever signed in last in this browser, and when.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property

from qc.models import Task, User

COOKIE = settings.QC_TERMINAL_COOKIE
SALT = "qc.terminal"
REMEMBERED_FOR = timedelta(days=90)


@dataclass
class SomebodyElse:
    """Somebody who is still signed in here, and what they hold."""

    person: User
    has_session: bool

    @cached_property
    def tasks(self) -> list[Task]:
        """The tasks that they hold."""
        return list(Task.objects.held_by(self.person))

    @property
    def references(self) -> str:
        """The references of these tasks."""
        return references(self.tasks)


def references(tasks: Iterable[Task]) -> str:
    """Return the references of some tasks, for a sentence."""
    return ", ".join(task.reference for task in tasks)


def somebody_else(request: HttpRequest, person: User) -> SomebodyElse | None:
    """Return who is still signed in where this person signs in, or None."""
    if isinstance(request.user, User):
        is_other = request.user.pk != person.pk
        return SomebodyElse(request.user, has_session=True) if is_other else None
    last = _last_one(request)
    if last is None or last.pk == person.pk or not last.is_logged_in:
        return None
    other = SomebodyElse(last, has_session=False)
    return other if other.tasks else None


def remember(response: HttpResponse, person: User) -> None:
    """Remember who has signed in here."""
    response.set_signed_cookie(
        COOKIE,
        f"{person.pk}/{timezone.now().isoformat()}",
        salt=SALT,
        max_age=REMEMBERED_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def is_somebodys(request: HttpRequest) -> bool:
    """Return whether somebody has signed in here and not out again."""
    return bool(request.COOKIES.get(COOKIE))


def forget(response: HttpResponse) -> None:
    """Forget who was here: they have signed out."""
    response.delete_cookie(COOKIE, samesite="Lax")


def _last_one(request: HttpRequest) -> User | None:
    """Return who signed in here last, unless they have signed in elsewhere since."""
    signed = request.get_signed_cookie(COOKIE, "", salt=SALT, max_age=REMEMBERED_FOR) or ""
    pk, _slash, moment = signed.partition("/")
    if not moment:
        return None
    at = datetime.fromisoformat(moment)
    return User.objects.filter(pk=pk, last_login__lte=at).first()
