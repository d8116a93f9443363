"""What the pages of tasks, queues and people share: locked edits, one history row for each."""

from collections.abc import Callable, Collection
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
from qc.admin.shared.dialogs import find
from qc.core.transactions import retrying
from qc.history import events
from qc.history.registry import table_of
from qc.models import EventKind


class AuditedChangeList(ChangeList):
    """The rows of a list, counted only once."""

    def get_results(self, request: HttpRequest) -> None:
        """Read a page of rows; without a filter, the number of results is the full count."""
        super().get_results(request)
        self.may_add = self.model_admin.has_add_permission(request)
        if not (self.has_active_filters or self.query):
            self.full_result_count = self.result_count


class LockedModelAdmin(ModelAdmin):
    """The list and form of a model whose objects are locked while they are saved."""

    list_per_page = 50
    show_full_result_count = False
    list_filter_submit = True
    list_disable_select_all = True
    warn_unsaved_form = True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[AuditedChangeList]:
        """Return the class of the list."""
        return AuditedChangeList

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Return whether the list may be narrowed by this: by columns of its filters only.

        Any other would tell, character by character, what the list does not show.
        """
        column = lookup.split("__", maxsplit=1)[0]
        is_column = column in {field.name for field in self.model._meta.get_fields()}
        filters = {
            one[0] if isinstance(one, tuple) else getattr(one, "parameter_name", one)
            for one in self.list_filter
        }
        return (column in filters or not is_column) and super().lookup_allowed(
            lookup, value, request
        )

    def has_steer_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Return whether this user may use the page's actions."""
        return permissions.is_manager(request.user)

    def has_read_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Return whether this user may read everything."""
        return permissions.is_auditor(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: nobody deletes it."""
        return False

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Return the actions that this user may use and that make sense for the object now."""
        item = find(self, request, str(object_id))
        available = self.available_actions(request, item)
        actions = super().get_actions_detail(request, object_id)
        return [one for one in actions if one.method.original_function_name in available]

    def available_actions(self, request: HttpRequest, item: Any) -> Collection[str]:
        """Return the names of the actions that make sense for an object as it is now."""
        return self.actions_detail

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return a form field without buttons that add or edit the objects it refers to."""
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
        """Show the form, or save it with the object's row locked."""
        view = partial(super().changeform_view, request, object_id, form_url, extra_context)
        if request.method != "POST" or object_id is None:
            return view()

        def save() -> Any:
            self._lock(object_id)
            return view()

        return retrying(save)()

    def _lock(self, object_id: str) -> None:
        try:
            pk = self.model._meta.pk.to_python(unquote(object_id))
        except ValidationError:
            return  # Django's own view answers that it does not exist.
        self.model._default_manager.select_for_update().filter(pk=pk).first()


class AuditedModelAdmin(SimpleHistoryAdmin, LockedModelAdmin):
    """The list, form and history of a model that is audited; nothing of it is deleted."""

    history_list_per_page = 50
    object_history_list_template = "qc/shared/history_rows.html"

    def get_history_queryset(self, request: HttpRequest, *args: Any) -> models.QuerySet:
        """Return the history rows, with all the objects that they name read in a few queries."""
        rows = super().get_history_queryset(request, *args)
        row = rows.model
        return rows.select_related(*history.people_of(row)).prefetch_related(*diffs.named_by(row))

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Any, foreign_keys_are_objs: bool = True
    ) -> None:
        """Set on each row of the history page what it changed."""
        diffs.set_changes(list(historical_records))

    def render_history_view(
        self, request: HttpRequest, template: str, context: dict[str, Any], **kwargs: Any
    ) -> HttpResponse:
        """Show the history page, and record in the audit trail that it was read."""
        page, item = context["page_obj"], context["object"]
        table = table_of(item.history.model)
        filters, place = {"history": table, table: str(item)}, {"page": page.number}
        events.record(EventKind.READ, filters=filters, rows=len(page), place=place)
        response: HttpResponse = super().render_history_view(request, template, context, **kwargs)
        return response

    def history_form_view(
        self,
        request: HttpRequest,
        object_id: str,
        version_id: str,
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Refuse, as simple-history's page of an old version would save it again on a POST."""
        raise PermissionDenied


def changed_columns(form: forms.ModelForm) -> list[str]:
    """Return the names of the changed fields that are columns of the object."""
    columns = {field.name for field in form.instance._meta.concrete_fields}
    return [name for name in form.changed_data if name in columns]


def keep_others(item: models.Model, columns: list[str]) -> None:
    """Reset all columns but these to their stored values.

    A form can't show all of a value (a time has no microseconds in it, a text no blanks at its
    end): without this the history would say that they changed.
    """
    others = [field.name for field in item._meta.concrete_fields if field.name not in columns]
    item.refresh_from_db(fields=others)


def save_columns(item: Any, form: forms.ModelForm, change: bool) -> None:
    """Save the changed columns of an object whose history row is written after its related sets."""
    columns = changed_columns(form)
    if change:
        keep_others(item, columns)
    if columns or not change:
        with history.without_history(item):
            item.save(update_fields=columns if change else None)


def after_commit(do: Callable[..., object], *args: Any) -> None:
    """Call `do` once the transaction is committed; an error in it undoes nothing."""
    transaction.on_commit(partial(do, *args), robust=True)
