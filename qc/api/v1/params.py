"""The query parameters of a call: what it does not know, it refuses."""

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from qc.core import wording

FIELDS = "fields"


def check_params(request: Request, allowed: Collection[str]) -> None:
    """Raise ValidationError for a parameter that is not allowed, or there more than once."""
    errors: dict[str, list[str]] = {}
    for name, values in request.query_params.lists():
        if name not in allowed:
            errors[name] = [_only(allowed)]
        elif len(values) > 1 and name == FIELDS:
            errors[name] = [_("Send this once.")]
    if errors:
        raise ValidationError(errors)


def _only(allowed: Collection[str]) -> str:
    if not allowed:
        return _("This call takes no parameters.")
    return _("There is no such parameter. Allowed are: %s.") % ", ".join(sorted(allowed))


def fields_of(request: Request, allowed: Collection[str]) -> frozenset[str] | None:
    """Return the fields that an answer is cut to, None for all. Raises ValidationError."""
    text = request.query_params.get(FIELDS)
    if text is None:
        return None
    names = frozenset(name.strip() for name in text.split(","))
    if not names <= frozenset(allowed):
        raise ValidationError({FIELDS: [wording.no_such_field(sorted(allowed))]})
    return names


def cut(result: Mapping[str, Any], names: Collection[str] | None) -> dict[str, Any]:
    """Return a result with only these fields; with all where None are named."""
    return {name: value for name, value in result.items() if names is None or name in names}
