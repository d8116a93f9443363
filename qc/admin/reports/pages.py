"""What the pages of reports share: the links from one to the other, and how figures look."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.contrib.admin import site
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from qc.admin.reports.files import links
from qc.admin.reports.form import SpanForm, media, presets
from qc.reports.span import Span


class ReportPage(NamedTuple):
    """A page of reports, by the name of its URL."""

    name: str
    title: str | Promise


PAGES = (
    ReportPage("reports", gettext_lazy("Work")),
    ReportPage("reports_defects", gettext_lazy("Defects")),
    ReportPage("reports_control", gettext_lazy("Control charts")),
    ReportPage("reports_answers", gettext_lazy("Answers")),
)


def context(request: HttpRequest, name: str, form: SpanForm) -> dict[str, Any]:
    """Return what the template of a report page with a form needs."""
    address = form.address()
    pages = [(one.title, reverse(f"admin:{one.name}"), one.name == name) for one in PAGES]
    return site.each_context(request) | {
        "title": _("Reports"),
        "form": form,
        "media": media(get_language()),
        "pages": pages,
        "presets": presets(form),
        "address": address,
        "files": links(name, address),
        "is_valid": form.is_valid(),
        "days": days(form.span()) if form.is_valid() else "",
    }


def days(span: Span) -> str:
    """Return the first and the last day."""
    ends = dict.fromkeys((span.first, span.last))
    return " – ".join(date_format(day, "j F Y") for day in ends)


def stem(name: str, span: Span) -> str:
    """Return the name of a report's file, without its ending."""
    return f"{name}-{span.first}-{span.last}"


def percent(share: float, digits: int = 1) -> str:
    """Return a share in percent."""
    return _("%s %%") % number_format(round(100 * share, digits), digits)


def figure(value: float) -> str:
    """Return a figure with as many digits as tell something."""
    if abs(value) >= 1e4:
        return number_format(round(value), force_grouping=True)
    return number_format(f"{value:.4g}" if abs(value) >= 1e-4 else f"{value:.6f}")


def lines(rows: Sequence[Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
    """Return the rows of a table: what each is about, and its figures."""
    return [(row[0], row[1:]) for row in rows]
