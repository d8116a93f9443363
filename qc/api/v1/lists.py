"""Lists: pages by a cursor, which is a key of an index, so that each page costs the same.

A cursor is signed, and fits only the list and the filters that it was made for.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.core.signing import BadSignature, Signer
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from qc.api.v1.base import V1View
from qc.api.v1.params import FIELDS, cut, fields_of
from qc.api.v1.shapes.moments import moment
from qc.core.keyset import Key, Order, Position, decode_key, encode_key, paginate

CURSOR, LIMIT = "cursor", "limit"
OF_LISTS = (CURSOR, LIMIT, FIELDS)
USUAL, MOST = 50, 200

Shape = Callable[[Any], Mapping[str, Any]]


class ListView(V1View):
    """A list. `fields` are those of each result, `filters` the parameters beside `OF_LISTS`."""

    fields: ClassVar[Collection[str]] = ()
    filters: ClassVar[Collection[str]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.params = {**cls.params, "GET": (*OF_LISTS, *cls.filters)}

    def page(
        self,
        request: Request,
        rows: QuerySet[Any],
        shape: Shape,
        columns: tuple[str, ...] = ("-pk",),
    ) -> Response:
        """Return a page of rows in the order of an index: `columns`, the last of them unique.

        Conditions of `rows` must be such that the index has the rows one after the other.
        """
        pk = str(rows.model._meta.pk.name)
        columns = tuple(one.replace("pk", pk) if one in ("pk", "-pk") else one for one in columns)
        order = Order(columns, (Q(),), rows)
        return self.page_in_order(request, order, rows, shape)

    def page_in_order(
        self,
        request: Request,
        order: Order,
        rows: QuerySet[Any],
        shape: Shape,
        *,
        exact: bool = True,
    ) -> Response:
        """Return a page of rows; `exact`: the index finds no others. It may be a short one.

        Where other filters drop very many rows, a page ends early and has a `next` all the same.
        """
        names, limit = fields_of(request, self.fields), limit_of(request)
        cursor = cursor_of(request)
        key = None if cursor is None else decode_key(order, cursor)
        if cursor is not None and key is None:
            raise no_cursor()
        found = paginate(order, rows, limit, Position(key), exact=exact)
        return answer(request, [cut(shape(row), names) for row in found.rows], found.older)


def answer(
    request: Request, results: list[Any], older: Key | str | None, until: datetime | None = None
) -> Response:
    """Return the answer of a list; `older` is where the next page begins, None at the end.

    A list of changes has the moment since which to ask next.
    """
    text = encode_key(older) if isinstance(older, tuple) else older
    address = None if text is None else _next(request, text)
    of_changes = {} if until is None else {"until": moment(until)}
    return Response({"results": results, "next": address, **of_changes})


def limit_of(request: Request) -> int:
    """Return how many results a page has. Raises ValidationError."""
    text = request.query_params.get(LIMIT, str(USUAL))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST):
        raise ValidationError({LIMIT: [_("Send a whole number from 1 to %d.") % MOST]})
    return int(text)


def cursor_of(request: Request) -> str | None:
    """Return the key where a page begins, None for the first one. Raises ValidationError."""
    sent = request.query_params.get(CURSOR)
    if sent is None:
        return None
    try:
        of_list, key = _signer().unsign_object(sent)
    except (BadSignature, ValueError):
        raise no_cursor() from None
    if of_list != _list_of(request):
        raise no_cursor()
    return str(key)


def no_cursor() -> ValidationError:
    """Return the refusal of a cursor that was not made for this list."""
    text = _("This cursor is not of this list. Begin without one, or go to the address in `next`.")
    return ValidationError({CURSOR: [text]})


def _next(request: Request, key: str) -> str:
    params = request.query_params.copy()
    params[CURSOR] = _signer().sign_object([_list_of(request), key])
    return request.build_absolute_uri(f"{request.path}?{params.urlencode()}")


def _list_of(request: Request) -> str:
    """Return what says for which list and filters a cursor is."""
    pairs = sorted(
        (name, value)
        for name, values in request.query_params.lists()
        for value in values
        if name not in OF_LISTS
    )
    text = f"{request.path.rstrip('/')}?{urlencode(pairs)}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _signer() -> Signer:
    return Signer(salt="qc.api.v1.cursor")
