"""The rows of lists are those of Unfold, with what is the same in each made only once."""

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.admin import site
from django.test import Client, RequestFactory
from django.urls import reverse
from unfold.templatetags.unfold_list import items_for_result, result_headers

from qc.admin.shared import result_rows
from qc.models import Queue, Task, User


@pytest.fixture(autouse=True)
def objects(anna: User, invoices: Queue, labels: Queue, add_task: Callable[..., Task]) -> None:
    User.objects.filter(pk=anna.pk).update(first_name="<b>Anna</b>", last_name="__pk__")
    add_task(invoices, reference="R&D-1", name="<script>")
    add_task(invoices, reference="__pk__", name="a & b")
    AccessAttempt.objects.create(username="<a>", failures_since_start=3)


@pytest.mark.parametrize("model", [Task, User, Queue, AccessAttempt])
@pytest.mark.parametrize("query", ["", "?q=a"])
def test_rows_of_each_list_are_those_of_unfold(model: Any, query: str, root: User) -> None:
    request = RequestFactory().get(f"/admin/{query}")
    request.user = root
    cl = site.get_model_admin(model).get_changelist_instance(request)
    headings = list(result_headers(cl))
    assert len(cl.result_list)
    theirs = ["".join(items_for_result(cl, item, None)) for item in cl.result_list]
    assert list(result_rows.rows(cl, headings)) == theirs


@pytest.mark.parametrize("model", ["task", "user", "queue"])
def test_each_row_leads_to_the_page_of_its_object(model: str, root_client: Client) -> None:
    page = root_client.get(reverse(f"admin:qc_{model}_changelist"))
    for item in page.context["cl"].result_list:
        address = reverse(f"admin:qc_{model}_change", args=[item.pk])
        assert f'<a href="{address}"' in page.content.decode()
