"""*Reports*: completed tasks, their times, and tasks given back, by person, queue or day.

The address has the whole query, so that a report can be sent to somebody.
"""

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path, reverse

from qc.admin.reports import answers, control, defects, files, pages
from qc.admin.reports.form import ReportForm
from qc.admin.reports.table import ReportTable
from qc.admin.shared.access import page_view
from qc.reports import report
from qc.reports.report import Grouping

PAGE = "admin:reports"


@page_view("qc.view_task", after_sign_in=PAGE)
def page(request: HttpRequest) -> HttpResponse:
    """Show the report, or what is wrong with the form."""
    form = ReportForm(request.GET, site)
    form.is_valid()
    form.offer_columns()
    context = pages.context(request, "reports", form) | {
        "table": _table(form) if form.is_valid() else None,
        "tabs": [(by.label, _of(form, by), by.value) for by in Grouping],
        "chosen": form.data["by"],
        "is_grouped": True,
    }
    return render(request, "qc/reports/page.html", context)


@page_view("qc.view_task", "qc.export_task", after_sign_in=PAGE)
def export(request: HttpRequest, ending: str) -> HttpResponse | StreamingHttpResponse:
    """Return the report as a file; go to the page if something is wrong with the form."""
    form = ReportForm(request.GET, site)
    if not form.is_valid():
        return HttpResponseRedirect(reverse(PAGE) + form.address())
    return _file(_table(form), ending)


def _of(form: ReportForm, by: Grouping) -> str:
    return form.address(by=by.value, column="", sort="")


def _table(form: ReportForm) -> ReportTable:
    query = form.query()
    return ReportTable(form, query, report.report(query))


def _file(table: ReportTable, ending: str) -> StreamingHttpResponse:
    query = table.query
    stem = f"report-{query.by.value}-{query.first}-{query.last}"
    return files.sent(table.for_export(), stem, ending)


urlpatterns = [
    path("reports/", page, name="reports"),
    *(
        path(f"reports/report.{ending}", export, {"ending": ending}, name=f"reports_{ending}")
        for ending in files.ENDINGS
    ),
    *defects.urlpatterns,
    *control.urlpatterns,
    *answers.urlpatterns,
]
