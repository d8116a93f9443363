"""The calls that move a task on: what its holder does, and what managers do.

Each calls the domain as the pages do, and answers with the task as it is then. Sent again, none of
them does any harm: what was done already is answered as done, or refused.
"""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.urls import re_path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from qc.api import answers
from qc.api.serializers import Completion, validated_exactly
from qc.api.v1 import bodies
from qc.api.v1.base import ManagersOnly, V1View
from qc.api.v1.etags import if_match, tagged
from qc.api.v1.schemas import tasks as schemas
from qc.api.v1.shapes import tasks as shapes
from qc.api.v1.shapes.moments import moment
from qc.api.v1.tasks import read
from qc.models import Scope, Task
from qc.work import actions, comments, lifecycle

F = TypeVar("F", bound=Callable[..., Response])


def _documented(summary: str, description: str, body: Any = bodies.Nothing) -> Callable[[F], F]:
    """Return what describes a transition in the schema."""
    return extend_schema(
        operation_id=summary.lower().replace(" a ", " ").replace(" ", "_"),
        summary=summary,
        description=description,
        request=None if body is bodies.Nothing else body,
        responses=schemas.TaskAnswer,
        parameters=[schemas.IF_MATCH],
    )


class StepView(V1View):
    """A call that changes one task, if it is as `If-Match` says."""

    def step(self, request: Request, pk: str, change: Callable[[int], object]) -> Response:
        """Make the change; return the task."""
        task = int(pk)
        if_match(request, task, lambda: change(task))
        return tagged(task, lambda: {"task": shapes.of_task(read(task))})

    def step_as_sent(
        self, request: Request, pk: str, body: Any, change: Callable[..., Task]
    ) -> Response:
        """Make a change with what its body says; return the task."""
        sent, by = validated_exactly(body, request.data), self.caller
        return self.step(request, pk, lambda task: change(task, by=by, **sent))


class HoldersView(StepView):
    """A call of the person whose work the task is; whoever makes it is at work."""

    scopes: ClassVar = {"POST": Scope.COMPLETE}
    shows_work = True


class ManagersView(ManagersOnly, StepView):
    """A step of those who steer the work."""


class ClaimView(HoldersView):
    """Claims a waiting task, for a free person on its queue."""

    @_documented(
        "Claim a task", "Takes a waiting task; it is delivered, and started if it is first."
    )
    def post(self, request: Request, pk: str) -> Response:
        """Claim the task; nothing changes for who has it already."""
        by = self.caller

        def claim(task: int) -> None:
            actions.claim(task, by=by)
            actions.deliver(by)

        return self.step(request, pk, claim)


class StartView(HoldersView):
    """Starts a task, for its holder."""

    @_documented("Start a task", "Its handling time counts from now.", bodies.Start)
    def post(self, request: Request, pk: str) -> Response:
        """Start the task; nothing changes where it is started."""
        return self.step_as_sent(request, pk, bodies.Start, actions.start)


class CompleteView(HoldersView):
    """Completes a task and assigns the next, for its holder."""

    @extend_schema(
        operation_id="complete_task",
        summary="Complete a task",
        description="With its outcome, notes and check; the next one is in the answer, delivered.",
        request=Completion,
        responses=schemas.CompletedAnswer,
        parameters=[schemas.IF_MATCH],
    )
    def post(self, request: Request, pk: str) -> Response:
        """Return the task, until when that can be undone, and the person's next task."""
        sent, task = validated_exactly(Completion, request.data), int(pk)
        done, following = if_match(request, task, lambda: _complete(task, self.caller, sent))
        beside = {
            "undo_until": moment(lifecycle.undo_until(done)),
            "next": answers.of_task(following) if following else None,
        }
        return tagged(task, lambda: {"task": shapes.of_task(read(task)), **beside})


class UndoView(HoldersView):
    """Undoes a completion, for who completed the task."""

    @_documented("Undo a completion", "The task is its person's again, with all that they sent.")
    def post(self, request: Request, pk: str) -> Response:
        """Undo the completion; nothing changes where that is done."""
        return self.step(request, pk, lambda task: actions.undo(task, by=self.caller))


class ReleaseView(HoldersView):
    """Gives a task back, for its holder and managers."""

    @_documented(
        "Give a task back", "It waits in its queue again, for anybody else.", bodies.Reason
    )
    def post(self, request: Request, pk: str) -> Response:
        """Release the task."""
        return self.step_as_sent(request, pk, bodies.Reason, actions.release)


class AssignView(ManagersView):
    """Gives a task to a free person, for managers."""

    @_documented(
        "Assign a task", "To a free person, from its queue or who has it.", bodies.Assignment
    )
    def post(self, request: Request, pk: str) -> Response:
        """Assign the task; nothing changes where that person has it already."""
        sent, by = validated_exactly(bodies.Assignment, request.data), self.caller
        person = sent.pop("person")
        return self.step(request, pk, lambda task: actions.assign(task, person, by=by, **sent))


class HoldView(ManagersView):
    """Puts a task on hold, for managers."""

    @_documented("Put a task on hold", "Nobody gets it until it is resumed.", bodies.Reason)
    def post(self, request: Request, pk: str) -> Response:
        """Hold the task."""
        return self.step_as_sent(request, pk, bodies.Reason, actions.hold)


class ResumeView(ManagersView):
    """Resumes a task, for managers."""

    @_documented("Resume a task", "A task on hold waits in its queue again.", bodies.Remark)
    def post(self, request: Request, pk: str) -> Response:
        """Resume the task."""
        return self.step_as_sent(request, pk, bodies.Remark, actions.resume)


class CancelView(ManagersView):
    """Cancels a task, for managers."""

    @_documented("Cancel a task", "A task that nobody has is not to be done.", bodies.Reason)
    def post(self, request: Request, pk: str) -> Response:
        """Cancel the task."""
        return self.step_as_sent(request, pk, bodies.Reason, actions.cancel)


class ReopenView(ManagersView):
    """Reopens a task, for managers."""

    @_documented(
        "Reopen a task", "A completed or cancelled task is to be done again.", bodies.Reason
    )
    def post(self, request: Request, pk: str) -> Response:
        """Reopen the task."""
        return self.step_as_sent(request, pk, bodies.Reason, actions.reopen)


class GiveNextView(ManagersView):
    """Puts a waiting task at the head of a person's line, for managers."""

    @_documented("Give a task next", "They get it before all others when they finish.", bodies.Next)
    def post(self, request: Request, pk: str) -> Response:
        """Put the task next."""
        sent, by = validated_exactly(bodies.Next, request.data), self.caller
        person, why = sent["person"], sent["reason"]
        return self.step(
            request, pk, lambda task: actions.give_next(task, person, by=by, reason=why)
        )


class CommentView(StepView):
    """Comments on a task, for who may see it."""

    scopes: ClassVar = {"POST": Scope.WRITE_TASKS}

    @_documented("Comment on a task", "`@name` tells somebody of it.", bodies.Comment)
    def post(self, request: Request, pk: str) -> Response:
        """Comment on the task."""
        return self.step_as_sent(request, pk, bodies.Comment, comments.add)


def _complete(task: int, by: Any, sent: dict[str, Any]) -> tuple[Task, Task | None]:
    completion = dict(sent)
    if scanned := completion.pop("scanned", ""):
        actions.scan_at_end(task, scanned, by=by)
    return actions.complete(task, by=by, **completion, is_shown=True)


VIEWS: dict[str, type[StepView]] = {
    "claim": ClaimView,
    "start": StartView,
    "complete": CompleteView,
    "undo": UndoView,
    "release": ReleaseView,
    "assign": AssignView,
    "hold": HoldView,
    "resume": ResumeView,
    "cancel": CancelView,
    "reopen": ReopenView,
    "give-next": GiveNextView,
    "comment": CommentView,
}

urlpatterns = [
    re_path(
        rf"^tasks/(?P<pk>[0-9]{{1,18}})/{name}/?$",
        view.as_view(),
        name=f"v1_task_{name.replace('-', '_')}",
    )
    for name, view in VIEWS.items()
]
