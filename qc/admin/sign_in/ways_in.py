"""Which ways in there are: a password, the provider of single sign-on, or both."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from qc.web.refusals import FORBIDDEN, refuse


def provider() -> Any:
    """Return the provider that the settings name. Raises Http404 where they name none."""
    if settings.QC_OIDC is None:
        raise Http404
    return settings.QC_OIDC


def shown() -> dict[str, Any]:
    """Return what pages need to know to show the ways in."""
    name = settings.QC_OIDC.name if settings.QC_OIDC else ""
    return {"provider": name, "password_form": settings.QC_PASSWORD_FORM}


def provider_of(person: Any) -> str:
    """Return the name of the provider if this person signs in by it, else ""."""
    is_there = settings.QC_OIDC is not None and person.socialaccount_set.exists()
    return provider().name if is_there else ""


def has_password(person: Any) -> bool:
    """Return whether this person can show who they are by a password."""
    return settings.QC_PASSWORD_FORM and person.has_usable_password()


def without_passwords(request: HttpRequest) -> HttpResponse | None:
    """Return the refusal of a password where none is taken; None where they are."""
    if settings.QC_PASSWORD_FORM:
        return None
    text = _("Passwords are not used here. Please sign in with %(provider)s.")
    return refuse(request, FORBIDDEN, text % {"provider": provider().name}, why="password")
