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
from qc.core.request_id import current_request_id
from qc.core.transactions import retrying
from qc.models import Task
from qc.work import actions

T = TypeVar("T")

LAST = Prepared(
    lambda task: Task.history.filter(id=task).order_by("-history_id").values_list("history_id")[:1]
)
SINCE = Prepared(
    lambda task, row: (
        Task.history.filter(id=task, history_id__gt=row).order_by().values_list("request_id")
    )
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

    The task is not locked for it: people are locked before tasks. It is one transaction, and after
    the change it is looked whether somebody else's lies between.
    """
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return change()
    result, later = _checked(task, frozenset(parse_etags(wanted)), change)
    for hand_out in later:
        hand_out()
    return result


@retrying
def _checked(
    task: int, tags: frozenset[str], change: Callable[[], T]
) -> tuple[T, list[Callable[[], object]]]:
    before = last_row(task)
    if tag_of(before) not in tags:
        raise Changed
    with actions.hand_outs_later() as later:
        result = change()
    # Of the same request are those that this change has just written.
    if any(request != current_request_id() for (request,) in SINCE.rows(task, before)):
        raise Changed
    return result, later
