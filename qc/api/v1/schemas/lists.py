"""The parameters of lists, and of addresses, as the schema describes them."""

from collections.abc import Collection
from typing import Any

from django_filters import FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from qc.api.v1.fields import FlagField, MomentField

ID = OpenApiParameter(
    "id",
    {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    OpenApiParameter.PATH,
    description="Its id.",
)

_TYPES = {FlagField: OpenApiTypes.BOOL, MomentField: OpenApiTypes.DATETIME}


def filter_parameters(filters: type[FilterSet]) -> list[OpenApiParameter]:
    """Return the filters of a list, each with its help text."""
    return [_of_filter(name, one) for name, one in filters.base_filters.items()]


def _of_filter(name: str, one: Any) -> OpenApiParameter:
    values = [value for value, _label in one.extra.get("choices", ())]
    are_numbers = bool(values) and isinstance(values[0], int)
    kind = OpenApiTypes.INT if are_numbers else _TYPES.get(one.field_class, OpenApiTypes.STR)
    text = one.extra["help_text"]
    return OpenApiParameter(name, kind, description=text, enum=values or None)


def list_parameters(fields: Collection[str]) -> list[OpenApiParameter]:
    """Return the parameters that each list takes whose results have these fields."""
    names = ", ".join(fields)
    return [
        OpenApiParameter("cursor", str, description="Where the page begins; `next` has it."),
        OpenApiParameter(
            "limit", OpenApiTypes.INT, description="How many results: 1 to 200, usually 50."
        ),
        OpenApiParameter("fields", str, description=f"Only these fields, of: {names}."),
    ]
