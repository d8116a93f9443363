"""*Reports – Control charts*: points with the limits of a frozen baseline, and what stands out."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from qc import permissions
from qc.admin.reports import files, pages
from qc.admin.reports.control_form import ControlForm
from qc.admin.reports.control_table import ControlTable
from qc.admin.shared.access import page_view
from qc.audit import baselines
from qc.core.exceptions import QCError
from qc.reports import chart_points
from qc.reports.control_charts import ChartKind

PAGE = "admin:reports_control"


@page_view("qc.view_task", after_sign_in=PAGE)
def page(request: HttpRequest) -> HttpResponse:
    """Show a control chart."""
    form = ControlForm(request.GET)
    context = pages.context(request, "reports_control", form) | {
        "tabs": [(one.label, form.address(kind=one.value), one.value) for one in ChartKind],
        "chosen": form.kind.value,
        "may_freeze": permissions.is_manager(request.user),
        "fewest": chart_points.FEWEST_POINTS,
        "lacks_item": form.kind.is_of_values and not form.data["item"],
        "is_of_values": form.kind.is_of_values,
        "most": chart_points.MOST_VALUES,
    }
    if form.is_valid() and not context["lacks_item"]:
        context["table"] = _table(form)
    return render(request, "qc/reports/control.html", context)


@page_view("qc.view_task", "qc.export_task", after_sign_in=PAGE)
def export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Return the points of a control chart, with limits and rules, as a file."""
    form = ControlForm(request.GET)
    if not form.is_valid():
        return HttpResponseRedirect(reverse(PAGE) + form.address())
    table = _table(form)
    return files.sent(table.for_export(), pages.stem(f"chart-{form.kind}", form.span()), ending)


@page_view("qc.manage_task", after_sign_in=PAGE, methods=("POST",))
def freeze(request: HttpRequest) -> HttpResponseRedirect:
    """Freeze the chosen days as the baseline of the chart."""
    return _change(request, baselines.freeze, _("The baseline was frozen."))


@page_view("qc.manage_task", after_sign_in=PAGE, methods=("POST",))
def remove(request: HttpRequest) -> HttpResponseRedirect:
    """Remove the baseline of the chart; the audit trail keeps what it was."""
    return _change(request, baselines.remove, _("The baseline was removed."))


def _change(request: HttpRequest, change: Callable[..., object], done: str) -> HttpResponseRedirect:
    """Change the baseline of the chart that the form names, and say how it went."""
    form = ControlForm(request.POST)
    if form.is_valid():
        try:
            change(form.query(), by=request.user)
            messages.success(request, done)
        except QCError as refusal:
            messages.error(request, str(refusal))
    return HttpResponseRedirect(reverse(PAGE) + form.address())


def _table(form: ControlForm) -> ControlTable:
    query = form.query()
    title = str(query.kind.label)
    if query.kind.is_of_values:
        title = f"{dict(form.fields['item'].choices)[query.item]}: {title}"  # type: ignore[attr-defined]
    if query.size:
        title = f"{title}, n = {query.size}"
    return ControlTable(query, chart_points.points(query), baselines.of(query), title)


urlpatterns = [
    path("reports/control/", page, name="reports_control"),
    path("reports/control/freeze/", freeze, name="freeze_baseline"),
    path("reports/control/remove/", remove, name="remove_baseline"),
    *files.paths("control", export),
]
