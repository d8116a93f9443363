"""Links by which people choose a password: made for one or many, sent, and shown once."""

import logging
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from qc import history
from qc.admin.sign_in import new_password
from qc.core.localization import localized
from qc.models import ChangeKind, User

logger = logging.getLogger(__name__)

HOURS = settings.PASSWORD_RESET_TIMEOUT // 3600


class Invite(NamedTuple):
    """A person, and the link that was made for them."""

    person: User
    link: str


class Invites(NamedTuple):
    """Links that were made, and the ids of the people to whom theirs was sent."""

    all: list[Invite]
    sent: set[int]


def make(request: HttpRequest, ids: Collection[int]) -> Invites:
    """Make a link for each of these people, and send it to those who have an e-mail address.

    It ends the one before.
    """
    invites = _record(request, ids)
    return Invites(invites, _send(invites))


@transaction.atomic
def _record(request: HttpRequest, ids: Collection[int]) -> list[Invite]:
    """Record that a link is made for each of these people, and return the links."""
    by: Any = request.user
    people = list(User.objects.locked(*ids))
    history.record_many(people, kind=ChangeKind.LINK_MADE, by=by, reasons=[""] * len(people))
    return [Invite(person, new_password.link_for(request, person)) for person in people]


def can_mail() -> bool:
    """Return whether the settings name a mail server."""
    return bool(settings.EMAIL_HOST)


def _send(invites: Sequence[Invite]) -> set[int]:
    """Send links to the people who have an address; return their ids, none if that failed."""
    to_send = [one for one in invites if one.person.email] if can_mail() else []
    if not to_send:
        return set()
    try:
        get_connection().send_messages([_message(one) for one in to_send])
    except OSError as error:  # also what SMTP refuses
        # The page says which were sent; nobody else has the link.
        logger.warning("Invite links could not be sent: %r", error)
        return set()
    return {one.person.pk for one in to_send}


def _message(invite: Invite) -> EmailMessage:
    """Return the e-mail with a link, in the language of its person."""
    person = invite.person
    with localized(person.language, person.time_zone):
        text = gettext(
            "Hello %(name)s,\n\nby this link you choose your password for QC Desk. Your username "
            "is %(username)s. The link works once, within %(hours)d hours:\n\n%(link)s\n"
        )
        names = {"name": person.get_full_name() or person, "username": person, "hours": HOURS}
        body = text % {**names, "link": invite.link}
        return EmailMessage(gettext("Your account in QC Desk"), body, to=[person.email])


def page(request: HttpRequest, context: dict[str, Any], ids: Collection[int]) -> HttpResponse:
    """Return the page that shows new links of these people: this once."""
    invites = make(request, ids)
    more = {"title": gettext("Invite links"), "invites": invites.all, "hours": HOURS}
    more |= {"sent": invites.sent, "can_mail": can_mail()}
    return render(request, "qc/people/invites.html", context | more)
