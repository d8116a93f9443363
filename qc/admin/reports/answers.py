"""*Reports – Answers*: how the items of a queue's plan were answered, and all answers as a file."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from qc.admin.reports import files, pages
from qc.admin.reports.columns import words
from qc.admin.reports.form import SpanForm
from qc.admin.shared import downloads
from qc.admin.shared.access import page_view
from qc.admin.shared.params import is_id
from qc.core.exceptions import QCError
from qc.exports.answers import AnswersExport
from qc.history import events
from qc.models import AnswerKind, EventKind, Queue
from qc.reports import answers
from qc.reports.answers import ItemRow

PAGE = "admin:reports_answers"


class AnswersForm(SpanForm):
    """The span, of one queue: another has other items."""

    def __init__(self, params: Mapping[str, str]) -> None:
        super().__init__(params)
        self.fields["queue"].required = True
        self.fields["queue"].empty_label = None  # type: ignore[attr-defined]

    def with_defaults(self, params: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters; by default of the first queue that is checked by a plan."""
        data = super().with_defaults(params)
        if not is_id(data.get("queue", "")):
            queues = Queue.objects.open().order_by("name")
            first = queues.exclude(plan=None).first() or queues.first()
            data["queue"] = str(first.pk if first else 0)
        return data


@page_view("qc.view_task", after_sign_in=PAGE)
def page(request: HttpRequest) -> HttpResponse:
    """Show how each item was answered."""
    form = AnswersForm(request.GET)
    context = pages.context(request, "reports_answers", form)
    if form.is_valid():
        span = form.span()
        items = answers.items(int(form.data["queue"]))
        context |= {
            "headings": _headings(),
            "lines": pages.lines([_line(row) for row in answers.rows(span, items)]),
            "checks": AnswersExport(span).count(),
        }
    return render(request, "qc/reports/answers.html", context)


@page_view("qc.view_task", "qc.export_task", after_sign_in=PAGE)
def export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """Return all checks with their answers as a file; record first who exported what."""
    form = AnswersForm(request.GET)
    if not form.is_valid():
        return HttpResponseRedirect(reverse(PAGE) + form.address())
    all_answers, name = AnswersExport(form.span()), f"{_stem(form)}.{ending}"
    try:
        response = _file(all_answers, name, ending)
    except QCError as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(reverse(PAGE) + form.address())
    span = {key: str(form.cleaned_data[key]) for key in ("queue", "first", "last")}
    filters = {"answers": "yes"} | span
    events.record(EventKind.EXPORTED, rows=all_answers.count(), filters=filters, format=ending)
    return response


def _file(all_answers: AnswersExport, name: str, ending: str) -> HttpResponseBase:
    if ending == "csv":
        return downloads.streamed(all_answers.csv(), name, downloads.CSV)
    if ending == "xlsx":
        return downloads.workbook(all_answers.xlsx(), name)
    return downloads.streamed(all_answers.json(), name, downloads.JSON)


def _stem(form: AnswersForm) -> str:
    return pages.stem("answers", form.span())


def _headings() -> list[str]:
    counts = [_("Answers"), _("Not OK"), _("Share not OK"), _("95 percent interval")]
    numbers = [_("Not applicable"), _("Smallest"), _("Mean"), _("Largest")]
    return [_("Item"), *counts, *numbers]


def _line(row: ItemRow) -> list[str]:
    low, high = row.not_ok.interval or (None, None)
    interval = "–" if low is None else f"{pages.percent(low, 2)} – {pages.percent(high or 0, 2)}"
    counts: Sequence[Any] = (row.answers, row.not_ok.hits, row.not_ok.share)
    is_number = row.item.kind == AnswerKind.NUMBER
    numbers = [_number(row, one) if is_number else "–" for one in (row.least, row.mean, row.most)]
    name = row.item.question
    return [name, *map(words, counts), interval, words(row.not_applicable), *numbers]


def _number(row: ItemRow, value: Any) -> str:
    if value is None:
        return "–"
    digits = row.item.decimals + 1
    return f"{number_format(round(value, digits), digits)} {row.item.unit}".rstrip()


urlpatterns = [
    path("reports/answers/", page, name="reports_answers"),
    *files.paths("answers", export),
]
