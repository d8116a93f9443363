"""*Who works where*: people and queues as a table of boxes, edited in one place.

A form sends what was ticked and what was cleared, not the whole table: what another manager has
changed meanwhile stays as it is. Without scripts it sends what is ticked, and what was when it was
drawn: the difference says the same.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.core.exceptions import SuspiciousOperation
from django.core.paginator import Page, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc.admin.shared.access import page_view
from qc.admin.shared.addresses import address_of
from qc.admin.shared.base import after_commit
from qc.admin.shared.returned import say_returned
from qc.core.exceptions import QCError
from qc.models import Queue, User
from qc.work import actions, memberships
from qc.work.memberships import Changed, Membership

PAGE = "admin:matrix"
# So many boxes are on a page at most, but so many people at least.
MOST_BOXES, FEWEST_PEOPLE = 8_000, 20

# Two hundred people and thirty queues have 6,000 boxes: each is drawn by hand.
BOX = '<td><input type="checkbox" name="on" value="{0}-{1}" aria-labelledby="p{0} q{1}"{2}></td>'
NAME = (
    '<th scope="row" id="p{}"><a href="{}">{}</a> <span class="qc-quiet" dir="auto">{}</span></th>'
)


@page_view("qc.manage_task", "qc.change_user", after_sign_in=PAGE, methods=["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """Show the table, or write what was changed in it."""
    if request.method == "POST":
        return _save(request)
    query = request.GET.get("q", "").strip()
    queues = list(Queue.objects.open())
    people = _page_of(request, _found(query), len(queues))
    on_it = _on_queues(people)
    context = site.each_context(request) | {
        "title": _("Who works where"),
        "query": query,
        "queues": queues,
        "people": people,
        "rows": SafeString("\n".join(_row(person, queues, on_it) for person in people)),
        "were": " ".join(f"{person}-{queue}" for person, queue in sorted(on_it)),
    }
    return render(request, "qc/people/matrix.html", context)


def _found(query: str) -> QuerySet[User]:
    """Return the people who get tasks, whose names have all words of the query."""
    people: QuerySet[User] = User.objects.doing_qc().order_by("username")
    for word in query.split():
        is_named = Q(first_name__icontains=word) | Q(last_name__icontains=word)
        people = people.filter(Q(username__icontains=word) | is_named)
    return people


def _page_of(request: HttpRequest, people: QuerySet[User], queues: int) -> Page[Any]:
    on_a_page = max(FEWEST_PEOPLE, MOST_BOXES // max(queues, 1))
    return Paginator(people, on_a_page).get_page(request.GET.get("page"))


def _on_queues(people: Iterable[User]) -> set[tuple[int, int]]:
    """Return who is on which open queue."""
    on_it = Queue.people.through.objects.filter(user__in=[person.pk for person in people])
    return set(on_it.filter(queue__in=Queue.objects.open()).values_list("user_id", "queue_id"))


def _row(person: User, queues: Collection[Queue], on_it: Collection[tuple[int, int]]) -> str:
    address = address_of("qc_user_change", person.pk)
    name = format_html(NAME, person.pk, address, person, person.get_full_name())
    boxes = (
        BOX.format(person.pk, queue.pk, " checked" if (person.pk, queue.pk) in on_it else "")
        for queue in queues
    )
    return f"<tr>{name}{''.join(boxes)}</tr>"


def _save(request: HttpRequest) -> HttpResponse:
    by: Any = request.user
    add, remove = _sent_changes(request.POST)
    try:
        changed = memberships.change(add=add, remove=remove, by=by)
    except QCError as refusal:
        messages.error(request, str(refusal))
    else:
        _say(request, changed)
        _hand_out(changed)
    return HttpResponseRedirect(f"{reverse(PAGE)}?{request.GET.urlencode()}".rstrip("?"))


def _sent_changes(form: QueryDict) -> tuple[set[Membership], set[Membership]]:
    """Return the boxes that were ticked, and those that were cleared."""
    if "were" not in form:
        return _sent(form.get("add", "")), _sent(form.get("remove", ""))
    are, were = _sent(" ".join(form.getlist("on"))), _sent(form.get("were", ""))
    return are - were, were - are


def _sent(text: str) -> set[Membership]:
    """Return the boxes that a form names. Raises SuspiciousOperation for anything else."""
    try:
        boxes = {Membership(*map(int, one.split("-"))) for one in text.split()}
    except (TypeError, ValueError) as error:
        raise SuspiciousOperation("no boxes of the table") from error
    if len(boxes) > MOST_BOXES:
        raise SuspiciousOperation("more boxes than a page has")
    return boxes


def _say(request: HttpRequest, changed: Changed) -> None:
    n = len(changed.added) + len(changed.removed)
    text = ngettext("%(n)d box was changed.", "%(n)d boxes were changed.", n) % {"n": n}
    messages.success(request, text if n else _("Nothing was to be changed: it is so already."))
    say_returned(request, changed.returned)


def _hand_out(changed: Changed) -> None:
    """Offer the tasks that went back, and give work to who came to a queue."""
    after_commit(actions.hand_out_from, {task.queue_id for task in changed.returned})
    for person in sorted({one.person for one in changed.added}):
        after_commit(actions.hand_out_to, person)


urlpatterns = [path("who-works-where/", page, name="matrix")]
