"""Who may see and do what on the pages of webhooks."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from qc import permissions
from qc.admin.shared.access import View, page_view

LIST = "admin:qc_webhook_changelist"

# Managers and auditors read what is sent: it is what they may read anyway.
reading_view = page_view("qc.view_historicaltask", after_sign_in=LIST)


def superusers_view(*methods: str) -> Callable[[View], View]:
    """Return a decorator that lets only superusers in."""

    def decorate(view: View) -> View:
        @page_view("qc.view_historicaltask", after_sign_in=LIST, methods=methods)
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not permissions.is_superuser(request.user):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return inner

    return decorate
