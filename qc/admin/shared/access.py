"""Who may see a page of ours that is not a list or a form of a model."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

NOTHING_NEW = 204

View = Callable[..., HttpResponse]


def guarded(site: Any, permission: str | None, page: str, view: View) -> View:
    """Let in who has the permission; a part that asks after its session ended reloads the page.

    With None everybody may who may enter at all. `page` is the name of the page's address, to
    come back to after signing in.
    """

    @never_cache
    @wraps(guarded)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            if "HX-Request" in request.headers:
                return HttpResponse(status=NOTHING_NEW, headers={"HX-Refresh": "true"})
            return redirect_to_login(reverse(page), reverse("admin:login"))
        allowed = permission is None or request.user.has_perm(permission)
        if not (site.has_permission(request) and allowed):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return inner
