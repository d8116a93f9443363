"""The rows of the task list: pages by key, whose cost does not grow with the number of tasks."""

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import IGNORED_PARAMS
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.views import ChangeList

from qc.admin.tasks.orders import NEWEST, SEARCH, choose
from qc.core.keyset import Key, KeysetPage, Order, Position, decode_key, encode_key, paginate
from qc.models import Queue, Task

AFTER, BEFORE = "after", "before"
# A filter's tasks are counted up to this many.
MOST_COUNTED = 300


class KeysetPaginator(Paginator):
    """Below the list: links to the next and previous page, as there are no page numbers."""

    template_name = "qc/tasks/pagination.html"


class TaskChangeList(ChangeList):
    """A page of the tasks that match; its `queryset` is all of them, for export and actions."""

    page_by_key: KeysetPage
    words: Any

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

    def get_results(self, request: HttpRequest) -> None:
        """Read the page."""
        self.may_add = self.model_admin.has_add_permission(request)
        params = self._params()
        try:
            order = choose(params)
            is_single = all(len(values) == 1 for values in self.filter_params.values())
            exact = is_single and order.serves.issuperset(params)
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
        # With a different full count, the head of the page would show both.
        self.show_full_result_count, self.full_result_count = False, self.result_count
        self.show_admin_actions = True
        self.can_show_all = self.multi_page = False
        self.paginator = KeysetPaginator(Task.objects.none(), self.list_per_page)

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
        """Set how many tasks match, as far as that is known without reading them all."""
        n = len(self.page_by_key.rows)
        is_whole = not (self.page_by_key.newer or self.page_by_key.older)
        if exact and not is_whole:
            n = order.count(MOST_COUNTED + 1)
        self.more_than = MOST_COUNTED if n > MOST_COUNTED else 0
        self.is_counted = (exact or is_whole) and not self.more_than
        self.result_count = n
