"""The command palette (Ctrl+K): finds tasks by words, people, queues and pages."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from qc.admin import menu
from qc.models import Queue, Task, User
from qc.work import search as task_search

# The most results of each kind.
MOST_RESULTS = 20


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """Return the matches that this user may open; Unfold calls it while somebody types."""
    results = [*_tasks(request.user, term), *_pages(request.user, term)]
    if request.user.has_perm("qc.view_user"):
        people = User.objects.filter(username__istartswith=term)
        results += [_result(one, _("Person"), "person") for one in people[:MOST_RESULTS]]
    if request.user.has_perm("qc.view_queue"):
        queues = Queue.objects.filter(name__istartswith=term)
        results += [_result(one, _("Queue"), "inbox") for one in queues[:MOST_RESULTS]]
    return results


def _tasks(user: Any, term: str) -> Iterable[SearchResult]:
    if user.has_perm("qc.view_task"):
        for task in task_search.first(term, MOST_RESULTS).select_related("queue"):
            yield _result(task, _description(task), "checklist")
    else:
        held = Task.objects.held_by(user).select_related("queue")
        for task in [one for one in held if task_search.matches(one, term)]:
            link = reverse("admin:my_work", query={"task": task.pk})
            yield _result(task, _description(task), "task_alt", link)


def _description(task: Task) -> str:
    return f"{task.queue}, {task.get_status_display()}"


def _pages(user: Any, term: str) -> Iterable[SearchResult]:
    # Lists are found by Unfold itself.
    for entry in menu.allowed(user, menu.ALL):
        if term in str(entry.title).lower() and not entry.address.endswith("_changelist"):
            yield _result(entry.title, _("Page"), entry.icon, reverse(entry.address))


def _result(item: Any, description: str, icon: str, link: str = "") -> SearchResult:
    link = link or reverse(f"admin:qc_{item._meta.model_name}_change", args=[item.pk])
    return SearchResult(title=str(item), description=description, link=link, icon=icon)
