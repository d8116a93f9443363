"""Check plans: what is asked in each queue, and the pictures that its items show."""

from typing import Any, ClassVar

from django.http import HttpResponseBase
from django.urls import re_path
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from qc.api import evidence
from qc.api.v1.base import V1View
from qc.api.v1.lists import ListView
from qc.api.v1.queues import visible_queue, visible_queues
from qc.api.v1.schemas import queues as schemas
from qc.api.v1.schemas.lists import ID, list_parameters
from qc.api.v1.shapes.queues import of_plan, of_version
from qc.core.exceptions import NotFound
from qc.models import PlanVersion, Queue, Scope

NUMBER = OpenApiParameter(
    "number", OpenApiTypes.INT, OpenApiParameter.PATH, description="The number of the version."
)
DIGEST = OpenApiParameter(
    "digest", str, OpenApiParameter.PATH, description="What an item of a plan has as `picture`."
)


class PlansView(ListView):
    """Lists the check plans of queues. Managers and auditors see all, others those they serve."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS}
    fields = tuple(schemas.PlanSchema().fields)

    @extend_schema(
        operation_id="list_check_plans",
        summary="List check plans",
        description="The queues that are checked by a plan, each with its current version.",
        parameters=list_parameters(fields),
        responses=schemas.PlansSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the plans."""
        queues = visible_queues(self.caller).exclude(plan=None).select_related("plan")
        return self.page(request, queues, of_plan, ("pk",))


class PlanView(V1View):
    """Shows the current version of a queue's check plan, to who may see the queue."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS}

    @extend_schema(
        operation_id="read_check_plan",
        summary="Read a check plan",
        description="What the current version of the check plan of the queue with this id asks.",
        parameters=[ID],
        responses=schemas.VersionSchema,
    )
    def get(self, request: Request, pk: int) -> Response:
        """Return the version, as a task has it."""
        queue = visible_queue(self.caller, pk)
        return Response(_version(queue, pk=queue.plan_id))


class PlanVersionView(V1View):
    """Shows any version of a queue's check plan, to who may see the queue."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS}

    @extend_schema(
        operation_id="read_check_plan_version",
        summary="Read a version of a check plan",
        description="What a version asks: tasks that are started keep the version that they have.",
        parameters=[ID, NUMBER],
        responses=schemas.VersionSchema,
    )
    def get(self, request: Request, pk: int, number: int) -> Response:
        """Return the version, as a task has it."""
        return Response(_version(visible_queue(self.caller, pk), number=number))


class PictureView(V1View, evidence.PictureView):
    """Answers with the picture of a plan's item."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS}

    @extend_schema(
        operation_id="read_picture",
        summary="Read a picture of a check plan",
        description="The picture that an item of a plan has; for who may see such a plan.",
        parameters=[DIGEST],
        responses={(200, "image/*"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, digest: str) -> HttpResponseBase:
        """Return the picture. For who may see a plan that shows it."""
        return super().get(request, digest)


def _version(queue: Queue, **which: Any) -> dict[str, Any]:
    version = PlanVersion.objects.filter(queue=queue, **which).first()
    if version is None:
        raise NotFound(_("There is no such check plan."))
    return of_version(version)


PLAN = r"^check-plans/(?P<pk>[0-9]{1,18})"
urlpatterns = [
    re_path(r"^check-plans/?$", PlansView.as_view(), name="v1_check_plans"),
    re_path(rf"{PLAN}/?$", PlanView.as_view(), name="v1_check_plan"),
    re_path(
        rf"{PLAN}/versions/(?P<number>[0-9]{{1,9}})/?$",
        PlanVersionView.as_view(),
        name="v1_check_plan_version",
    ),
    re_path(r"^pictures/(?P<digest>[0-9a-f]{64})/?$", PictureView.as_view(), name="v1_picture"),
]
