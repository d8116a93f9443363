"""`ETag` and `If-Match`: a change only goes on what its sender has read.

The tag of a task is the id of its last row of history: each change writes one.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from qc.core.compiled_queries import Prepared
from qc.core.transactions import retrying
from qc.models import Task
from qc.work import actions, guards

T = TypeVar("T")

LAST = Prepared(
    lambda task: Task.history.filter(id=task).order_by("-history_id").values_list("history_id")[:1]
)


class Changed(APIException):
    """The task is not as the sender has read it."""

    status_code = 412
    default_detail = _("It has changed meanwhile. Nothing was changed; please read it again.")
    default_code = "changed"


def tag_of(row: int) -> str:
    """Return the tag of a task whose last row of history has this id."""
    return f'"{row}"'


def last_row(task: int) -> int:
    """Return the id of a task's last row of history, 0 for one without any."""
    return next((int(row) for (row,) in LAST.rows(task)), 0)


def tagged(task: int, body: Callable[[], dict[str, Any]]) -> Response:
    """Return the answer with a body about a task, and its tag.

    The tag is read first: what changes between the two has another one.
    """
    tag = tag_of(last_row(task))
    return Response(body(), headers={"ETag": tag})


def if_match(request: Request, task: int, change: Callable[[], T]) -> T:
    """Make a change if the task is as `If-Match` says, or the request has none; else raise Changed.

    It is looked for where the change locks the task, as people are locked before tasks: from then
    on nobody else writes a row of its history.
    """
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return change()
    tags = frozenset(parse_etags(wanted))
    return actions.as_one(lambda: _checked(task, tags, change))


@retrying
def _checked(task: int, tags: frozenset[str], change: Callable[[], T]) -> T:
    def check() -> None:
        if tag_of(last_row(task)) not in tags:
            raise Changed

    with guards.checked_when_locked(task, check):
        return change()
