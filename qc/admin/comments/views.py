"""Comments on a task's page, and *Mentions*: the comments that name a person.

Whoever may see a task may comment on it; everybody sees their own mentions.
"""

from django.contrib import messages
from django.contrib.admin import site
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _

from qc.admin.shared.access import page_view
from qc.core.exceptions import NotFound, QCError
from qc.web.users import user_of
from qc.work import comments

comment_button = page_view("qc.view_task", after_sign_in="admin:floor", methods=["POST"])
mentions_view = page_view(after_sign_in="admin:mentions")
mentions_button = page_view(after_sign_in="admin:mentions", methods=["POST"])


@comment_button
def add(request: HttpRequest, task: int) -> HttpResponse:
    """Comment on a task, and show its page."""
    try:
        comments.add(task, request.POST.get("comment", ""), by=user_of(request))
    except NotFound as error:
        raise Http404 from error
    except QCError as refusal:
        messages.error(request, str(refusal))
    return redirect("admin:qc_task_change", task)


@mentions_view
def mentions(request: HttpRequest) -> HttpResponse:
    """Show the comments that mention this person, newest first."""
    found = comments.mentions_of(user_of(request))
    context = {"title": _("Mentions"), "mentions": found, "reads_tasks": _reads_tasks(request)}
    return render(request, "qc/comments/mentions.html", site.each_context(request) | context)


@mentions_button
def read(request: HttpRequest) -> HttpResponse:
    """Note that this person has read all that mentions them."""
    comments.read_all(user_of(request))
    return redirect("admin:mentions")


def _reads_tasks(request: HttpRequest) -> bool:
    return request.user.has_perm("qc.view_task")


urlpatterns = [
    path("tasks/<int:task>/comment/", add, name="task_comment"),
    path("mentions/", mentions, name="mentions"),
    path("mentions/read/", read, name="mentions_read"),
]
