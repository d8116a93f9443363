"""The live feed: what happens to tasks, for dashboards and systems that can't be called."""

import time
from typing import Any, ClassVar

from django.core.signing import BadSignature, Signer
from django.db import connection, connections
from django.urls import re_path
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from qc import permissions
from qc.api.v1.base import V1View
from qc.api.v1.lists import LIMIT, limit_of
from qc.api.v1.schemas import events as schemas
from qc.core import polls, wording
from qc.core.pace import Pace
from qc.models import EventType, Queue, Scope
from qc.web.errors import RETRY_AFTER
from qc.web.problems import CONTENT_TYPE
from qc.webhooks import feed, log
from qc.webhooks.feed import FeedPage, Wanted

AFTER, TYPES, QUEUE, WAIT = "after", "types", "queue", "wait"
LONGEST_WAIT = 25
# How often it is looked for events while somebody waits, by them and by all of this process.
STEP_SECONDS = 1.0
COLLECTING = Pace(STEP_SECONDS / 2)


class Expired(APIException):
    """The events after this cursor are deleted already."""

    status_code = status.HTTP_410_GONE


class EventsView(V1View):
    """Answers what has happened to tasks after a cursor; for managers and auditors."""

    scopes: ClassVar = {"GET": Scope.READ_TASKS}
    params: ClassVar = {"GET": (AFTER, TYPES, QUEUE, LIMIT, WAIT)}

    @extend_schema(
        operation_id="list_events",
        summary="Read events",
        description="What happened to tasks after a cursor, oldest first; without one, from now.",
        parameters=schemas.PARAMS,
        responses={
            200: schemas.EventPage,
            (410, CONTENT_TYPE): OpenApiResponse(
                {"$ref": "#/components/schemas/Problem"}, "The cursor has expired."
            ),
        },
    )
    def get(self, request: Request) -> Response:
        """Return events, and the cursor after which the next ones come."""
        permissions.check_auditor(self.caller)
        wanted, seconds, after = wanted_of(request), wait_of(request), after_of(request)
        log.collect()
        page = feed.read(log.newest() if after is None else after, wanted)
        if page.events or not seconds:
            return answer(page)
        with polls.place() as is_free:
            if not is_free:
                return answer(page, {"Retry-After": str(RETRY_AFTER)})
            return answer(wait_for(page, wanted, seconds))


def wait_for(page: FeedPage, wanted: Wanted, seconds: float) -> FeedPage:
    """Return the page that follows as soon as there is any event, or when the time is over."""
    end = time.monotonic() + seconds
    while not page.events and (left := end - time.monotonic()) > 0:
        if not connection.in_atomic_block:
            connections.close_all()
        if not polls.wait(min(STEP_SECONDS, left)):
            return page
        if COLLECTING.begins():
            log.collect()
        page = feed.read(page.upto, wanted)
    return page


def answer(page: FeedPage, headers: dict[str, str] | None = None) -> Response:
    """Return the answer: the events of a page, and the next cursor."""
    cursor = _signer().sign(str(page.upto))
    return Response({"events": page.events, "next": cursor}, headers=headers)


def after_of(request: Request) -> int | None:
    """Return the event after which the answer begins, None for now. Raises ValidationError."""
    sent = request.query_params.get(AFTER)
    if sent is None:
        return None
    try:
        after = int(_signer().unsign(sent))
    except BadSignature:
        text = _("This cursor is not of this list. Begin without one.")
        raise ValidationError({AFTER: [text]}) from None
    if log.is_expired(after):
        raise Expired(
            _(
                "Some events after this cursor are deleted already, as they are kept for seven "
                "days. Read the tasks that you need, and begin without a cursor."
            )
        )
    return after


def wanted_of(request: Request) -> Wanted:
    """Return which events are wanted. Raises ValidationError."""
    sent = request.query_params.get(TYPES, "")
    types = [one.strip() for one in sent.split(",")] if sent else []
    if not set(types) <= set(EventType.values):
        raise ValidationError({TYPES: [wording.allowed(EventType.values)]})
    return Wanted(limit_of(request), types, queue_of(request))


def queue_of(request: Request) -> int | None:
    """Return the id of a queue that is given by its id or name. Raises ValidationError."""
    sent = request.query_params.get(QUEUE)
    if sent is None:
        return None
    is_id = sent.isascii() and sent.isdigit() and len(sent) <= 18
    named: Any = {"pk": int(sent)} if is_id else {"name": sent}
    found = Queue.objects.filter(**named).values_list("pk", flat=True).first()
    if found is None:
        raise ValidationError({QUEUE: [_("There is no such queue.")]})
    return found


def wait_of(request: Request) -> int:
    """Return for how many seconds the caller would wait. Raises ValidationError."""
    text = request.query_params.get(WAIT, "0")
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= LONGEST_WAIT):
        raise ValidationError({WAIT: [_("Send a whole number from 0 to %d.") % LONGEST_WAIT]})
    return int(text)


def _signer() -> Signer:
    return Signer(salt="qc.api.v1.events")


urlpatterns = [re_path(r"^events/?$", EventsView.as_view(), name="v1_events")]
