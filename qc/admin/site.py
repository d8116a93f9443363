"""The admin site: its name, who may enter and which page they come to first."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite

from qc import permissions
from qc.admin.floor import views as floor
from qc.admin.imports import views as import_pages
from qc.admin.my_work import views as my_work
from qc.admin.people import my_settings, presence_switch
from qc.admin.point_in_time import views as point_in_time
from qc.admin.reports import views as reports
from qc.admin.trail import downloads as trail_downloads
from qc.admin.trail import views as trail
from qc.models import User

OWN_SCREENS = (
    my_work,
    floor,
    presence_switch,
    import_pages,
    reports,
    trail,
    trail_downloads,
    point_in_time,
)


class SignInForm(AuthenticationForm):
    """Asks for name and password; says what to do to somebody who has no role."""

    def confirm_login_allowed(self, user: User) -> None:
        """Raise ValidationError for an account that may not enter the pages."""
        super().confirm_login_allowed(user)
        if not may_enter(user):
            raise ValidationError(_("You have no role yet. Please ask a manager for one."))


class PagesSite(UnfoldAdminSite):
    """The pages of QC staff, managers and auditors."""

    site_title = site_header = _("QC Desk")
    login_form = SignInForm

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may enter at all."""
        return may_enter(request.user)

    def get_urls(self) -> list[URLResolver | URLPattern]:
        """Return all addresses, those of our own screens first."""
        settings = path("my-settings/", self.admin_view(my_settings.page), name="my_settings")
        ours = [pattern for screen in OWN_SCREENS for pattern in screen.urlpatterns]
        return [settings, *ours, *super().get_urls()]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the page that the user works on."""
        return HttpResponseRedirect(home(request.user))

    def app_index(
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect too: the menu replaces the list of models."""
        return self.index(request)


def may_enter(user: Any) -> bool:
    """Return whether this account is active, meant for the pages, and has a role."""
    return user.is_active and user.is_staff and user.has_module_perms("qc")


def home(user: Any) -> str:
    """Return the address of the page this user works on."""
    if permissions.is_manager(user):
        return reverse("admin:floor")
    return reverse("admin:trail" if permissions.is_auditor(user) else "admin:my_work")
