"""The pages that say why nobody is signed in by the provider of single sign-on."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qc.admin.sign_in.ways_in import provider
from qc.models.events import Refusal
from qc.web.refusals import FORBIDDEN, whole_page

EXPIRED, AWAY = 400, 503
REFUSALS = {
    Refusal.UNKNOWN: gettext_lazy(
        "%(provider)s knows you as “%(name)s”, and there is no such account here yet. Please ask a "
        "manager for one, and sign in by the link that you are given."
    ),
    Refusal.TAKEN: gettext_lazy(
        "There is an account “%(name)s” already, which is not connected with %(provider)s. If it "
        "is yours, ask a manager for a link by “Reset password”, open it, and sign in with "
        "%(provider)s there."
    ),
    Refusal.NAME: gettext_lazy(
        "%(provider)s calls you “%(name)s”, which can't be a name here. Please ask a manager for "
        "an account, and sign in by the link that you are given."
    ),
    Refusal.INACTIVE: gettext_lazy("The account “%(name)s” is deactivated."),
    Refusal.NO_ROLE: gettext_lazy("You have no role yet. Please ask a manager for one."),
    Refusal.OTHER_ACCOUNT: gettext_lazy(
        "The link is for “%(name)s”, but with %(provider)s you sign in to another account. Sign in "
        "to %(provider)s as the person whom the link is for."
    ),
}


def refused(request: HttpRequest, why: Refusal, name: str) -> HttpResponse:
    """Say why somebody may not come in for whom the provider has vouched."""
    text = REFUSALS[why]
    if why == Refusal.NO_ROLE and provider().roles:
        text = gettext_lazy(
            "You have no role yet. %(provider)s gives roles, by groups: please ask whoever "
            "manages these."
        )
    return _page(request, FORBIDDEN, str(text), name)


def invalid_link(request: HttpRequest) -> HttpResponse:
    """Say that the link by which somebody went to the provider can't be used any more."""
    return _page(request, FORBIDDEN, _("The link is no longer valid. Please ask for a new one."))


def cancelled(request: HttpRequest) -> HttpResponse:
    """Say that somebody cancelled at the provider."""
    return _page(request, FORBIDDEN, _("The sign-in with %(provider)s was cancelled."))


def expired(request: HttpRequest) -> HttpResponse:
    """Say that an answer of the provider belongs to no sign-in that was begun here."""
    text = _("This sign-in was begun too long ago, or in another browser. Please begin again.")
    return _page(request, EXPIRED, text)


def away(request: HttpRequest) -> HttpResponse:
    """Say that the provider does not answer, or not as it should."""
    text = _(
        "%(provider)s can't be reached, or did not confirm who you are. Please try again in a "
        "moment."
    )
    return _page(request, AWAY, text)


def _page(request: HttpRequest, status: int, text: str, name: str = "") -> HttpResponse:
    values = {"provider": provider().name, "name": name}
    context = {"title": _("You are not signed in"), "text": text % values}
    return whole_page(request, "qc/sign_in/not_signed_in.html", context, status)
