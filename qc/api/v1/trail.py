"""The audit trail, newest first. Each page that somebody reads is recorded in the trail itself."""

from typing import Any, ClassVar

from django.urls import re_path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from qc import permissions
from qc.api.v1.lists import ListView, answer, cursor_of, limit_of, no_cursor
from qc.api.v1.params import cut, fields_of
from qc.api.v1.schemas import trail as schemas
from qc.api.v1.schemas.lists import list_parameters
from qc.audit import trail
from qc.audit.trail import Edge
from qc.exports.trail import COLUMNS
from qc.history import events
from qc.history.registry import TABLES
from qc.models import EventKind, Scope
from qc.web.trail_filters import TrailFilters

BETWEEN = "~"
FIELDS = tuple(schemas.TrailRowSchema().fields)
FILTERS = {
    "person": "Who acted, or whom a row is about: a user name, or words of a name.",
    "task": "A reference, or how it begins.",
    "queue": "The id of a queue.",
    "kind": "A kind of change.",
    "through": "A channel.",
    "since": "A day or a moment.",
    "until": "A day or a moment, which is included.",
    "request": "The id of a request.",
}


class TrailView(ListView):
    """The audit trail. For managers and auditors."""

    scopes: ClassVar = {"GET": Scope.READ_TRAIL}
    fields = FIELDS
    filters = tuple(TrailFilters.base_fields)

    @extend_schema(
        operation_id="list_trail",
        summary="Read the audit trail",
        description="Who did what, when and why. Reads are hidden unless `reads` is true.",
        parameters=[
            *(OpenApiParameter(name, str, description=text) for name, text in FILTERS.items()),
            OpenApiParameter("reads", OpenApiTypes.BOOL, description="With reads and exports."),
            *list_parameters(FIELDS),
        ],
        responses=schemas.TrailSchema,
    )
    def get(self, request: Request) -> Response:
        """Return a page of the trail, and record that it was read."""
        permissions.check_auditor(self.caller)
        form = TrailFilters(request.query_params)
        if not form.is_valid():
            raise ValidationError(_messages(form))
        names, place = fields_of(request, FIELDS), cursor_of(request)
        edge = None if place is None else _edge(place)
        found = trail.page(form.query(), limit_of(request), below=edge)
        rows = [cut(_of_row(row), names) for row in found.rows]
        noted = {} if place is None else {"after": place}
        kind, filters = EventKind.READ, form.recorded()
        events.record(kind, by=self.caller, filters=filters, rows=len(rows), place=noted)
        return answer(request, rows, _text(found.older) if found.older else None)


def _messages(form: TrailFilters) -> dict[str, list[str]]:
    return {name: list(map(str, texts)) for name, texts in form.errors.items()}


def _of_row(row: Any) -> dict[str, Any]:
    return {"id": row.pk} | {name: COLUMNS[name](row) for name in FIELDS if name != "id"}


def _text(edge: Edge) -> str:
    return BETWEEN.join(str(edge[table]) for table in TABLES)


def _edge(text: str) -> Edge:
    parts = text.split(BETWEEN)
    if len(parts) != len(TABLES):
        raise no_cursor()
    return dict(zip(TABLES, map(int, parts), strict=True))


urlpatterns = [re_path(r"^trail/?$", TrailView.as_view(), name="v1_trail")]
