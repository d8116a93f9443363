"""The admin site: its name, who may enter and which page they come to first."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from qc import permissions
from qc.admin.check_plans import pages as check_plans
from qc.admin.comments import views as comments
from qc.admin.evidence import views as evidence
from qc.admin.floor import views as floor
from qc.admin.handover import views as handover
from qc.admin.imports import views as import_pages
from qc.admin.my_work import views as my_work
from qc.admin.people import matrix, my_settings, presence_switch
from qc.admin.people import sign_ins as people_sign_ins
from qc.admin.point_in_time import views as point_in_time
from qc.admin.reports import views as reports
from qc.admin.shared.access import in_frame
from qc.admin.sign_in import new_password, terminal
from qc.admin.sign_in import views as sign_in
from qc.admin.sign_in.forms import SignInForm, may_enter
from qc.admin.status import views as status
from qc.admin.tasks import record_page
from qc.admin.trail import downloads as trail_downloads
from qc.admin.trail import verification as trail_verification
from qc.admin.trail import views as trail
from qc.admin.webhooks import views as webhooks
from qc.web import connection

OWN_SCREENS = (
    my_work,
    floor,
    handover,
    comments,
    evidence,
    presence_switch,
    people_sign_ins,
    matrix,
    import_pages,
    check_plans,
    reports,
    record_page,
    trail,
    trail_downloads,
    trail_verification,
    point_in_time,
    sign_in,
    new_password,
    status,
    webhooks,
)


class PagesSite(UnfoldAdminSite):
    """The pages of QC staff, managers and auditors."""

    site_title = site_header = _("QC Desk")
    login_form = SignInForm

    @cached_property
    def same_for_all(self) -> dict[str, Any]:
        """What Unfold's frame shows to everybody on every page."""
        nobody = HttpRequest()
        nobody.META["SCRIPT_NAME"], nobody.user = "", AnonymousUser()
        return dict(super().each_context(nobody))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return what every page shows; the menu is drawn by `qc.admin.menu`."""
        own = {"has_permission": self.has_permission(request), "log_entries": ()}
        return self.same_for_all | own | {"account_links": my_settings.account_links(request)}

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may enter at all."""
        return may_enter(request.user)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Return a view for those who may enter, in Unfold's frame."""
        return in_frame(super().admin_view(view, cacheable))

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
        return sign_in.OwnPasswordView.as_view(
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
