"""Bodies of requests."""

import codecs
import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError
from rest_framework.utils.json import strict_constant


class JSONParser(parsers.JSONParser):
    """Reads JSON. What can't be read as it stands is the sender's error, not ours."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the value. Raise ParseError for what is no JSON, too deep, or a number too large.

        As Django REST framework's, which makes infinity of such a number.
        """
        encoding = (parser_context or {}).get("encoding", settings.DEFAULT_CHARSET)
        try:
            text: Any = codecs.getreader(encoding)(stream)
            found: dict[str, Any] = json.load(
                text, parse_float=_finite, parse_constant=strict_constant
            )
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from error
        except RecursionError as error:
            raise ParseError(_("This JSON is nested too deeply.")) from error
        return found


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(_("The number %s is too large.") % text[:50])
    return number
