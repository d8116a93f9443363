"""The command palette (Ctrl+K): finds tasks by their reference, people, queues and pages."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from qc.admin import menu
from qc.models import Queue, Task, User
from qc.models.tasks import begins_with

# So many of each kind.
MOST = 20


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """Return what this user may open and is called so; Unfold asks for it as one types."""
    found = [*_tasks(request.user, term), *_pages(request, term)]
    if request.user.has_perm("qc.view_user"):
        found += _all(User.objects.filter(username__istartswith=term), _("Person"), "person")
    if request.user.has_perm("qc.view_queue"):
        found += _all(Queue.objects.filter(name__istartswith=term), _("Queue"), "inbox")
    return found


def _tasks(user: Any, term: str) -> Iterable[SearchResult]:
    tasks = Task.objects.filter(begins_with(term)).select_related("queue")
    if user.has_perm("qc.view_task"):
        return _all(tasks.order_by("reference"), "", "checklist")
    return [
        _result(task, reverse("admin:my_work", query={"task": task.pk}), _said(task), "task_alt")
        for task in tasks.held_by(user)
    ]


def _pages(request: HttpRequest, term: str) -> Iterable[SearchResult]:
    # Lists are found by Unfold itself.
    for entry in menu.allowed(request.user, menu.ALL):
        if term in str(entry.title).lower() and not entry.address.endswith("_changelist"):
            yield _result(entry.title, reverse(entry.address), _("Page"), entry.icon)


def _all(items: QuerySet[Any], kind: str, icon: str) -> list[SearchResult]:
    return [_result(item, _address(item), kind or _said(item), icon) for item in items[:MOST]]


def _address(item: Model) -> str:
    return reverse(f"admin:qc_{item._meta.model_name}_change", args=[item.pk])


def _said(task: Task) -> str:
    return f"{task.queue}, {task.get_status_display()}"


def _result(title: object, link: str, description: str, icon: str) -> SearchResult:
    return SearchResult(title=str(title), description=description, link=link, icon=icon)
