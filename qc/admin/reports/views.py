"""*Reports*: what was done, how long it took and what came back, by person, queue or day.

What is asked for stands in the address, so that a report can be sent to somebody; the files hold
what the page shows.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from qc.admin.reports.form import ReportForm, presets
from qc.admin.reports.table import Table
from qc.admin.shared import downloads
from qc.admin.shared.access import guarded
from qc.exports import formats
from qc.reports import report
from qc.reports.report import Grouping

PAGE = "admin:reports"


def urls(site: Any) -> list[URLPattern]:
    """Return the addresses of the page and its files, for the admin site to include."""

    def inside(view: Any) -> Any:
        return guarded(site, "qc.view_task", PAGE, require_GET(partial(view, site)))

    def exporting(view: Any) -> Any:
        return guarded(site, "qc.export_task", PAGE, inside(partial(export, view)))

    return [
        path("reports/", inside(page), name="reports"),
        path("reports/report.csv", exporting(csv), name="reports_csv"),
        path("reports/report.xlsx", exporting(xlsx), name="reports_xlsx"),
        path("reports/report.json", exporting(json), name="reports_json"),
    ]


def page(site: Any, request: HttpRequest) -> HttpResponse:
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


def export(
    write: Callable[[Table], StreamingHttpResponse], site: Any, request: HttpRequest
) -> HttpResponse | StreamingHttpResponse:
    """Return the report as a file; the page says what is wrong with what was asked."""
    form = ReportForm(request.GET, site)
    if not form.is_valid():
        return HttpResponseRedirect(reverse(PAGE) + form.address())
    return write(_table(form))


def csv(table: Table) -> StreamingHttpResponse:
    """Return the report as CSV."""
    lines = formats.csv_lines(table.for_export())
    return downloads.streamed(lines, f"{_filename(table)}.csv", downloads.CSV)


def xlsx(table: Table) -> StreamingHttpResponse:
    """Return the report as XLSX."""
    return downloads.workbook(formats.xlsx_file(table.for_export()), f"{_filename(table)}.xlsx")


def json(table: Table) -> StreamingHttpResponse:
    """Return the report as JSON: a list of rows, named by the headings of the CSV file."""
    headings, *rows = table.for_export()
    told = (dict(zip(map(str, headings), row, strict=True)) for row in rows)
    return downloads.streamed(formats.json_list(told), f"{_filename(table)}.json", downloads.JSON)


def _table(form: ReportForm) -> Table:
    asked = form.asked()
    return Table(form, asked, report.report(asked))


def _filename(table: Table) -> str:
    asked = table.asked
    return f"report-{asked.by.value}-{asked.first}-{asked.last}"
