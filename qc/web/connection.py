"""The answer that tells a page that the server is there."""

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

NOTHING = 204


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Return an empty answer, with the newest token against forged requests in its cookie."""
    get_token(request)
    return HttpResponse(status=NOTHING)
