"""Who may see a page of ours that is not a list or a form of a model."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from csp.constants import UNSAFE_EVAL
from csp.decorators import csp_update
from django.contrib.admin import site
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from qc.web.referers import own_referer

NOTHING_NEW = 204

View = Callable[..., HttpResponseBase]

# For pages in Unfold's frame, whose Alpine makes functions of texts in the page.
in_frame = csp_update({"script-src": [UNSAFE_EVAL]})


def page_view(
    *permissions: str, after_sign_in: str, methods: Sequence[str] = ("GET",)
) -> Callable[[View], View]:
    """Return a decorator that shows a page only to users with all these permissions.

    Visitors sign in first, and then come to the page whose URL is named `after_sign_in`.
    """

    def decorate(view: View) -> View:
        allowed_view = require_http_methods(methods)(view)

        @in_frame
        @never_cache
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_sign_in(request, after_sign_in)
            if not (site.has_permission(request) and request.user.has_perms(permissions)):
                raise PermissionDenied
            return allowed_view(request, *args, **kwargs)

        return inner

    return decorate


def _to_sign_in(request: HttpRequest, after_sign_in: str) -> HttpResponse:
    # Who pressed a button comes back to its page, where what they typed is kept.
    came_from = own_referer(request) if request.method == "POST" else ""
    return redirect_to_login(came_from or reverse(after_sign_in), reverse("admin:login"))
