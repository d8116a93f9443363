"""A comment beside a change of the same task, on real locks."""

import threading
from typing import Any

import pytest
from django.db import connections, transaction

from qc import history
from qc.core.transactions import lost_races
from qc.models import ChangeKind, Queue, Scope, User
from qc.work import comments, guards
from tests import service_tokens
from tests.databases import on_mariadb
from tests.locks import somebody_waits_for_a_lock
from tests.waiting import until

pytestmark = [on_mariadb, pytest.mark.django_db(transaction=True)]


def test_comment_and_change_of_one_service_token_wait_in_one_order(
    invoices: Queue, add_task: Any
) -> None:
    root = User.objects.create_superuser("root")
    token, _secret = service_tokens.make(root, Scope.READ_TASKS, Scope.WRITE_TASKS)
    task, erp, lost = add_task(invoices), token.account, lost_races.total()

    def comment() -> None:
        try:
            comments.add(task.pk, "Which drawing?", by=erp)
        finally:
            connections.close_all()

    beside = threading.Thread(target=comment)
    with transaction.atomic():
        locked = guards.lock(task.pk)
        beside.start()
        until(somebody_waits_for_a_lock)
        # Its row of history refers to the account.
        history.record_many([locked], kind=ChangeKind.HELD, by=erp, reasons=["Wait."])
    beside.join()
    assert lost_races.total() == lost
    assert task.history.filter(kind=ChangeKind.COMMENTED, history_user=erp).count() == 1
