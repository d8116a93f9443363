"""Middleware that compresses pages."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressPagesMiddleware(GZipMiddleware):
    """Compresses pages alone: what programs read keeps its ETag as it is, and files their ranges.

    Of two secrets on a page, tokens of forms come out differently each time, and the length of each
    answer varies by chance: so nobody learns them from how well a page is compressed.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the answer, compressed if it is a page."""
        if not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)
