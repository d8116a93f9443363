"""The domain's errors as responses of the API."""

import re
from typing import Any

from rest_framework import exceptions as drf
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from qc.core.exceptions import Busy, InvalidFields, InvalidInput, NotAllowed, NotFound, QCError
from qc.core.transactions import DATABASE_AWAY
from qc.web.errors import RETRY_AFTER

SURROGATES = re.compile("[\ud800-\udfff]")
STATUS: dict[type[QCError], int] = {
    NotAllowed: status.HTTP_403_FORBIDDEN,
    NotFound: status.HTTP_404_NOT_FOUND,
    Busy: status.HTTP_503_SERVICE_UNAVAILABLE,
}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the response to an error: {"detail": …}, or field → messages for a 400.

    It is a 409 if the state of the task or the person does not allow the call.
    """
    if isinstance(error, DATABASE_AWAY):
        return None  # qc.web.errors answers it, as on pages.
    is_busy = isinstance(error, Busy)
    if isinstance(error, InvalidFields):
        error = drf.ValidationError({name: [text] for name, text in error.errors.items()})
    elif isinstance(error, InvalidInput):
        error = drf.ValidationError({error.field: [str(error)]})
    elif isinstance(error, QCError):
        code = STATUS.get(type(error), status.HTTP_409_CONFLICT)
        error = drf.APIException(str(error))
        error.status_code = code
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = _encodable(response.data)
    if is_busy:
        response.headers["Retry-After"] = str(RETRY_AFTER)
    return response


def _encodable(data: Any) -> Any:
    """Return data without halves of characters, which names and values that were sent may have."""
    if isinstance(data, dict):
        return {_encodable(str(name)): _encodable(one) for name, one in data.items()}
    if isinstance(data, list):
        return list(map(_encodable, data))
    return SURROGATES.sub("\ufffd", data) if isinstance(data, str) else data
