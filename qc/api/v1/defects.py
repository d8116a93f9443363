"""Defects: the codes by which they are named, and those that completed checks found."""

from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, Q
from django.urls import re_path
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from qc import permissions
from qc.api.serializers import validated
from qc.api.v1.lists import ListView
from qc.api.v1.query_fields import MomentParam, QueueParam
from qc.api.v1.queues import visible_queues
from qc.api.v1.schemas import checks as schemas
from qc.api.v1.schemas.lists import list_parameters
from qc.api.v1.shapes.checks import of_code, of_defect
from qc.models import Defect, DefectCode, Scope, User

# The order that the indexes of defects have, from each of which the newest are read.
NEWEST = ("-completed_at", "-code_id", "-id")


class CodeFilters(serializers.Serializer[Any]):
    """Which codes are listed: `queue` is one that they apply to."""

    queue = QueueParam(required=False)
    active = serializers.BooleanField(required=False, allow_null=True, default=None)


class DefectFilters(serializers.Serializer[Any]):
    """Which defects are listed: those of checks that were completed in a span of time."""

    code = serializers.CharField(required=False)
    queue = QueueParam(required=False)
    since = MomentParam(required=False)
    until = MomentParam(required=False)


class CodesView(ListView):
    """Lists defect codes. Managers and auditors see all, others those of queues they serve."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS}
    fields = tuple(schemas.CodeSchema().fields)
    filters = tuple(CodeFilters().fields)

    @extend_schema(
        operation_id="list_defect_codes",
        summary="List defect codes",
        description="All of them, or those that apply in the queues that the caller serves.",
        parameters=[CodeFilters, *list_parameters(fields)],
        responses=schemas.CodesSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the codes."""
        wanted = validated(CodeFilters, request.query_params)
        codes = _visible(self.caller)
        if queue := wanted.get("queue"):
            codes = codes.filter(_applies(queue=queue))
        if wanted["active"] is not None:
            codes = codes.filter(is_active=wanted["active"])
        return self.page(request, codes.prefetch_related("queues"), of_code, ("pk",))


class DefectsView(ListView):
    """Lists the defects that completed checks found. For managers and auditors."""

    scopes: ClassVar = {"GET": Scope.READ_REPORTS}
    fields = tuple(schemas.DefectSchema().fields)
    filters = tuple(DefectFilters().fields)

    @extend_schema(
        operation_id="list_defects",
        summary="List defects",
        description="What completed checks found, the newest first.",
        parameters=[DefectFilters, *list_parameters(fields)],
        responses=schemas.DefectsSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the defects."""
        permissions.check_auditor(self.caller)
        found = Defect.objects.filter(_wanted(request)).select_related("task", "code", "person")
        return self.page(request, found.defer("task__details"), of_defect, NEWEST)


def _wanted(request: Request) -> Q:
    wanted = validated(DefectFilters, request.query_params)
    columns = {"queue": "queue", "since": "completed_at__gte", "until": "completed_at__lt"}
    filters = {columns[name]: value for name, value in wanted.items() if name in columns}
    if code := wanted.get("code"):
        filters["code"] = _code(code)
    return Q(**filters)


def _code(text: str) -> DefectCode:
    code = DefectCode.objects.filter(code=text.strip().upper()).first()
    if code is None:
        raise ValidationError({"code": [_("There is no defect code “%s”.") % text[:50]]})
    return code


def _visible(user: User) -> Any:
    codes = DefectCode.objects.order_by()
    if permissions.is_auditor(user):
        return codes
    return codes.filter(_applies(queue__in=visible_queues(user).order_by().values("pk")))


def _applies(**queues: Any) -> Q:
    """Return the condition that a code applies to some queues: it names none, or one of them."""
    named = DefectCode.queues.through.objects.filter(defectcode=OuterRef("pk"))
    return Q(~Exists(named)) | Q(Exists(named.filter(**queues)))


urlpatterns = [
    re_path(r"^defect-codes/?$", CodesView.as_view(), name="v1_defect_codes"),
    re_path(r"^defects/?$", DefectsView.as_view(), name="v1_defects"),
]
