"""Draws each page some times and prints what it cost as JSON: a process of its own for `pages`.

Started in the checkout that it measures, which may be an older one than that of this file.
"""

import json
import sys
import time
from typing import Any

import django

ROUNDS = 7
PAGES = {
    "Floor": ("manager", "/admin/floor/"),
    "Floor, its panel": ("manager", "/admin/floor/panel/"),
    "Floor, its charts": ("manager", "/admin/floor/charts/"),
    "Tasks": ("manager", "/admin/qc/task/"),
    "Tasks, waiting in a queue": (
        "manager",
        "/admin/qc/task/?queue__id__exact=1&status__exact=pending",
    ),
    "A task": ("manager", "/admin/qc/task/11/change/"),
    "Queues": ("manager", "/admin/qc/queue/"),
    "People": ("manager", "/admin/qc/user/"),
    "Imports": ("manager", "/admin/imports/"),
    "Reports by person": ("manager", "/admin/reports/"),
    "Reports by day": ("manager", "/admin/reports/?by=day"),
    "Audit trail": ("auditor", "/admin/trail/"),
    "Audit trail, a person": ("auditor", "/admin/trail/?person=qc1"),
    "Floor history": ("auditor", "/admin/floor-history/"),
    "Status": ("admin", "/admin/status/"),
    "My work": ("qc1", "/admin/my-work/"),
    "My work, its panel": ("qc1", "/admin/my-work/panel/"),
}


def main() -> None:
    """Print by page: statements, seconds of CPU for each time, and bytes."""
    django.setup()
    from config.wsgi import application

    sessions = {name: _session(name) for name in {name for name, _path in PAGES.values()}}
    costs = {}
    for page, (name, path) in PAGES.items():
        once = _drawn(application, path, sessions[name])
        statements = _statements(application, path, sessions[name])
        times = [_drawn(application, path, sessions[name])[0] for _ in range(ROUNDS)]
        costs[page] = {"statements": statements, "seconds": times, "bytes": once[1]}
    json.dump(costs, sys.stdout)


def _drawn(application: Any, path: str, cookie: str) -> tuple[float, int]:
    """Return the seconds of CPU that a page takes this process, and its size in bytes."""
    environ = _environ(path, cookie)
    begun = time.process_time()
    answers: list[str] = []
    response = application(environ, lambda status, headers: answers.append(status))
    body = b"".join(response)
    response.close()
    took = time.process_time() - begun
    assert answers[0].startswith("200"), (path, answers, body[:500])
    return took, len(body)


def _statements(application: Any, path: str, cookie: str) -> int:
    from django.db import connection

    n = 0

    def count(execute: Any, *args: Any) -> Any:
        nonlocal n
        n += 1
        return execute(*args)

    with connection.execute_wrapper(count):
        _drawn(application, path, cookie)
    return n


def _environ(path: str, cookie: str) -> dict[str, Any]:
    from django.test import RequestFactory

    environ: dict[str, Any] = RequestFactory().get(path).environ
    return environ | {"HTTP_COOKIE": cookie, "HTTP_HOST": "localhost"}


def _session(name: str) -> str:
    """Sign somebody in and return their cookie."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from qc.models import User
    from qc.web.session_store import SessionStore

    user = User.objects.get(username=name)
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), _BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


_BACKEND = "django.contrib.auth.backends.ModelBackend"

if __name__ == "__main__":
    main()
