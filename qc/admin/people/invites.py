"""Links by which people choose their first password: made for many at once, shown once."""

from collections.abc import Collection
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from qc import history
from qc.admin.sign_in import new_password
from qc.models import ChangeKind, User


class Invite(NamedTuple):
    """A person, and the link that was made for them."""

    person: User
    link: str


@transaction.atomic
def make(request: HttpRequest, ids: Collection[int]) -> list[Invite]:
    """Make a link for each of these people, which ends the one before; record that it is made."""
    by: Any = request.user
    people = list(User.objects.locked(*ids))
    history.record_many(people, kind=ChangeKind.LINK_MADE, by=by, reasons=[""] * len(people))
    return [Invite(person, new_password.link_for(request, person)) for person in people]


def page(request: HttpRequest, context: dict[str, Any], ids: Collection[int]) -> HttpResponse:
    """Return the page that shows new links of these people: this once."""
    invites = make(request, ids)
    more = {
        "title": gettext("Invite links"),
        "invites": invites,
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }
    return render(request, "qc/people/invites.html", context | more)
