"""The calls that list, read, create and change tasks."""

from typing import Any, ClassVar

from django.urls import re_path, reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from qc.api.serializers import validated
from qc.api.v1 import task_lists
from qc.api.v1.base import V1View
from qc.api.v1.bodies import Changes
from qc.api.v1.etags import if_match, tagged
from qc.api.v1.fields import filtered
from qc.api.v1.lists import ListView, answer, cursor_of, limit_of
from qc.api.v1.params import FIELDS, cut, fields_of
from qc.api.v1.schemas import tasks as schemas
from qc.api.v1.schemas.lists import filter_parameters, list_parameters
from qc.api.v1.shapes import tasks as shapes
from qc.api.v1.task_filters import TaskFilters
from qc.checks import evidence
from qc.imports import posted
from qc.models import Scope, Task
from qc.work import actions, guards


class TasksView(ListView):
    """Lists tasks, for managers and auditors all, for others their own; managers create some."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS, "POST": Scope.WRITE_TASKS}
    fields: ClassVar = shapes.FIELDS
    filters = tuple(TaskFilters.base_filters)

    @extend_schema(
        operation_id="list_tasks",
        summary="List tasks",
        description="A page of the tasks that all filters fit, in the order of an index.",
        parameters=[*filter_parameters(TaskFilters), *list_parameters(shapes.FIELDS)],
        responses=schemas.TaskPage,
    )
    def get(self, request: Request) -> Response:
        """Return a page of the tasks that match."""
        names, size = fields_of(request, self.fields), limit_of(request)
        filters = TaskFilters(request.query_params, shapes.readable(Task.objects.all()))
        wanted = filtered(filters)
        read = task_lists.updated if "updated_since" in wanted else task_lists.page
        page = read(filters.qs, wanted, self.caller, cursor_of(request), size)
        found = [cut(shapes.of_task(task), names) for task in page.tasks]
        return answer(request, found, page.older, page.until)

    @extend_schema(
        operation_id="create_tasks",
        summary="Create tasks",
        description="One task, or a list of up to 1,000: all of them or, with any fault, none.",
        request=schemas.NewTasks,
        responses={200: schemas.Posted, 201: schemas.Posted},
    )
    def post(self, request: Request) -> Response:
        """Create tasks, or change those that are there; return what became of each."""
        data: Any = request.data
        is_single = not isinstance(data, list)
        objects = [_plain(data)] if is_single else data
        planned = posted.post(objects, by=self.caller, is_single=is_single)
        body = _of_plan(planned)
        response = Response(body, status=201 if planned.new else 200)
        if is_single:
            task = body["tasks"][0]["id"]
            response.headers["Location"] = reverse("v1_task", args=[task])
        return response


class TaskView(V1View):
    """Shows a task, for who may see it; managers change it."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS, "PATCH": Scope.WRITE_TASKS}
    params: ClassVar = {"GET": (FIELDS,)}

    @extend_schema(
        operation_id="read_task",
        summary="Read a task",
        description="Its ETag goes into the If-Match of what is to change it as it was read.",
        parameters=[schemas.CUT],
        responses=schemas.TaskSchema,
    )
    def get(self, request: Request, pk: str) -> Response:
        """Return the task."""
        names = fields_of(request, shapes.FIELDS)
        return tagged(int(pk), lambda: cut(shapes.of_task(self._visible(int(pk))), names))

    @extend_schema(
        operation_id="change_task",
        summary="Change a task",
        description="What is sent is changed, with a reason. For tasks that are still to be done.",
        request=schemas.TaskChanges,
        responses=schemas.TaskSchema,
    )
    def patch(self, request: Request, pk: str) -> Response:
        """Change the task; return it."""
        data = _plain(request.data)
        if not isinstance(data, dict):
            raise ValidationError({"changes": [_("Send an object.")]})
        changes = {name: value for name, value in data.items() if name != "reason"}
        values = posted.cleaned(changes)
        reason = validated(Changes, {name: data[name] for name in ("reason",) if name in data})
        task, by = int(pk), self.caller
        if_match(request, task, lambda: actions.edit(task, values, by=by, **reason))
        return tagged(task, lambda: shapes.of_task(read(task)))

    def _visible(self, pk: int) -> Task:
        task = read(pk)
        if not evidence.may_see(self.caller, task):
            raise guards.no_task(pk)
        return task


def read(pk: int) -> Task:
    """Return a task with all that its shape has. Raises NotFound."""
    task = shapes.readable(Task.objects.filter(pk=pk)).first()
    if task is None:
        raise guards.no_task(pk)
    return task


def _plain(data: Any) -> Any:
    """Return an object that was sent as a form as one that was sent as JSON."""
    return data.dict() if hasattr(data, "dict") else data


def _of_plan(planned: Any) -> dict[str, Any]:
    """Return what became of tasks that were posted, in their order."""
    results = {
        "created": planned.new,
        "changed": planned.changed,
        "unchanged": planned.unchanged,
        "skipped": planned.left_alone,
    }
    references = [row.values["reference"] for row in planned.new]
    ids = dict(Task.objects.filter(reference__in=references).values_list("reference", "pk"))
    tasks = {}
    for result, rows in results.items():
        for row in rows:
            task = getattr(row, "task", None)
            reference = task.reference if task else row.values["reference"]
            tasks[row.number] = {
                "id": task.pk if task else ids[reference],
                "reference": reference,
                "result": result,
            }
    counts = {result: len(rows) for result, rows in results.items()}
    return counts | {"tasks": [tasks[number] for number in sorted(tasks)]}


urlpatterns = [
    re_path(r"^tasks/?$", TasksView.as_view(), name="v1_tasks"),
    re_path(r"^tasks/(?P<pk>[0-9]{1,18})/?$", TaskView.as_view(), name="v1_task"),
]
