"""Choices of queues: closed ones can't be chosen any more."""

from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from qc.models import Queue


class OpenQueueField(forms.ModelChoiceField):
    """A choice of one of the queues that are not closed."""

    def __init__(self, label: Any, **options: Any) -> None:
        super().__init__(
            Queue.objects.open(),
            label=label,
            **options,
            empty_label=_("Choose a queue"),
            error_messages={"invalid_choice": _("This queue is closed. Please choose another.")},
            widget=UnfoldAdminSelectWidget(),
        )


def offer_open_queues(form: forms.BaseForm, name: str, own: Q) -> None:
    """Let a field offer the open queues, and of the closed ones those that it has already: `own`.

    A form without this field, for somebody who may not edit it, stays as it is.
    """
    field = form.fields.get(name)
    if isinstance(field, forms.ModelChoiceField):
        # `own` may lead through a table of pairs.
        field.queryset = Queue.objects.filter(Q(is_closed=False) | own).distinct()


class OpenQueuesFilter(RelatedDropdownFilter):
    """A filter of a list by queue, for what concerns open queues only."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return the open queues."""
        return [(queue.pk, str(queue)) for queue in Queue.objects.open()]


class AllQueuesFilter(RelatedDropdownFilter):
    """A filter of a list by queue, closed ones last: their finished tasks stay there."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return all queues."""
        closed = Queue.objects.filter(is_closed=True)
        return [
            *((queue.pk, str(queue)) for queue in Queue.objects.open()),
            *((queue.pk, gettext("%s (closed)") % queue) for queue in closed),
        ]
