"""The rows of the task list: pages by key, whose cost does not grow with the number of tasks."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import IGNORED_PARAMS, ORDER_VAR
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from qc.admin.tasks.orders import FROM_THE_END, SEARCH, choose, is_served, sorted_by, words_of
from qc.core.keyset import Key, KeysetPage, Order, Position, decode_key, encode_key, paginate
from qc.core.localization import number
from qc.models import Queue, Task
from qc.work import search
from qc.work.task_orders import NEWEST

AFTER, BEFORE = "after", "before"
# Tasks are counted up to this many: so many rows of an index take milliseconds.
MOST_COUNTED = 10_000
# What a search finds up to this many: with its count it reads 20 rows for one that it shows.
MOST_COUNTED_OF_SEARCH = 100
# The sort of each column that has one.
SORTED_BY = {
    "reference": "reference",
    "priority_label": "priority",
    "due_words": "due",
    "age": "age",
}


class KeysetPaginator(Paginator):
    """Below the list: links to the next and previous page, as there are no page numbers."""

    template_name = "qc/tasks/pagination.html"


class TaskChangeList(ChangeList):
    """A page of the tasks that match; its `queryset` is all of them, for export and actions."""

    page_by_key: KeysetPage
    # The order of the page, and the one that it has without a sort.
    order: Order
    usual: Order
    # Without the search, which the order has.
    filtered: QuerySet

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.after, self.before = (request.GET.get(name, "") for name in (AFTER, BEFORE))
        # Addresses made from this one, such as those of filters, begin at the first page again.
        params = request.GET.copy()
        for name in (AFTER, BEFORE):
            params.pop(name, None)
        request.GET = params  # type: ignore[assignment]
        super().__init__(request, *args, **kwargs)

    @property
    def has_queues(self) -> bool:
        """Whether there is any queue for new tasks."""
        return Queue.objects.open().exists()

    def get_ordering(self, request: HttpRequest, queryset: QuerySet) -> tuple[str, ...]:
        """Return the order of `queryset`; that of the page follows from its filters alone."""
        return NEWEST

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet:
        """Return all tasks that match."""
        self.filtered = super().get_queryset(request, exclude_parameters)
        text = self.query.strip()
        return search.narrow(self.filtered, text) if text else self.filtered

    def get_results(self, request: HttpRequest) -> None:
        """Read the page."""
        self.may_add = self.model_admin.has_add_permission(request)
        params = self._params()
        try:
            self.usual = choose(params)
            self.order = order = sorted_by(self._sort, params, self.usual) or self.usual
            is_single = all(len(values) == 1 for values in self.filter_params.values())
            self.filtered = self.filtered.filter(order.also or Q())
            exact = is_single and is_served(order, params)
            backwards = bool(self.before) and not self.after
            key = decode_key(order, self.before if backwards else self.after)
            position = Position(key, backwards and key is not None)
            self.page_by_key = paginate(
                order, self.filtered, self.list_per_page, position, exact=exact
            )
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error
        self.result_list = self.page_by_key.rows
        self._count(order, exact)
        # With a different full count, the head of the page would show both.
        self.show_full_result_count, self.full_result_count = False, self.result_count
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = KeysetPaginator(Task.objects.none(), self.list_per_page)

    @property
    def count_words(self) -> str:
        """The number of tasks, with the separators of the reader's language."""
        return number(self.more_than or self.result_count)

    @property
    def order_words(self) -> Any:
        """The order of the page in words."""
        return words_of(self.order)

    @property
    def _sort(self) -> str:
        return str(self.params.get(ORDER_VAR, ""))

    def sorting(self, column: str) -> dict[str, Any]:
        """Return what the heading of a column says of its sorting; nothing where it has none."""
        name = SORTED_BY.get(column, "")
        if sorted_by(name, self._params(), self.usual) is None:
            return {}
        is_sorted = self._sort.lstrip("-") == name
        first, other = (f"-{name}", name) if name in FROM_THE_END else (name, f"-{name}")
        link = self.get_query_string({ORDER_VAR: other if self._sort == first else first})
        return {
            "sortable": True,
            "sorted": is_sorted,
            "sort_priority": int(is_sorted),
            "ascending": not self._sort.startswith("-"),
            "url_primary": link,
            "url_toggle": link,
            "url_remove": self.get_query_string(remove=[ORDER_VAR]),
        }

    @property
    def older_link(self) -> str:
        """The address of the page after this one; "" on the last one."""
        return self._link(AFTER, self.page_by_key.older)

    @property
    def newer_link(self) -> str:
        """The address of the page before this one; "" on the first one."""
        return self._link(BEFORE, self.page_by_key.newer)

    @property
    def first_link(self) -> str:
        """The address of the first page."""
        return self.get_query_string()

    def _link(self, name: str, key: Key | None) -> str:
        return self.get_query_string({name: encode_key(key)}) if key else ""

    def _params(self) -> dict[str, str]:
        values = {name: values[-1] for name, values in self.filter_params.items()}
        params = {name: one for name, one in values.items() if one and name not in IGNORED_PARAMS}
        term = self.query.strip()
        return params | {SEARCH: term} if term else params

    def _count(self, order: Order, exact: bool) -> None:
        """Set how many tasks match, as far as that is known without reading very many."""
        n = len(self.page_by_key.rows)
        is_whole = not (self.page_by_key.newer or self.page_by_key.older)
        # How many tasks have two frequent words can't be told by an index.
        is_counted = not is_whole and order.also is None
        most = MOST_COUNTED_OF_SEARCH if self.query.strip() else MOST_COUNTED
        if is_counted:
            n = order.count(most + 1)
        if is_counted and not exact and n <= most:
            n, exact = order.count_of(self.filtered), True
        self.more_than = most if exact and n > most else 0
        self.is_counted = (exact or is_whole) and not self.more_than and not order.is_cut
        self.result_count = n
