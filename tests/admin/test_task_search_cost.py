"""A search reads as few rows as a page of the list, however many tasks have the word."""

from typing import Any

import pytest
from django.db.models import Max, Min

from qc.models import SearchGap, Task, User
from qc.work import search
from tests.admin.test_task_list_cost import ROWS_READ_PER_ROW_SHOWN, cost, fill
from tests.databases import on_mariadb

TASKS = 5_000
# In all tasks, in a third of them, in a tenth, in few; very many words; two at once; the next page.
SEARCHES = ["q=check", "q=inv", "q=check+inv", "q=0000", "q=00000", "q=12", "q=check+00001"]


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_search_reads_20_rows_for_one_that_it_shows(mona: User, sign_in_client: Any) -> None:
    fill(TASKS)
    SearchGap.objects.create(**Task.objects.aggregate(first=Min("pk"), last=Max("pk")))
    while search.fill():
        pass
    client = sign_in_client(mona)
    cost(client, "")  # what is read once only
    for query in SEARCHES:
        cl, read = cost(client, f"?{query}")
        assert len(cl.result_list) == 50, query
        assert read <= ROWS_READ_PER_ROW_SHOWN * 50, (query, read)
        if cl.older_link:
            cl, read = cost(client, cl.older_link)
            assert read <= ROWS_READ_PER_ROW_SHOWN * 50, (query, read)
