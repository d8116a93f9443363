"""*Audit trail*: who did what, when, why and through which channel, in one list of everything.

The page is a list of sentences, newest first, below a form of filters. Opening a row loads its
changes, column by column; without scripts they are a page of their own. Each page that somebody
reads, and each row that they open, is recorded in the trail itself.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import site
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.timezone import get_current_timezone, localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from qc.admin.shared import diffs
from qc.admin.shared.access import page_view
from qc.admin.shared.addresses import address_of
from qc.admin.shared.params import is_id
from qc.admin.trail.form import TrailForm
from qc.audit import sentences, trail
from qc.audit.seals import archived_rows
from qc.audit.trail import Edge, TrailPage
from qc.core.localization import local
from qc.core.wording import by_days
from qc.history import events
from qc.history.names import called
from qc.history.registry import TABLES
from qc.models import EventKind, User

ROWS = 50
LONGEST = 200
AFTER, BEFORE = "after", "before"
BETWEEN = "~"
MODELS = {"task": "task", "person": "user", "queue": "queue"}
# All rows of a request are written within this time of each other.
AROUND = timedelta(minutes=5)

# Only the time opens it: in a summary no link could be reached.
LINE = """<li class="qc-trail-{table}">
    <details hx-get="{address}" hx-trigger="toggle once" hx-target="next .qc-trail-more"
             hx-swap="innerHTML">
        <summary>
            <time datetime="{iso}">{moment}</time>
            <span class="qc-unseen">{changes}</span>
        </summary>
    </details>
    <span class="qc-trail-words">{sentence}</span>
    <span class="qc-through">{channel}</span>
    <div class="qc-trail-more"><a class="qc-link" href="{address}">{changes}</a></div>
</li>
"""

trail_view = page_view("qc.view_historicaltask", after_sign_in="admin:trail")


@trail_view
def page(request: HttpRequest) -> HttpResponse:
    """Show a page of the rows that match the filters; none if a filter is wrong."""
    form = TrailForm(request)
    context = site.each_context(request) | {"title": _("Audit trail"), "form": form}
    if form.is_valid():
        edges = {name: _edge(request.GET.get(name, "")) for name in (AFTER, BEFORE)}
        found = trail.page(form.query(), ROWS, below=edges[AFTER], above=edges[BEFORE])
        context |= _shown(found, form.params())
        _note(form, found, {name: request.GET[name] for name, edge in edges.items() if edge})
    return render(request, "qc/trail/page.html", context | {"chips": list(form.chips())})


@trail_view
def row(request: HttpRequest, table: str, pk: int) -> HttpResponse:
    """Show one row: exactly when, through which channel, and what it changed."""
    found = trail.row_of(table, pk)
    if found is None:
        raise Http404
    this, before = found
    events.record(EventKind.READ, filters={"row": f"{table} {pk}"}, rows=1)
    add_sentence(this)
    this.who = str(called(this, this.history_user_id))
    context = {"row": this, "request_link": _request_link(this)}
    context["exactly"] = f"{this.history_date.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
    context["narrower"] = dict(_narrower(this))
    if table != "event":
        context["changes"] = diffs.changes_of(this, before)
    if "HX-Request" in request.headers:
        return render(request, "qc/trail/details.html", context)
    context |= site.each_context(request) | {"title": _("Audit trail")}
    return render(request, "qc/trail/row.html", context)


def add_sentence(row: Any) -> None:
    """Set a row's `sentence`: what happened, with links."""
    row.sentence = sentences.sentence(row, _link, _fill)


def _shown(found: TrailPage, params: dict[str, str]) -> dict[str, Any]:
    return {
        "page": found,
        "lines": _lines(found.rows),
        "first_link": f"?{urlencode(params)}",
        "newer_link": _address(params, BEFORE, found.newer),
        "older_link": _address(params, AFTER, found.older),
        "archive": archived_rows.newest() if found.older is None else None,
    }


def _lines(rows: Iterable[Any]) -> SafeString:
    """Return rows as the list shows them."""
    zone, changes, lines = get_current_timezone(), escape(_("Changes")), []
    form = pgettext("day and year, by Django's letters", "d M Y")
    to_the_second = by_days(form, with_zone=True)
    for one in rows:
        add_sentence(one)
        # A forged row may have an id of which there is no page.
        address = address_of("trail_row", one.pk, one.table) if one.pk > 0 else ""
        lines.append(
            LINE.format(
                table=one.table,
                address=address,
                iso=local(one.history_date, zone).isoformat(),
                moment=to_the_second(one.history_date),
                changes=changes,
                sentence=one.sentence,
                channel=escape(one.channel),
            )
        )
    return SafeString("".join(lines))


def _address(params: dict[str, str], name: str, edge: Edge | None) -> str:
    if edge is None:
        return ""
    return f"?{urlencode(params | {name: BETWEEN.join(str(edge[table]) for table in TABLES)})}"


def _edge(text: str) -> Edge | None:
    """Return the edge in an address; None if the text is no edge."""
    parts = text.split(BETWEEN)
    if len(parts) != len(TABLES) or not all(map(is_id, parts)):
        return None
    return dict(zip(TABLES, map(int, parts), strict=True))


def _note(form: TrailForm, found: TrailPage, place: dict[str, str]) -> None:
    """Record in the trail that this page was read, with its filters and number of rows."""
    events.record(EventKind.READ, filters=form.recorded(), rows=len(found.rows), place=place)


def _request_link(one: Any) -> str:
    """Return the address of all rows of the same request; "" if the row has none."""
    if not one.request_id:
        return ""
    span = {"since": one.history_date - AROUND, "until": one.history_date + AROUND}
    params = {name: f"{localtime(moment):%Y-%m-%dT%H:%M}" for name, moment in span.items()}
    return f"{reverse('admin:trail')}?{urlencode({'request': one.request_id, **params})}"


def _narrower(one: Any) -> Iterator[tuple[str, str]]:
    """Yield the filters, with their texts, that lead from a row to others like it."""
    person_id = one.id if one.table == "person" else getattr(one, "person_id", None)
    # By their present names: those in the row may be old.
    for person in User.objects.filter(pk__in=[person_id, one.history_user_id]).order_by("username"):
        yield str(person), urlencode({"person": person.username})
    if one.table == "task":
        yield one.reference, urlencode({"task": one.reference})
        yield str(one.queue), urlencode({"queue": one.queue_id})
    if one.table == "queue":
        yield one.name, urlencode({"queue": one.id})


def _link(kind: str, pk: int, text: str) -> SafeString:
    address = address_of(f"qc_{MODELS[kind]}_change", pk)
    return format_html('<a class="qc-link" href="{}">{}</a>', address, text)


def _fill(sentence: str, values: Mapping[str, Any]) -> SafeString:
    """Fill values into a sentence."""
    return SafeString(conditional_escape(sentence) % _Shown(values))


class _Shown(dict[str, Any]):
    """The values of a sentence; those that are filled in are escaped and cut short."""

    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        is_short = isinstance(value, SafeString) or len(value) <= LONGEST
        return str(conditional_escape(value if is_short else Truncator(value).chars(LONGEST)))


urlpatterns = [
    path("trail/", page, name="trail"),
    path("trail/<str:table>/<int:pk>/", row, name="trail_row"),
]
