"""*My work*: where a QC person spends the day.

The page polls a panel every few seconds, which is redrawn only when something has changed, so
that what somebody is typing stays; mostly `qc.web.looks` answers that nothing has. Each button is a
form and works without JavaScript too. A refused action shows its message on the page, and what was
typed stays on it.
"""

import contextlib
from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc import permissions
from qc.admin.my_work import buttons, files, unsaved
from qc.admin.my_work.buttons import ACTIONS
from qc.admin.my_work.state import MyWorkState
from qc.admin.my_work.unsaved import Newer
from qc.admin.shared import check_fields
from qc.admin.shared.access import NOTHING_NEW, page_view
from qc.admin.shared.params import is_id
from qc.checks import judging
from qc.checks.check_input import of_draft
from qc.core.exceptions import (
    InvalidCheck,
    InvalidTransition,
    NotAllowed,
    NotFound,
    QCError,
    StaleDraft,
)
from qc.models import Task
from qc.web import looks
from qc.web.users import user_of
from qc.work import actions, presence

CONFLICT, GONE = 409, 410

work_view = page_view("qc.work_task", after_sign_in="admin:my_work")
work_button = page_view("qc.work_task", after_sign_in="admin:my_work", methods=["POST"])


@work_view
def page(request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    wanted = request.GET.get("task", "")
    return _page(request, _state(request, wanted, opened=request.GET.get("open", "")))


@work_view
def panel(request: HttpRequest) -> HttpResponse:
    """Return the panel; 204 if the page already shows it."""
    state = _state(request, request.GET.get("task", ""), known=looks.of(request))
    return _panel_if_new(request, state)


@work_button
def act(request: HttpRequest, task: int, action: str) -> HttpResponse:
    """Do a button's action, and show the panel with its message."""
    try:
        text = ACTIONS[action](request, task)
    except StaleDraft as newer:
        return _newer(request, task, newer)
    except QCError as refusal:
        return _refused(request, task, action, refusal)
    if text:
        messages.success(request, text)
    answer = _answer(request, task, sent=request.POST.get("kept", ""))
    if action == "comment":
        # Its field is emptied: what a refusal leaves in it stays.
        answer.headers["QC-Commented"] = "yes"
    return answer


@work_button
def scan(request: HttpRequest) -> HttpResponse:
    """Open the task whose label was scanned, or say why not."""
    try:
        return _answer(request, buttons.scan(request))
    except QCError as refusal:
        messages.error(request, str(refusal))
        return _answer(request, request.POST.get("task", ""))


@work_button
def opened(request: HttpRequest, task: int) -> HttpResponse:
    """Note that the task was open in front of its holder; return the panel if it has changed."""
    with contextlib.suppress(QCError):
        actions.open_task(task, by=user_of(request), plan=check_fields.plan_id(request))
    return _panel_if_new(request, _state_after(request, task))


@work_button
def draft(request: HttpRequest, task: int) -> HttpResponse:
    """Save notes and answers so far; 409 if there are newer ones, 410 if the task is gone."""
    text, version = check_fields.notes(request), check_fields.draft_version(request)
    check, plan = check_fields.read(request), check_fields.plan_id(request)
    try:
        saved = actions.save_draft(
            task, text, by=user_of(request), check=check, version=version, plan=plan
        )
    except StaleDraft as newer:
        return _conflict(task, newer)
    except (InvalidTransition, NotAllowed, NotFound) as refusal:
        return JsonResponse({"message": str(refusal)}, status=GONE)
    return JsonResponse({"version": saved.draft_version})


def _newer(request: HttpRequest, task: int, newer: StaleDraft) -> HttpResponse:
    """Answer a form whose notes are based on older ones than are stored."""
    if "HX-Request" in request.headers:
        return _conflict(task, newer)
    typed = check_fields.notes(request)
    stored = "\n".join([newer.text, *[words for *_field, words in _fields(task, newer)]])
    both = Newer(typed, stored.strip(), newer.version)
    sent = check_fields.read(request)
    return _page(request, _state(request, task, typed=typed, sent_check=sent, newer=both))


def _conflict(task: int, newer: StaleDraft) -> HttpResponse:
    answer = {"notes": newer.text, "version": newer.version, "message": str(newer)}
    return JsonResponse(answer | {"fields": _fields(task, newer)}, status=CONFLICT)


def _fields(task: int, newer: StaleDraft) -> list[tuple[str, str, str]]:
    """Return the stored answers as the form has them, and in words."""
    stored = Task.objects.select_related("queue").get(pk=task)
    return check_fields.fields(judging.plan_of(stored), of_draft(newer.findings))


def _sentence(refusal: QCError) -> str:
    """Return what is said above a check: how much is marked in it, or what is wrong."""
    errors = refusal.errors if isinstance(refusal, InvalidCheck) else {}
    marked = [name for name in errors if name.startswith("answers.")]
    if not marked:
        return str(refusal)
    return ngettext(
        "%d answer is missing or wrong. It is marked below.",
        "%d answers are missing or wrong. They are marked below.",
        len(marked),
    ) % len(marked)


def _refused(request: HttpRequest, task: int, action: str, refusal: QCError) -> HttpResponse:
    """Answer a refused form; what was typed is shown, whoever has the task now."""
    typed, check = check_fields.notes(request), check_fields.read(request)
    why = _sentence(refusal)
    kept = unsaved.of_request(request, task, action, refusal, why)
    messages.error(request, kept.message if kept else why)
    errors = refusal.errors if isinstance(refusal, InvalidCheck) and not kept else {}
    if "HX-Request" in request.headers or not (kept or typed or check is not None):
        sent = request.POST.get("kept", "") if kept else ""
        return _answer(request, task, unsaved=kept, sent=sent, errors=errors)
    more = {"typed": typed, "sent_check": check, "errors": errors, "unsaved": kept}
    return _page(request, _state(request, task, **more))


def _answer(request: HttpRequest, task: int | str, **more: Any) -> HttpResponse:
    """Show the panel, or the whole page without JavaScript, with this task in front if held."""
    if "HX-Request" not in request.headers:
        held = Task.objects.held_by(user_of(request)).values_list("pk", flat=True)
        query = f"?task={task}" if str(task) in map(str, held) else ""
        return redirect(reverse("admin:my_work") + query)
    return _panel(request, _state_after(request, task, **more))


def _state(request: HttpRequest, wanted: int | str, **more: Any) -> MyWorkState:
    task = int(wanted) if is_id(str(wanted)) else None
    return MyWorkState(user_of(request), task, **more)


def _state_after(request: HttpRequest, wanted: int | str, **more: Any) -> MyWorkState:
    """Return what is shown after an action, which may have changed the person too."""
    session, person = request.session.session_key, user_of(request).pk
    known = looks.read(looks.WAITING, session, person)
    request.user = permissions.as_stored(user_of(request))
    return _state(request, wanted, known=known, **more)


def _page(request: HttpRequest, state: MyWorkState) -> HttpResponse:
    context = {"title": _("My work"), "state": state, "blank": unsaved.blank()}
    return render(request, "qc/my_work/page.html", site.each_context(request) | context)


def _panel_if_new(request: HttpRequest, state: MyWorkState) -> HttpResponse:
    params = _params(request)
    if state.is_shown(params.get("seen", ""), params.get("undo", "")):
        nothing = HttpResponse(status=NOTHING_NEW, headers={looks.HEADER: state.look})
        return files.news(request, state.files) or nothing
    return _panel(request, state)


def _panel(request: HttpRequest, state: MyWorkState) -> HttpResponse:
    """Return the panel, with a message for each shown task that was taken away since."""
    held = {int(task) for task in _params(request).get("held", "").split(",") if is_id(task)}
    for sentence in presence.taken(state.person, held - {task.pk for task in state.tasks}):
        messages.warning(request, sentence)
    return render(request, "qc/my_work/panel.html", {"state": state})


def _params(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else request.GET


urlpatterns = [
    path("my-work/", page, name="my_work"),
    path("my-work/panel/", panel, name="my_work_panel"),
    path("my-work/scan/", scan, name="my_work_scan"),
    *(
        path(
            f"my-work/<int:task>/{action.replace('_', '-')}/",
            act,
            {"action": action},
            name=f"my_work_{action}",
        )
        for action in ACTIONS
    ),
    path("my-work/<int:task>/open/", opened, name="my_work_open"),
    path("my-work/<int:task>/draft/", draft, name="my_work_draft"),
]
