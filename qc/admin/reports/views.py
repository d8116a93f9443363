"""*Reports*: what was done, how long it took and what came back, by person, queue or day.

What is asked for stands in the address, so that a report can be sent to somebody; the files hold
what the page shows.
"""

from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from qc import exports
from qc.admin.reports.form import ReportForm, presets
from qc.admin.reports.table import Table
from qc.admin.shared import downloads
from qc.admin.shared.access import page_view
from qc.reports import report
from qc.reports.report import Grouping

PAGE = "admin:reports"


@page_view("qc.view_task", after_sign_in=PAGE)
def page(request: HttpRequest) -> HttpResponse:
    """Show the report, or what is wrong with what was asked."""
    form = ReportForm(request.GET, site)
    context = site.each_context(request) | {
        "title": _("Reports"),
        "form": form,
        "table": _table(form) if form.is_valid() else None,
        "tabs": [(by.label, form.address(by=by.value, sort=""), by.value) for by in Grouping],
        "presets": presets(form),
        "address": form.address(),
    }
    return render(request, "qc/reports/page.html", context)


@page_view("qc.view_task", "qc.export_task", after_sign_in=PAGE)
def export(request: HttpRequest, ending: str) -> HttpResponse | StreamingHttpResponse:
    """Return the report as a file; the page says what is wrong with what was asked."""
    form = ReportForm(request.GET, site)
    if not form.is_valid():
        return HttpResponseRedirect(reverse(PAGE) + form.address())
    return FILES[ending](_table(form))


def csv(table: Table) -> StreamingHttpResponse:
    """Return the report as CSV."""
    lines = exports.csv_lines(table.for_export())
    return downloads.streamed(lines, f"{_filename(table)}.csv", downloads.CSV)


def xlsx(table: Table) -> StreamingHttpResponse:
    """Return the report as XLSX."""
    return downloads.workbook(exports.xlsx_file(table.for_export()), f"{_filename(table)}.xlsx")


def json(table: Table) -> StreamingHttpResponse:
    """Return the report as JSON: a list of rows, named by the headings of the CSV file."""
    headings, *rows = table.for_export()
    told = (dict(zip(map(str, headings), row, strict=True)) for row in rows)
    return downloads.streamed(exports.json_list(told), f"{_filename(table)}.json", downloads.JSON)


FILES = {"csv": csv, "xlsx": xlsx, "json": json}


def _table(form: ReportForm) -> Table:
    asked = form.asked()
    return Table(form, asked, report.report(asked))


def _filename(table: Table) -> str:
    asked = table.asked
    return f"report-{asked.by.value}-{asked.first}-{asked.last}"


urlpatterns = [
    path("reports/", page, name="reports"),
    *(
        path(f"reports/report.{ending}", export, {"ending": ending}, name=f"reports_{ending}")
        for ending in FILES
    ),
]
