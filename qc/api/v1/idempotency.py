"""`Idempotency-Key`: a POST that is sent again has its effect once, and the same answer again.

The row of a key is written in the transaction of the effect, so a process that dies between effect
and answer leaves neither. A refusal is stored too, by itself after the effect was rolled back;
what is no fault of the caller (5xx) is not, so that they can send it again. While a request runs,
the same key is refused with 409; on SQLite, where one writes after the other, it waits instead and
gets the stored answer.

Where what a call does has several transactions of its own (`V1View.in_one_transaction`), the key
is noted before, and its answer after: sent again meanwhile it is refused with 409, and after a
crash it has its effect again. For such calls that does no harm, as they are repeatable themselves:
the same file imported again changes nothing.
"""

import functools
import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from qc.api.v1.sent_requests import Sent, key_of, sent_with
from qc.core.transactions import retrying
from qc.models import IdempotencyKey
from qc.work import actions

T = TypeVar("T")

REPLAYED = "Idempotent-Replayed"
# What an answer has beside its body that is given again.
KEPT_HEADERS = ("ETag", "Location", "Retry-After")
# How often the row of a key is looked for after somebody else has just written it.
COLLISIONS = 5
# MariaDB's and MySQL's errors for a row that somebody else has locked.
LOCKED = frozenset({1205, 3572})
# A call that has its own transactions is over after so long, or its process has died.
LONGEST_RUN = timedelta(minutes=5)


class StillRunning(APIException):
    """A request with this key is at work."""

    status_code = 409
    # Seconds, for `Retry-After`: by it a client knows that this is no refusal.
    wait = 1
    default_detail = _("A request with this key is still running. Please try again in a moment.")


class KeyReused(APIException):
    """The key came with another request."""

    status_code = 422
    default_detail = _("This key was sent with another request. Send each request with its own.")


class _Collided(Exception):
    """Somebody else has written the row of this key meanwhile."""


def once(post: Callable[..., Response]) -> Callable[..., Response]:
    """Make the POST of a view one that has its effect once for each key."""

    @functools.wraps(post)
    def run(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = key_of(request)
        if key is None:
            return post(view, request, *args, **kwargs)
        sent = sent_with(request, key)
        call = functools.partial(post, view, request, *args, **kwargs)
        return (_in_one if view.in_one_transaction else _in_steps)(view, sent, call)

    return run


def _in_one(view: Any, sent: Sent, call: Callable[[], Response]) -> Response:
    """Call in one transaction with the key."""
    try:
        return _after_collisions(lambda: actions.as_one(lambda: _with_key(sent, call)))
    except (StillRunning, KeyReused):
        raise
    except Exception as error:
        response = view.handle_exception(error)
        _keep_refusal(sent, response)
        return response


@retrying
def _with_key(sent: Sent, call: Callable[[], Response]) -> Response:
    row = _reserved(sent) or _added(sent)
    if row.status is not None:
        return _again(row)
    try:
        response = call()
    except IntegrityError as error:
        raise _Collided from error
    _store(row, response)
    return response


def _in_steps(view: Any, sent: Sent, call: Callable[[], Response]) -> Response:
    """Call between two transactions: the one that notes the key, and that of its answer."""
    row = _after_collisions(lambda: _noted(sent))
    if row.status is not None:
        return _again(row)
    try:
        response = call()
    except Exception as error:
        try:
            response = view.handle_exception(error)
        except Exception:
            row.delete()
            raise
    _store(row, response)
    return response


@retrying
def _noted(sent: Sent) -> IdempotencyKey:
    """Return the row of a key for a call that begins now, or the one with its answer."""
    row = _reserved(sent)
    if row is None:
        return _added(sent)
    if row.status is None:
        if row.created_at > timezone.now() - LONGEST_RUN:
            raise StillRunning
        row.created_at = timezone.now()
        row.save(update_fields=["created_at"])
    return row


def _after_collisions(act: Callable[[], T]) -> T:
    """Act again where somebody else has written the row of the key meanwhile, or the same task."""
    for _attempt in range(COLLISIONS):
        with suppress(_Collided):
            return act()
    raise StillRunning


def _reserved(sent: Sent) -> IdempotencyKey | None:
    """Return the row of a key, locked; None where there is none. Raises StillRunning, KeyReused."""
    rows = IdempotencyKey.objects.select_for_update(nowait=True)
    try:
        row = rows.filter(client=sent.client, key=sent.key).first()
    except OperationalError as error:
        if {*error.args[:1]} & LOCKED:
            raise StillRunning from error
        raise
    if row is not None and row.is_expired:
        row.delete()
        return None
    if row is not None and (row.target, row.digest) != (sent.target, sent.digest):
        raise KeyReused
    return row


def _added(sent: Sent) -> IdempotencyKey:
    row = sent.new_row()
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        raise _Collided from error
    return row


def _store(row: IdempotencyKey, response: Response) -> None:
    if response.status_code >= 500:
        row.delete()
        return
    row.status, row.body = response.status_code, _rendered(response)
    row.headers = _kept(response)
    row.save(update_fields=["status", "body", "headers"])


def _keep_refusal(sent: Sent, response: Response) -> None:
    """Store a refusal, unless it is no fault of the caller."""
    if not 400 <= response.status_code < 500:
        return
    row = sent.new_row(
        status=response.status_code, body=_rendered(response), headers=_kept(response)
    )
    # Where somebody else's answer is stored meanwhile, it is as good as this one.
    with suppress(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def _rendered(response: Response) -> str:
    return JSONRenderer().render(response.data).decode()


def _kept(response: Response) -> dict[str, str]:
    kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return kept | ({"Content-Type": response.content_type} if response.content_type else {})


def _again(row: IdempotencyKey) -> Response:
    headers = dict(row.headers)
    content_type = headers.pop("Content-Type", None)
    body = json.loads(row.body) if row.body else None
    return Response(
        body, row.status, headers={**headers, REPLAYED: "true"}, content_type=content_type
    )
