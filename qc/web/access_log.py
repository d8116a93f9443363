"""A log line for each request, where logs are JSON: whose, which, how it ended and how soon."""

import logging
import time

from django.http import HttpRequest, HttpResponse

from qc.web.middleware import Middleware

logger = logging.getLogger("qc.requests")


class AccessLogMiddleware(Middleware):
    """Logs each request; an answer that is streamed is logged when it begins."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request, and log it."""
        if not logger.isEnabledFor(logging.INFO):
            return self.get_response(request)
        begun = time.monotonic()
        response = self.get_response(request)
        fields = {
            "method": request.method,
            # Without its query, which may have names in it.
            "path": request.path,
            "status": response.status_code,
            "duration": round(time.monotonic() - begun, 4),
            "person": getattr(request, "person", None),
        }
        logger.info("%s %s %d", request.method, request.path, response.status_code, extra=fields)
        return response
