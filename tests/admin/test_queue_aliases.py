"""Other names of a queue: files find it by them, and a renamed queue keeps its old one."""

from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.audit import invariants
from qc.models import Queue, Task, User
from qc.work import queue_changes
from tests.admin.conftest import change, typed
from tests.admin.test_queue_pages import save
from tests.imports.files import HEAD, faults, import_file
from tests.threads import at_once


def queues_of(data: str, by: User) -> list[str]:
    """Import a file; return the queues of its tasks."""
    record = import_file(HEAD + data, by=by)
    assert faults(record) == []
    return list(Task.objects.order_by("reference").values_list("queue__name", flat=True))


def test_file_names_a_queue_by_an_alias_whatever_its_capitals_and_width(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue
) -> None:
    save(mona_client, invoices, aliases="Rechnungen\r\n\r\n rechnungen \r\nＢｉｌｌｓ 2\r\nPrüfung")
    assert invoices.other_names == ["rechnungen", "Ｂｉｌｌｓ 2", "Prüfung"]
    rows = "A,Check,RECHNUNGEN\nB,Check,bills  2\nC,Check,Pru\u0308fung\nD,Check,Labels\n"
    assert queues_of(rows, mona) == ["Invoices", "Invoices", "Invoices", "Labels"]


def test_renamed_queue_keeps_its_old_name_and_the_nightly_file_goes_on_working(
    mona_client: Client, mona: User, invoices: Queue
) -> None:
    save(mona_client, invoices, name="Bills")
    assert (invoices.name, invoices.aliases) == ("Bills", "Invoices")
    assert queues_of("A,Check,Invoices\n", mona) == ["Bills"]
    row = invoices.history.first()
    assert (row.name, row.aliases, row.history_user) == ("Bills", "Invoices", mona)
    assert list(invariants.broken()) == []
    save(mona_client, invoices, name="BILLS")
    assert invoices.aliases == "Invoices"
    save(mona_client, invoices, name="Invoices")
    assert invoices.aliases == "BILLS"


def test_no_two_queues_are_called_the_same(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue
) -> None:
    save(mona_client, invoices, aliases="Bills")
    answer = save(mona_client, labels, name="bills").content.decode()
    assert "The queue Invoices is called “bills” already." in answer
    answer = save(mona_client, labels, aliases="Tags\nBILLS").content.decode()
    assert "The queue Invoices is called “BILLS” already." in answer
    answer = save(mona_client, labels, aliases="invoices").content.decode()
    assert "There is already a queue Invoices." in answer
    queue_changes.close(invoices.pk, by=mona, reason="season over")
    answer = save(mona_client, labels, aliases="Bills").content.decode()
    assert "The queue Invoices (closed) is called “Bills” already." in answer
    assert (labels.name, labels.aliases) == ("Labels", "")


def test_aliases_of_a_merged_queue_lead_to_its_successor_those_of_a_closed_one_nowhere(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue
) -> None:
    save(mona_client, labels, aliases="Tags")
    queue_changes.close(labels.pk, by=mona, reason="season over")
    (fault,) = faults(import_file(HEAD + "A,Check,tags\n", by=mona))
    assert fault.message == "The queue Labels is closed."
    queue_changes.reopen(labels.pk, by=mona, reason="next season")
    queue_changes.merge(labels.pk, invoices.pk, by=mona, reason="one pile")
    assert queues_of("A,Check,tags\n", mona) == ["Invoices"]
    assert "Tags" in mona_client.get(change(labels)).content.decode()


def test_trail_shows_how_the_other_names_changed(
    mona_client: Client, otto_client: Client, invoices: Queue
) -> None:
    save(mona_client, invoices, name="Bills", aliases="Rechnungen")
    page: Any = otto_client.get(reverse("admin:qc_queue_history", args=[invoices.pk]))
    text = page.content.decode()
    assert "Other names" in text
    assert "Rechnungen" in text


@pytest.mark.parametrize("term", ["rechn", "bills"])
def test_list_of_queues_finds_them_by_their_other_names(
    mona_client: Client, invoices: Queue, labels: Queue, term: str
) -> None:
    save(mona_client, invoices, name="Bills", aliases="Rechnungen")
    page = mona_client.get(reverse("admin:qc_queue_changelist"), {"q": term}).content.decode()
    assert "Bills" in page
    assert change(labels) not in page


@pytest.mark.django_db(transaction=True)
def test_two_managers_give_a_name_at_the_same_moment_and_one_queue_has_it(
    sign_in_client: Any, mona: User, root: User, invoices: Queue, labels: Queue
) -> None:
    forms = [
        (client, change(queue), typed(client, change(queue)))
        for client, queue in ((sign_in_client(mona), invoices), (sign_in_client(root), labels))
    ]
    for name in ("Bills", "Slips", "Notes"):
        named = {"aliases": name}
        at_once(*(partial(client.post, url, form | named) for client, url, form in forms))
        assert Queue.objects.filter(aliases__contains=name).count() == 1
        assert Queue.objects.update(aliases="") == 2
