"""What all pages of tasks, queues and people share: locked edits, one history row, read-only."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from qc import history, permissions
from qc.admin.shared import diffs
from qc.audit import events
from qc.core.transactions import retrying
from qc.history.registry import table_of
from qc.models import EventKind


class AuditedChangeList(ChangeList):
    """The rows of a list; counted once only."""

    def get_results(self, request: HttpRequest) -> None:
        """Read a page of rows; without a filter, those found are all there are."""
        super().get_results(request)
        self.may_add = self.model_admin.has_add_permission(request)
        if not (self.has_active_filters or self.query):
            self.full_result_count = self.result_count


class AuditedModelAdmin(SimpleHistoryAdmin, ModelAdmin):
    """A page of a model that is audited."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    list_disable_select_all = True
    history_list_per_page = 50
    object_history_template = "qc/shared/history.html"
    object_history_list_template = "qc/shared/history_rows.html"
    warn_unsaved_form = True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AuditedChangeList]:
        """Return the kind of list this page is."""
        return AuditedChangeList

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes what is audited, unless its page says otherwise."""
        return False

    def has_steer_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Return whether this user may use the page's actions."""
        return permissions.is_manager(request.user)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return a form field without the buttons that would add or edit what it points to."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Show the form; saves it with the row locked, so that nothing it overwrites is stale."""
        view = partial(super().changeform_view, request, object_id, form_url, extra_context)
        if request.method != "POST" or object_id is None:
            return view()

        def save() -> Any:
            self._lock(object_id)
            return view()

        return retrying(save)()

    def get_history_queryset(self, request: HttpRequest, *args: Any) -> models.QuerySet:
        """Return the history rows with all they name, in a few statements."""
        rows = super().get_history_queryset(request, *args)
        row = rows.model
        return rows.select_related(*history.people_of(row)).prefetch_related(*diffs.named_by(row))

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Any, foreign_keys_are_objs: bool = True
    ) -> None:
        """Say of each row of the history page what it changed."""
        diffs.tell(list(historical_records))

    def render_history_view(
        self, request: HttpRequest, template: str, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        """Show the history page; it is a part of the audit trail, and so is that it was read."""
        page, item = context["page_obj"], context["object"]
        table = table_of(item.history.model)
        asked = {"history": table, table: str(item)}
        events.record(EventKind.READ, filters=asked, rows=len(page), place={"page": page.number})
        answer: HttpResponse = super().render_history_view(request, template, context, **kwargs)
        return answer

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Refuses: simple-history's page of an old version would save it again on a POST."""
        raise PermissionDenied

    def _lock(self, object_id: str) -> None:
        try:
            pk = self.model._meta.pk.to_python(unquote(object_id))
        except ValidationError:
            return  # Django's own view says that there is no such thing.
        self.model._default_manager.select_for_update().filter(pk=pk).first()


def changed_columns(form: forms.ModelForm) -> list[str]:
    """Return the names of the changed fields that are columns of the object."""
    columns = {field.name for field in form.instance._meta.concrete_fields}
    return [name for name in form.changed_data if name in columns]


def keep_others(item: models.Model, columns: list[str]) -> None:
    """Return all other columns of the object their kept values again.

    A form can't show all of a value (a time has no microseconds in it, a text no blanks at its
    end): without this the history would say that they changed.
    """
    others = [field.name for field in item._meta.concrete_fields if field.name not in columns]
    item.refresh_from_db(fields=others)


def save_edit(item: Any, columns: list[str], *, by: Any, reason: str = "") -> None:
    """Save the changed columns of an object, and its one history row."""
    history.save(item, kind="", by=by, reason=reason, fields=columns)


def after_commit(do: Callable[..., object], *args: Any) -> None:
    """Call `do` when what has been saved is there for all; its failing undoes nothing."""
    transaction.on_commit(partial(do, *args), robust=True)
