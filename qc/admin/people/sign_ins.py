"""The list of somebody's sessions and tokens, on *My settings* and on a person's page."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from qc import permissions
from qc.admin.shared.access import page_view
from qc.admin.shared.dialogs import next_page
from qc.audit import sign_ins
from qc.core.exceptions import NotAllowed, NotFound
from qc.models import SignIn, User
from qc.web.session_store import SIGN_IN

MOST_SHOWN = 50

ending_button = page_view(after_sign_in="admin:my_settings", methods=["POST"])


def shown(request: HttpRequest, person: User) -> dict[str, Any]:
    """Return what the template `qc/people/sign_ins.html` shows of a person, {} if not allowed."""
    user: Any = request.user
    if not permissions.may_steer(user, person):
        return {}
    rows = list(SignIn.objects.filter(person=person).valid()[: MOST_SHOWN + 1])
    here = request.session.get(SIGN_IN) if person.pk == user.pk else None
    return {
        "person": person,
        "sign_ins": rows[:MOST_SHOWN],
        "here": here,
        "has_more": len(rows) > MOST_SHOWN,
        "can_end_all": any(row.pk != here for row in rows),
    }


@ending_button
def end_one(request: HttpRequest, pk: int) -> HttpResponse:
    """End a session or a token; whose own session it is signs out instead."""
    user: Any = request.user
    if pk == request.session.get(SIGN_IN):
        messages.warning(request, _("This is the session you are in. Sign out to end it."))
        return _back(request)
    try:
        sign_ins.end(pk, by=user)
    except (NotAllowed, NotFound) as error:
        # Nobody learns which there are of others.
        raise Http404 from error
    messages.success(request, _("It has ended."))
    return _back(request)


@ending_button
def end_all(request: HttpRequest, pk: int) -> HttpResponse:
    """End all sessions and tokens of a person, but not the session of this request."""
    user: Any = request.user
    try:
        person = sign_ins.end_all(pk, by=user)
    except (NotAllowed, NotFound) as error:
        raise Http404 from error
    if person == user:
        update_session_auth_hash(request, person)
        messages.success(request, _("All your other sessions and tokens have ended."))
    else:
        text = _("All sessions and tokens of %(person)s have ended.")
        messages.success(request, text % {"person": person})
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(next_page(request, reverse("admin:my_settings")))


urlpatterns = [
    path("sign-ins/<int:pk>/end/", end_one, name="end_sign_in"),
    path("people/<int:pk>/sign-ins/end/", end_all, name="end_sign_ins"),
]
