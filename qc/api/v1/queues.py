"""Queues: what waits in them, and pausing them."""

from typing import Any, ClassVar

import django_filters
from django.urls import re_path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from qc import permissions
from qc.api.serializers import validated_exactly
from qc.api.v1.base import ManagersOnly, V1View
from qc.api.v1.fields import FlagFilter, narrowed
from qc.api.v1.lists import ListView
from qc.api.v1.schemas import queues as schemas
from qc.api.v1.schemas.lists import ID, filter_parameters, list_parameters
from qc.api.v1.shapes.queues import of_queue
from qc.core.exceptions import NotFound
from qc.models import Queue, Scope, User
from qc.work import actions, queue_counts


class QueueFilters(django_filters.FilterSet):
    """Which queues are listed."""

    paused = FlagFilter("is_paused", help_text="Only queues that are paused, or not.")
    closed = FlagFilter("is_closed", help_text="Only queues that are closed, or not.")

    class Meta:
        model = Queue
        fields = ()


class QueuesView(ListView):
    """Lists queues. Managers and auditors see all, others those that they serve."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS}
    fields = tuple(schemas.QueueSchema().fields)
    filters = tuple(QueueFilters.base_filters)

    @extend_schema(
        operation_id="list_queues",
        summary="List queues",
        description="Queues with what waits and is assigned: all, or those that the caller serves.",
        parameters=[*filter_parameters(QueueFilters), *list_parameters(fields)],
        responses=schemas.QueuesSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the queues."""
        queues = narrowed(QueueFilters, request, visible_queues(self.caller))
        return self.page(request, _in_full(queues), of_queue, ("pk",))


class QueueView(V1View):
    """Shows a queue, to who may see it."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS}

    @extend_schema(
        operation_id="read_queue",
        summary="Read a queue",
        description="A queue with what waits and is assigned.",
        parameters=[ID],
        responses=schemas.QueueSchema,
    )
    def get(self, request: Request, pk: int) -> Response:
        """Return the queue."""
        return Response(_one(self.caller, pk))


class PauseView(ManagersOnly):
    """Pauses a queue. For managers."""

    @extend_schema(
        operation_id="pause_queue",
        summary="Pause a queue",
        description="Nobody gets tasks from it; assigned tasks stay assigned. Needs a reason.",
        parameters=[ID],
        request=schemas.Reason,
        responses=schemas.QueueSchema,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Return the queue, which is paused now."""
        actions.pause(pk, by=self.caller, **validated_exactly(schemas.Reason, request.data))
        return Response(_one(self.caller, pk))


class ResumeView(ManagersOnly):
    """Lets people get tasks from a queue again. For managers."""

    @extend_schema(
        operation_id="resume_queue",
        summary="Resume a queue",
        description="People get its tasks again at once.",
        parameters=[ID],
        request=schemas.Reason,
        responses=schemas.QueueSchema,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Return the queue, which is running again."""
        actions.unpause(pk, by=self.caller, **validated_exactly(schemas.Reason, request.data))
        return Response(_one(self.caller, pk))


def visible_queues(user: User) -> Any:
    """Return the queues that somebody may see: managers and auditors all, others their own."""
    is_reader = permissions.is_auditor(user)
    return Queue.objects.all() if is_reader else Queue.objects.served_by(user)


def visible_queue(user: User, pk: int) -> Any:
    """Return a queue. Raises NotFound also where this user may not see it."""
    found = visible_queues(user).filter(pk=pk).first()
    if found is None:
        raise no_queue(pk)
    return found


def no_queue(pk: int) -> NotFound:
    """Return the error for a queue that does not exist."""
    return NotFound(_("There is no queue %(id)s.") % {"id": pk})


def _one(user: User, pk: int) -> dict[str, Any]:
    found = _in_full(visible_queues(user)).filter(pk=pk).first()
    if found is None:
        raise no_queue(pk)
    return of_queue(found)


def _in_full(queues: Any) -> Any:
    return queue_counts.counted(queues.select_related("plan"))


QUEUE = r"^queues/(?P<pk>[0-9]{1,18})"
urlpatterns = [
    re_path(r"^queues/?$", QueuesView.as_view(), name="v1_queues"),
    re_path(rf"{QUEUE}/?$", QueueView.as_view(), name="v1_queue"),
    re_path(rf"{QUEUE}/pause/?$", PauseView.as_view(), name="v1_queue_pause"),
    re_path(rf"{QUEUE}/resume/?$", ResumeView.as_view(), name="v1_queue_resume"),
]
