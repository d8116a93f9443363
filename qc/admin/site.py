"""The admin site: its name, who may enter and which page they come to first."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from qc import permissions
from qc.admin.floor import views as floor
from qc.admin.imports import views as import_pages
from qc.admin.my_work import views as my_work
from qc.admin.people import my_settings, presence_switch
from qc.admin.point_in_time import views as point_in_time
from qc.admin.reports import views as reports
from qc.admin.sign_in import terminal
from qc.admin.sign_in import views as sign_in
from qc.admin.sign_in.forms import OwnPasswordForm, SignInForm, may_enter
from qc.admin.status import views as status
from qc.admin.trail import downloads as trail_downloads
from qc.admin.trail import views as trail
from qc.web import connection

OWN_SCREENS = (
    my_work,
    floor,
    presence_switch,
    import_pages,
    reports,
    trail,
    trail_downloads,
    point_in_time,
    sign_in,
    status,
)


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
        alive = path("alive/", connection.alive, name="alive")
        ours = [pattern for screen in OWN_SCREENS for pattern in screen.urlpatterns]
        return [settings, alive, *ours, *super().get_urls()]

    @method_decorator(never_cache)
    @login_not_required
    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Show the sign-in page, or sign in."""
        if request.method == "GET" and self.has_permission(request):
            return self.index(request)
        context = self.each_context(request) | {"app_path": request.get_full_path()}
        context |= {"username": request.user.get_username()} | (extra_context or {})
        return sign_in.SignInView.as_view(extra_context=context)(request)

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Sign out; ask first where a task is started."""
        question = sign_in.sign_out_question(request)
        if question is not None:
            return question
        response = super().logout(request, extra_context)
        if not request.user.is_authenticated:
            terminal.forget(response)
        return response

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Show the form of one's own new password, or save it."""
        request.current_app = self.name
        return PasswordChangeView.as_view(
            form_class=OwnPasswordForm,
            success_url=reverse("admin:password_change_done"),
            extra_context=self.each_context(request) | (extra_context or {}),
        )(request)

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


def home(user: Any) -> str:
    """Return the address of the page this user works on."""
    if permissions.is_manager(user):
        return reverse("admin:floor")
    return reverse("admin:trail" if permissions.is_auditor(user) else "admin:my_work")
