"""The tabs above the task list: views that everybody has, shared ones, and one's own."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from qc.admin.tasks.orders import (
    ARRIVED,
    COMPLETED,
    DETAIL,
    LATE,
    OUTCOME,
    PERSON,
    PRIORITY,
    PURPOSE,
    QUEUE,
    SEARCH,
    STATUS,
)
from qc.models import Outcome, SavedView
from qc.web.users import user_of

LIST = "admin:qc_task_changelist"
# The parameters of an address that a view keeps, and how long each may be.
FILTERS = (QUEUE, STATUS, OUTCOME, PRIORITY, PERSON, LATE, PURPOSE, DETAIL, SEARCH)
KEPT = (*FILTERS, *ARRIVED, *COMPLETED, ORDER_VAR)
LONGEST = 200
# The most views of one person, and the most tabs of others.
MOST_VIEWS = 20


class ViewForm(forms.ModelForm):
    """The name of a view, and whether it is shared."""

    class Meta:
        model = SavedView
        fields = ("name", "is_shared")

    def __init__(self, request: HttpRequest, view: SavedView, *, may_share: bool) -> None:
        super().__init__(request.POST, instance=view)
        if not may_share:
            del self.fields["is_shared"]

    def clean_name(self) -> str:
        """Return the name. Raise ValidationError for one that the owner has already."""
        name = str(self.cleaned_data["name"])
        others = SavedView.objects.filter(owner=self.instance.owner).exclude(pk=self.instance.pk)
        if others.filter(name=name).exists():
            raise forms.ValidationError(_("You have a view of this name already."))
        if self.instance.pk is None and others.count() >= MOST_VIEWS:
            raise forms.ValidationError(_("You have too many views. Please delete one first."))
        return name


class Tabs:
    """The tabs of a user, and which of them shows what the address asks for."""

    def __init__(self, request: HttpRequest, *, may_share: bool) -> None:
        self.may_share = may_share
        self.params = kept(request.GET)
        self.query = urlencode(self.params)
        of_user = Q(owner=request.user.pk) | Q(is_shared=True)
        views = SavedView.objects.filter(of_user).order_by("-is_shared", "name")
        self.views = list(views[: 2 * MOST_VIEWS])
        self.shown = next((one for one in self.views if one.params == self.params), None)
        is_own = self.shown is not None and self.shown.owner_id == request.user.pk
        self.may_change = is_own or (self.shown is not None and may_share)

    @property
    def all(self) -> list[tuple[Any, str, bool]]:
        """The tabs: name, address, and whether it is shown now."""
        saved = [(view.name, view.params) for view in self.views]
        return [
            (name, f"?{urlencode(params)}", params == self.params)
            for name, params in (*_usual(), *saved)
        ]

    @property
    def is_new(self) -> bool:
        """Whether the filters are those of no tab, and so can be saved."""
        return not any(is_shown for _name, _address, is_shown in self.all)


class SavedViews:
    """Adds the tabs to the task list, and what saves, changes and deletes a view."""

    admin_site: Any
    has_view_permission: Callable[..., bool]
    has_steer_permission: Callable[..., bool]

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses of the task pages, with those of views."""

        def posted(view: Callable[..., HttpResponse]) -> Any:
            return self.admin_site.admin_view(require_POST(view))

        return [
            path("views/save/", posted(self.save_view), name="task_view_save"),
            path("views/<int:pk>/change/", posted(self.change_saved), name="task_view_change"),
            path("views/<int:pk>/delete/", posted(self.delete_saved), name="task_view_delete"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list, and above it the tabs."""
        tabs = Tabs(request, may_share=self.has_steer_permission(request))
        return super().changelist_view(request, {"tabs": tabs, **(extra_context or {})})  # type: ignore[misc]

    def save_view(self, request: HttpRequest) -> HttpResponse:
        """Save filters and order as a view of the user."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        params = kept(QueryDict(request.POST.get("query", "")[: LONGEST * len(KEPT)]))
        view = SavedView(owner=user_of(request), params=params)
        return self._save(request, view)

    def change_saved(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Rename or share a view."""
        return self._save(request, self._changeable(request, pk))

    def delete_saved(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete a view."""
        self._changeable(request, pk).delete()
        return redirect(LIST)

    def _save(self, request: HttpRequest, view: SavedView) -> HttpResponse:
        form = ViewForm(request, view, may_share=self.has_steer_permission(request))
        if form.is_valid():
            form.save()
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return redirect(f"{reverse(LIST)}?{urlencode(view.params)}")

    def _changeable(self, request: HttpRequest, pk: int) -> SavedView:
        """Return a view that the user may change: their own, a manager a shared one too."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_change = Q(owner=request.user.pk)
        if self.has_steer_permission(request):
            may_change |= Q(is_shared=True)
        return get_object_or_404(SavedView, may_change, pk=pk)


def kept(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters of an address that a view keeps, the last value of each."""
    values = {name: str(params.get(name) or "").strip()[:LONGEST] for name in KEPT}
    return {name: value for name, value in values.items() if value}


def _usual() -> list[tuple[Any, dict[str, str]]]:
    """Return the views that everybody has."""
    today = timezone.localdate()
    monday = str(today - timedelta(days=today.weekday()))
    return [
        (gettext_lazy("All"), {}),
        (gettext_lazy("Open"), {LATE: "open"}),
        (gettext_lazy("Overdue"), {LATE: "yes"}),
        (gettext_lazy("Failed this week"), {OUTCOME: Outcome.FAILED.value, COMPLETED[0]: monday}),
    ]
