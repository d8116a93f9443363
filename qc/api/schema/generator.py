"""The schema, in one language, made once for each process."""

from functools import cache
from typing import Any

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator

LANGUAGE = "en"


class Generator(SchemaGenerator):
    """Makes the schema in English, whoever asks."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        """Return the schema, as plain values."""
        with translation.override(LANGUAGE):
            return super().get_schema(request, public)


@cache
def schema() -> Any:
    """Return the schema of all calls; it is the same for everybody, and takes a second to make."""
    return Generator().get_schema(public=True)
