"""The editor of check plans: each save publishes a version."""

from collections.abc import Collection
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline
from unfold.decorators import action
from unfold.enums import ActionVariant

from qc import permissions
from qc.admin.check_plans.forms import CopyForm, ItemForm, ItemFormSet, PlanForm
from qc.admin.check_plans.import_export import PlanImportExport, in_use
from qc.admin.shared.base import LockedModelAdmin
from qc.admin.shared.dialogs import dialog_action
from qc.checks import plans
from qc.checks.plan_draft import MOST_ITEMS
from qc.models import CheckPlan, PlanItem, PlanVersion, Queue, User
from qc.web import upload_limits


def copy(plan_id: int, *, by: User, from_queue: Queue) -> None:
    """Replace a plan by that of another queue."""
    plans.copy(from_queue, CheckPlan.objects.get(pk=plan_id).queue, by)


class ItemInline(StackedInline):
    """The items of a plan, which can be dragged."""

    model = PlanItem
    form = ItemForm
    formset = ItemFormSet
    extra = 0
    max_num = MOST_ITEMS
    collapsible = True
    ordering_field = "position"
    hide_ordering_field = True
    template_before = "qc/check_plans/how_to_move.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "position",
                    ("question", "section"),
                    ("kind", "key"),
                    "options",
                    ("unit", "decimals"),
                    ("lower", "upper"),
                    ("is_required", "is_critical"),
                    "weight",
                    "help",
                    "new_picture",
                    ("only_if", "only_if_answers"),
                )
            },
        ),
    )

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the formset, which takes no more items than a plan may have."""
        formset = super().get_formset(request, obj, **kwargs | {"validate_max": True})
        formset.by = request.user
        if getattr(request, "qc_upload_is_too_large", False):
            formset.refusal = upload_limits.together()
        return formset

    @admin.display(description=_("Picture"), empty_value="–")
    def new_picture(self, item: PlanItem) -> SafeString:
        """Return the picture, for who only reads."""
        picture = {"digest": item.picture_id, "question": item.question}
        return render_to_string("qc/check_plans/picture.html", picture)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may see plans."""
        return permissions.is_auditor(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may edit plans."""
        return _may_edit(request, obj)

    has_add_permission = has_delete_permission = has_change_permission


@admin.register(CheckPlan)
class CheckPlanAdmin(PlanImportExport, LockedModelAdmin):
    """Lists and edits check plans; auditors read them."""

    form = PlanForm
    inlines = (ItemInline,)
    list_display = ("queue", "in_use", "items_of_it", "rule")
    search_fields = ("queue__name",)
    ordering = ("queue__name",)
    list_select_related = ("queue__plan",)
    actions = ()
    fieldsets = (
        (
            None,
            {
                "fields": ("queue", ("rule", "pass_score")),
                "description": _(
                    "Saving publishes a new version, by which tasks are checked that start from "
                    "then on."
                ),
            },
        ),
    )
    actions_detail = ("preview", "copy_plan", "retire")

    copy_plan = dialog_action(
        "copy_plan",
        copy,
        label=_("Copy from another queue"),
        question=_("It replaces the items of this plan, and is in use from then on."),
        done=_("%(item)s has the items of the other queue now."),
        icon="content_copy",
        form=CopyForm,
    )
    retire = dialog_action(
        "retire",
        plans.retire,
        label=_("Retire"),
        question=_(
            "Tasks are checked without a plan from then on. What is written here stays; saving it "
            "puts it to use again."
        ),
        done=_("%(item)s has no check plan any more."),
        icon="playlist_remove",
        variant=ActionVariant.DANGER,
    )

    class Media:
        js = ("qc/check_plans/editor.js",)
        css = {"all": ("qc/check_plans/check_plans.css",)}  # noqa: RUF012

    @action(  # type: ignore[untyped-decorator]
        description=_("Preview"), url_path="preview-link", permissions=["read"], icon="visibility"
    )
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Go to the plan as the checker sees it."""
        return HttpResponseRedirect(reverse("admin:check_plan_preview", args=[object_id]))

    def available_actions(self, request: HttpRequest, item: CheckPlan) -> Collection[str]:
        """Return the names of the actions that make sense for a plan now."""
        if item.queue.is_closed:
            return {"preview"}
        names = set(self.actions_detail)
        return names if item.queue.plan_id else names - {"retire"}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may see plans."""
        return permissions.is_auditor(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may edit a plan."""
        return _may_edit(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may write a plan for a queue."""
        return permissions.is_manager(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may see plans at all."""
        return permissions.is_auditor(request.user)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the plans with their queues and the versions in use."""
        return super().get_queryset(request).select_related("queue__plan")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the queue, once the plan has one."""
        return ("queue",) if obj else ()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the items, publish the plan and say which version is in use."""
        super().save_related(request, form, formsets, change)
        plan, by = form.instance, cast("User", request.user)
        before = Queue.objects.get(pk=plan.queue_id).plan
        version = plans.publish(plan, by)
        if version == before:
            text = gettext("Nothing has changed: version %d stays in use.")
            messages.info(request, text % version.number)
        else:
            messages.success(request, in_use(version))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the versions: they are a plan's history."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:check_plan_versions", args=[object_id]))

    @admin.display(description=_("in use"), empty_value="–")
    def in_use(self, plan: CheckPlan) -> PlanVersion | None:
        """Return the version in use."""
        return plan.queue.plan

    @admin.display(description=_("items"))
    def items_of_it(self, plan: CheckPlan) -> int:
        """Return how many items the version in use has."""
        return len(plan.queue.plan.content["items"]) if plan.queue.plan else 0


def _may_edit(request: HttpRequest, plan: CheckPlan | None) -> bool:
    """Return whether this user may edit a plan; that of a closed queue stays as it is."""
    is_open = plan is None or not plan.queue.is_closed
    return is_open and permissions.is_manager(request.user)
