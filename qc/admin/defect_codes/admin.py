"""The pages of defect codes: managers edit them, auditors see them."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from qc import permissions
from qc.admin.defect_codes.forms import DefectCodeForm
from qc.admin.defect_codes.resource import COLUMNS, DefectCodeResource
from qc.admin.shared import labels
from qc.admin.shared.base import LockedModelAdmin
from qc.admin.shared.dialogs import NoReasonForm, dialog_action, find
from qc.admin.shared.import_files import TableImportExport
from qc.admin.shared.open_queues import OpenQueuesFilter
from qc.checks import defect_codes
from qc.core.exceptions import QCError
from qc.models import DefectCode, EventKind, Severity
from qc.web.users import user_of

SEVERITY = {Severity.CRITICAL: "danger", Severity.MAJOR: "warning"}


@admin.register(DefectCode)
class DefectCodeAdmin(TableImportExport, LockedModelAdmin):
    """Lists codes by their groups, edits them, switches them off, imports and exports them."""

    form = DefectCodeForm
    list_display = ("code", "named", "severity_label", "in_queues", "state")
    list_filter = ("severity", ("queues", OpenQueuesFilter), "is_active")
    list_group = "group"
    list_per_page = 500
    search_fields = ("group", "code", "name", "name_de")
    sortable_by = ()
    ordering = ("group", "code")
    autocomplete_fields = ("queues",)
    actions = ("switch_selected_off", "switch_selected_on")
    actions_detail = ("switch_off", "switch_on")
    readonly_fields = ("state",)
    fieldsets = (
        (None, {"fields": ("code", "group", ("name", "name_de"), "severity", "queues")}),
        (_("Status"), {"fields": ("state",)}),
    )
    resource_classes = (DefectCodeResource,)
    changed_meanwhile = _(
        "Nothing was imported: the codes or queues have changed since the preview."
    )

    switch_off = dialog_action(
        "switch_off",
        defect_codes.switch_off,
        label=_("Switch off"),
        question=_("Nobody can choose it any more. What was found under it stays."),
        done=_("%(item)s is switched off."),
        icon="toggle_off",
        form=NoReasonForm,
        variant=ActionVariant.WARNING,
    )
    switch_on = dialog_action(
        "switch_on",
        defect_codes.switch_on,
        label=_("Switch on"),
        question=_("People can choose it again."),
        done=_("%(item)s is switched on."),
        icon="toggle_on",
        form=NoReasonForm,
        variant=ActionVariant.PRIMARY,
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may see the codes."""
        return permissions.is_auditor(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may add, change and import codes."""
        return permissions.is_manager(request.user)

    has_add_permission = has_import_permission = has_change_permission

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may delete the code; `delete_view` says why not."""
        may = permissions.is_manager(request.user)
        return may and (obj is None or not defect_codes.is_used(obj))

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Return whether this user may export the codes."""
        return request.user.has_perm("qc.export_task")

    def get_queryset(self, request: HttpRequest) -> QuerySet[DefectCode]:
        """Return the codes with their queues."""
        return super().get_queryset(request).prefetch_related("queues")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions for several codes, without Django's own, which deletes them."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def available_actions(self, request: HttpRequest, item: DefectCode) -> list[str]:
        """Return the one action that changes something for this code."""
        return ["switch_off" if item.is_active else "switch_on"]

    def save_model(self, request: HttpRequest, obj: DefectCode, form: Any, change: bool) -> None:
        """Save the columns; the event of the change is written by `save_related`."""
        form.before = defect_codes.as_recorded(obj.pk)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the queues, and the event of the whole change."""
        super().save_related(request, form, formsets, change)
        defect_codes.record(form.before, defect_codes.as_recorded(form.instance.pk))

    def delete_model(self, request: HttpRequest, obj: DefectCode) -> None:
        """Delete a code, which leaves an event."""
        defect_codes.delete(obj, by=user_of(request))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Delete a code that no check has found; any other is refused with the reason."""
        code = find(self, request, object_id)
        if not self.has_delete_permission(request):
            raise PermissionDenied
        try:
            if not defect_codes.is_used(code):
                return super().delete_view(request, object_id, extra_context)
            refusal = defect_codes.why_kept(code)
        except QCError as error:  # it was found while it was being deleted
            refusal = str(error)
        messages.error(request, refusal)
        return HttpResponseRedirect(reverse("admin:qc_defectcode_change", args=[code.pk]))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go to the audit trail, which has the changes of codes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        kind = urlencode({"kind": EventKind.CODE_CHANGED})
        return HttpResponseRedirect(f"{reverse('admin:trail')}?{kind}")

    @admin.action(description=_("Switch selected codes off"), permissions=["steer"])
    def switch_selected_off(self, request: HttpRequest, queryset: QuerySet[DefectCode]) -> None:
        """Let nobody choose the selected codes any more."""
        self._switch(request, queryset, on=False)

    @admin.action(description=_("Switch selected codes on"), permissions=["steer"])
    def switch_selected_on(self, request: HttpRequest, queryset: QuerySet[DefectCode]) -> None:
        """Let people choose the selected codes again."""
        self._switch(request, queryset, on=True)

    def _switch(self, request: HttpRequest, codes: QuerySet[DefectCode], *, on: bool) -> None:
        ids = list(codes.values_list("pk", flat=True))
        n = defect_codes.switch(ids, on=on, by=user_of(request))
        text = ngettext("%(n)d code changed.", "%(n)d codes changed.", n) % {"n": n}
        messages.success(request, text)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the pages of import and export say about the file."""
        columns = ", ".join(COLUMNS)
        about = gettext(
            "Columns: %(columns)s. A code that is there is changed, any other is added; none is "
            "deleted. Severity is critical, major or minor; queues are named, with ; between them, "
            "and left empty for all. All rows are imported, or none."
        )
        return {"about_file": about % {"columns": columns}}

    get_export_context_data = get_import_context_data = get_context_data

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        """Say how many codes are new, changed and the same."""
        text = gettext("Imported: %(new)d new, %(update)d changed, %(skip)d the same.")
        messages.success(request, text % result.totals)

    @admin.display(description=_("name"))
    def named(self, code: DefectCode) -> str:
        """Return the name in the reader's language."""
        return code.local_name

    @admin.display(description=_("severity"))
    def severity_label(self, code: DefectCode) -> SafeString:
        """Return the severity as a label."""
        its = Severity(code.severity)
        return labels.label(its.label, SEVERITY.get(its, ""))

    @admin.display(description=_("queues"))
    def in_queues(self, code: DefectCode) -> str:
        """Return the queues in which it can be chosen."""
        return ", ".join(str(queue) for queue in code.queues.all()) or gettext("all")

    @admin.display(description=_("status"))
    def state(self, code: DefectCode) -> SafeString:
        """Return whether it can be chosen, as a label."""
        if code.is_active:
            return labels.label(gettext("active"), "success")
        return labels.label(gettext("switched off"))
