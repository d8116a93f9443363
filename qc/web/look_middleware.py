"""Middleware that answers an open page which asks whether anything is new, where nothing is."""

from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from qc.models import MOST_CAPACITY
from qc.web import looks
from qc.web.middleware import ACTIVE, Middleware
from qc.web.page_guards import DRAWN_FOR, NOTHING_NEW

# The longest id that each database takes.
DIGITS = 18


class LookMiddleware(Middleware):
    """Answers 204 from one statement, before sessions and all else; lets anything else pass.

    What a page that passes is about to show has its look on the request, read before it.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        kinds = _pages().get(request.path) if request.method == "GET" else None
        session = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        person = _ids(request.headers.get(DRAWN_FOR, "").partition("/")[0])
        if not (kinds and session and person):
            return self.get_response(request)
        if _is_answered(request, kinds, session, person[0]):
            # For the log.
            request.person = person[0]  # type: ignore[attr-defined]
            return HttpResponse(status=NOTHING_NEW)
        request.look = looks.read(kinds[0], session, person[0])  # type: ignore[attr-defined]
        return self.get_response(request)


@cache
def _pages() -> dict[str, tuple[str, ...]]:
    """Return by address the kinds of looks of its page; the first has all numbers."""
    return {
        reverse("admin:my_work_panel"): (looks.WAITING, looks.OWN),
        reverse("admin:floor_panel"): (looks.FLOOR,),
    }


def _ids(text: str) -> list[int]:
    parts = text.split(",")
    return [int(one) for one in parts if one.isascii() and one.isdigit() and len(one) <= DIGITS]


def _is_answered(request: HttpRequest, kinds: tuple[str, ...], session: str, person: int) -> bool:
    """Return whether the page knows all, and nothing of its person is to be noted."""
    sent = request.GET.get("look", "")
    kind = sent.partition(".")[0]
    if kind not in kinds:
        return False
    shown = _ids(request.GET.get("held", ""))[:MOST_CAPACITY]
    look = looks.read(kind, session, person, shown)
    is_by_itself = request.headers.get(ACTIVE) == "no"
    return look is not None and (is_by_itself or look.is_noted) and look.is_still(sent)
