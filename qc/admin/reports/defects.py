"""*Reports – Defects*: the most frequent defects as a Pareto chart, and what was right at once."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.translation import gettext as _

from qc.admin.reports import files, pages
from qc.admin.reports.columns import words
from qc.admin.reports.defect_form import DefectForm
from qc.admin.reports.defect_table import DefectTable
from qc.admin.shared.access import page_view
from qc.reports import defects, rates
from qc.reports.defects import By
from qc.reports.intervals import Rate

PAGE = "admin:reports_defects"


class RateRow(NamedTuple):
    """A rate in words: its value, what it is a share of, and its interval."""

    name: str
    value: str
    counted: str
    interval: str


@page_view("qc.view_task", after_sign_in=PAGE)
def page(request: HttpRequest) -> HttpResponse:
    """Show the most frequent defects, and the rates."""
    form = DefectForm(request.GET)
    form.is_valid()
    form.offer_columns()
    context = pages.context(request, "reports_defects", form) | {
        "tabs": [(by.label, form.address(by=by.value, column=""), by.value) for by in By],
        "chosen": form.data["by"],
        "is_grouped": True,
    }
    if form.is_valid():
        query = form.query()
        context["table"] = DefectTable(query, defects.pareto(query))
        context["rates"] = [_in_words(*one) for one in _rates(form)]
        context["rate_files"] = files.links("reports_rates", form.address())
    return render(request, "qc/reports/defects.html", context)


@page_view("qc.view_task", "qc.export_task", after_sign_in=PAGE)
def export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Return the most frequent defects as a file."""
    form = DefectForm(request.GET)
    if not form.is_valid():
        return HttpResponseRedirect(reverse(PAGE) + form.address())
    query = form.query()
    table = DefectTable(query, defects.pareto(query))
    return files.sent(table.for_export(), pages.stem(f"defects-{query.by}", query.span), ending)


@page_view("qc.view_task", "qc.export_task", after_sign_in=PAGE)
def export_rates(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Return the rates as a file."""
    form = DefectForm(request.GET)
    if not form.is_valid():
        return HttpResponseRedirect(reverse(PAGE) + form.address())
    return files.sent(_rate_rows(form), pages.stem("rates", form.span()), ending)


def _rates(form: DefectForm) -> list[tuple[str, Rate]]:
    found = rates.rates(form.span())
    return [
        (_("First-pass yield"), found.first_pass),
        (_("Rework share"), found.rework),
        (_("Rejected"), found.rejected),
    ]


def _in_words(name: str, rate: Rate) -> RateRow:
    counted = _("%(hits)s of %(cases)s") % {"hits": words(rate.hits), "cases": words(rate.cases)}
    if rate.share is None or rate.interval is None or rate.per_million is None:
        return RateRow(name, "–", counted, "–")
    low, high = (pages.percent(bound, 2) for bound in rate.interval)
    value = pages.percent(rate.share, 2)
    if name == _("Rejected"):
        value = _("%s per million") % words(round(rate.per_million))
    return RateRow(name, value, counted, f"{low} – {high}")


def _rate_rows(form: DefectForm) -> Iterator[Sequence[Any]]:
    yield [_("Rate"), _("Counted"), _("Of"), _("Share"), _("Per million"), _("From"), _("To")]
    for name, rate in _rates(form):
        low, high = rate.interval or (None, None)
        yield [name, rate.hits, rate.cases, rate.share, rate.per_million, low, high]


urlpatterns = [
    path("reports/defects/", page, name="reports_defects"),
    *files.paths("defects", export),
    *files.paths("rates", export_rates),
]
