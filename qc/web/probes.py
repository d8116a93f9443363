"""`/healthz`, `/readyz` and `/metrics`: for load balancers, and for whoever watches QC Desk.

They are answered before all else: a load balancer calls by address, without HTTPS and without a
session, and is never redirected.
"""

import threading
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from qc.monitoring import checks
from qc.web import metrics
from qc.web.middleware import Middleware

SAFE = ("GET", "HEAD")
NOT_ALLOWED, UNAVAILABLE = 405, 503
# What was found is said again for so long, and so long does a request wait for another's checks.
KEPT_SECONDS = 2.0


class Readiness:
    """Runs the checks, one thread at a time: a database that hangs holds up no more than that."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: dict[str, str] = {}
        self.until = 0.0

    def check(self) -> dict[str, str]:
        """Return what each check says, at most KEPT_SECONDS old."""
        if not self.lock.acquire(timeout=KEPT_SECONDS):
            return {"checks": f"still waiting after {KEPT_SECONDS:g} s"}
        try:
            if time.monotonic() >= self.until:
                self.found = checks.all_checks()
                self.until = time.monotonic() + KEPT_SECONDS
            return self.found
        finally:
            self.lock.release()


readiness = Readiness()


def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return JsonResponse({"status": "alive"})


def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether all that QC Desk needs is there, check by check."""
    found = readiness.check()
    body = {
        "status": "not ready" if any(found.values()) else "ready",
        "checks": {
            name: {"ok": False, "why": why} if why else {"ok": True} for name, why in found.items()
        },
    }
    return JsonResponse(body, status=UNAVAILABLE if any(found.values()) else 200)


PROBES: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": healthz,
    "/readyz": readyz,
    "/metrics": metrics.metrics,
}


class ProbesMiddleware(Middleware):
    """Answers the probes, and lets all else pass."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        probe = PROBES.get(request.path.rstrip("/"))
        if probe is None:
            return self.get_response(request)
        if request.method not in SAFE:
            return HttpResponse(status=NOT_ALLOWED, headers={"Allow": ", ".join(SAFE)})
        # No line of the log is about it: qc.web.errors.
        request.is_probe = True  # type: ignore[attr-defined]
        response = probe(request)
        response.headers["Cache-Control"] = "no-store"
        return response
