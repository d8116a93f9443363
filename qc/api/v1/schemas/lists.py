"""The parameters of lists, and of addresses, as the schema describes them."""

from collections.abc import Collection

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

ID = OpenApiParameter("pk", OpenApiTypes.INT64, OpenApiParameter.PATH, description="Its id.")


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
