"""The rows of the task list: a page by key, at the same small cost however many tasks there are."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import IGNORED_PARAMS
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from qc.admin.tasks.orders import NEWEST, SEARCH, choose
from qc.core.keyset import KeysetPage, Order, Position, decode_key, encode_key, paginate
from qc.models import Queue, Task

AFTER, BEFORE = "after", "before"
# No further are the tasks counted that a filter finds.
MOST_COUNTED = 300


class OnePage(Paginator):
    """What Unfold draws below the list; there are no numbered pages."""

    template_name = "qc/tasks/pagination.html"


class TaskRows(ChangeList):
    """A page of what is asked for; its `queryset` is all of that, for export and actions."""

    page_by_key: KeysetPage
    words: Any

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.after, self.before = (request.GET.get(name, "") for name in (AFTER, BEFORE))
        # Whatever is made of the address from here on begins at the first page again.
        rest = request.GET.copy()
        for name in (AFTER, BEFORE):
            rest.pop(name, None)
        request.GET = rest  # type: ignore[assignment]
        super().__init__(request, *args, **kwargs)

    @property
    def has_queues(self) -> bool:
        """Whether there is any queue for tasks to belong to."""
        return Queue.objects.exists()

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> tuple[str, ...]:
        """Return the newest first; a page has the order of `task_orders`, no address chooses it."""
        return NEWEST

    def get_results(self, request: HttpRequest) -> None:
        """Read the page."""
        self.may_add = self.model_admin.has_add_permission(request)
        asked = self._asked()
        try:
            order = choose(asked)
            exact = order.serves.issuperset(asked) and self._single()
            backwards = bool(self.before) and not self.after
            key = decode_key(order, self.before if backwards else self.after)
            position = Position(key, backwards and key is not None)
            self.page_by_key = paginate(
                order, self.queryset, self.list_per_page, position, exact=exact
            )
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error
        self.words = order.words
        self.result_list = self.page_by_key.rows
        self._count(order, exact)
        self._tell_django()

    @property
    def older_link(self) -> str:
        """The address of the page after this one."""
        return (
            self.get_query_string({AFTER: encode_key(self.page_by_key.older)})
            if self.page_by_key.older
            else ""
        )

    @property
    def newer_link(self) -> str:
        """The address of the page before this one."""
        return (
            self.get_query_string({BEFORE: encode_key(self.page_by_key.newer)})
            if self.page_by_key.newer
            else ""
        )

    @property
    def first_link(self) -> str:
        """The address of the first page."""
        return self.get_query_string()

    def _asked(self) -> dict[str, str]:
        asked = {name: values[-1] for name, values in self.filter_params.items()}
        asked = {name: one for name, one in asked.items() if one and name not in IGNORED_PARAMS}
        return asked | ({SEARCH: self.query.strip()} if self.query.strip() else {})

    def _single(self) -> bool:
        return all(len(values) == 1 for values in self.filter_params.values())

    def _is_all(self) -> bool:
        return not (self.page_by_key.newer or self.page_by_key.older)

    def _count(self, order: Order, exact: bool) -> None:
        """Keep how many there are, as far as that is known without reading them all."""
        n = len(self.page_by_key.rows)
        if exact and not self._is_all():
            n = order.count(MOST_COUNTED + 1)
        self.more_than = MOST_COUNTED if n > MOST_COUNTED else 0
        self.is_counted = (exact or self._is_all()) and not self.more_than
        self.result_count = n

    def _tell_django(self) -> None:
        # As many as found: or the head of the page would tell of them too.
        self.show_full_result_count, self.full_result_count = False, self.result_count
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = OnePage(Task.objects.none(), self.list_per_page)
