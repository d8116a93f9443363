"""A check plan as the checker sees it, and its versions: pages to read."""

from typing import Any

from django.contrib.admin import site
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from qc.admin.check_plans import wording
from qc.admin.my_work.check_form import CheckForm
from qc.admin.shared.access import page_view
from qc.checks import plan as plans_in_memory
from qc.checks.check_input import CheckInput
from qc.checks.plan import Plan
from qc.checks.plan_draft import content_of
from qc.models import CheckPlan, PlanVersion, Task

VERSIONS = 50

reading_view = page_view("qc.view_historicaltask", after_sign_in="admin:qc_checkplan_changelist")


class PreviewForm(CheckForm):
    """The check of a task that a queue's plan, as it is being edited, would give."""

    @cached_property
    def plan(self) -> Plan:
        """The plan that is being edited."""
        written = self.task.queue.check_plan
        return plans_in_memory.read(content_of(written, list(written.items.all())))


@reading_view
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a plan as the checker sees it on *My work*."""
    check_plan = _plan(pk)
    # A correction has no files: they belong to a task that is there.
    check = PreviewForm(Task(queue=check_plan.queue), CheckInput(), is_correction=True)
    context = {"check_plan": check_plan, "check": check, "rule": wording.rule_of(check.plan)}
    return _page(request, "preview", _("Preview: %s") % check_plan, context)


@reading_view
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the versions of a plan, what one of them asks, and what differs from an earlier one."""
    check_plan = _plan(pk)
    found = check_plan.queue.plan_versions.select_related("created_by").order_by("-number")
    page = Paginator(found, VERSIONS).get_page(request.GET.get("page"))
    context: dict[str, Any] = {"check_plan": check_plan, "page": page}
    chosen = _chosen(request, "version", check_plan) or found.first()
    if chosen:
        context |= _content(chosen, _chosen(request, "since", check_plan))
    return _page(request, "versions", _("Versions: %s") % check_plan, context)


def _plan(pk: int) -> CheckPlan:
    plan: CheckPlan = get_object_or_404(CheckPlan.objects.select_related("queue__plan"), pk=pk)
    return plan


def _chosen(request: HttpRequest, name: str, check_plan: CheckPlan) -> PlanVersion | None:
    """Return the version whose number is in the address; None if none is."""
    number = request.GET.get(name, "")
    if not number:
        return None
    versions = check_plan.queue.plan_versions
    found = versions.filter(number=number).first() if number.isdecimal() else None
    if found is None:
        raise Http404
    return found


def _content(version: PlanVersion, since: PlanVersion | None) -> dict[str, Any]:
    """Return what a version asks, and what differs from `since`, or else the one before it."""
    plan = plans_in_memory.of_version(version.pk)
    rows = [
        (one, {name: text for name, text in wording.facts_of(one, plan).items() if text})
        for one in plan.items
    ]
    earlier = version.queue.plan_versions.filter(number__lt=version.number).order_by("-number")
    since = since or earlier.first()
    context = {"version": version, "rows": rows, "rule": wording.rule_of(plan), "since": since}
    if since is None:
        return context
    before = plans_in_memory.of_version(since.pk)
    context["others"] = earlier[:VERSIONS]
    context["changes"] = wording.changes(before, plan)
    context["earlier_rule"] = wording.rule_of(before)
    return context


def _page(request: HttpRequest, name: str, title: str, context: dict[str, Any]) -> HttpResponse:
    context |= site.each_context(request) | {"title": title, "page_name": name}
    return render(request, f"qc/check_plans/{name}.html", context)


urlpatterns = [
    path("check-plans/<int:pk>/preview/", preview, name="check_plan_preview"),
    path("check-plans/<int:pk>/versions/", versions, name="check_plan_versions"),
]
