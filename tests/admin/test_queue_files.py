"""A list of queues is imported by managers, all or nothing, and a round trip changes nothing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.audit import invariants
from qc.models import Queue, Task, User
from qc.work import actions
from tests.admin.conftest import signed_in
from tests.admin.lists import CSV, XLSX, errors_of, export_list, import_list, upload
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]


def test_list_adds_and_changes_queues_with_the_managers_name(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue
) -> None:
    text = (
        "Name;Ziel;other_names;open_to_all;rework_queue;correct_within\n"
        "Returns;90 Minuten;Retouren;ja;Labels;\n"
        'Papers;2 Tage;"Docs; Scans";nein;labels;1 h\n'
        "INVOICES;1,5 Stunden;;;-;-\n"
    )
    answer = import_list(mona_client, "queue", text)
    assert "Imported: 2 new, 1 changed, 0 the same." in answer.content.decode()
    papers = Queue.objects.get(name="Papers")
    assert (papers.target, papers.correct_within) == (timedelta(days=2), timedelta(hours=1))
    assert (papers.other_names, papers.rework_queue) == (["Docs", "Scans"], labels)
    invoices.refresh_from_db()
    assert (invoices.name, invoices.target) == ("Invoices", timedelta(minutes=90))
    row = invoices.history.first()
    assert (row.history_user, row.through) == (mona, "page")
    assert row.history_change_reason == "Imported from list.csv"
    assert Queue.objects.get(name="Returns").history.get().history_type == "+"
    assert list(invariants.broken()) == []


@pytest.mark.parametrize("kind", [CSV, XLSX])
def test_round_trip_changes_nothing(
    mona_client: Client, mona: User, invoices: Queue, labels: Queue, kind: int
) -> None:
    Queue.objects.filter(pk=labels.pk).update(
        aliases="Etiketten\nTags",
        description="Two\nlines",
        target=timedelta(seconds=90),
        correct_within=timedelta(days=2),
        rework_queue=invoices,
        hand_back_reasons="Broken\nTorn",
        reinspected_by="other",
    )
    Queue.objects.create(name="Old", is_closed=True)
    data = export_list(mona_client, "queue", kind)
    User.objects.filter(pk=mona.pk).update(language="de")
    before = Queue.history.count()
    answer = import_list(mona_client, "queue", data, kind)
    totals = answer.context["messages"]
    assert "0 neu, 0 geändert, 2" in " ".join(map(str, totals))
    assert Queue.history.count() == before


@pytest.mark.parametrize(
    ("row", "column", "sentence"),
    [
        ("Labels,4:00,,", "target", "Write a number and a unit, such as 90 minutes, not “4:00”."),
        ("Labels,4,,", "target", "Write a number and a unit"),
        ("Labels,90 seconds,,", "target", "Write a number and a unit"),
        ("Labels,1.5 minutes,,", "target", "Enter a time from 1 minute to 1,000 days"),
        ("Labels,2000 days,,", "target", "Enter a time from 1 minute to 1,000 days"),
        ("Labels,-,,", "target", "This can't be emptied."),
        ("Labels,,invoices,", "other names", "The queue Invoices is called “invoices” already."),
        ("Labels,,,Nowhere", "rework goes to", "There is no open queue “Nowhere”."),
        ("Old,4 hours,,", "target", "Old is closed."),
        ("first,,,", "name", "Duplicate of row 2."),
        (",4 hours,,", "name", "This field cannot be blank."),
        (f"{'x' * 101},,,", "name", "at most 100 characters"),
    ],
)
def test_bad_cell_is_named_by_row_and_column_and_nothing_is_imported(
    mona_client: Client, invoices: Queue, labels: Queue, row: str, column: str, sentence: str
) -> None:
    Queue.objects.create(name="Old", is_closed=True)
    head = "name,target,other_names,rework_queue\n"
    preview = upload(mona_client, "queue", f"{head}First,,,\n\n{row}\n")
    [(place, text)] = errors_of(preview).items()
    assert place == (4, column)
    assert sentence in text
    assert not Queue.objects.filter(name="First").exists()


def test_queue_that_is_no_longer_open_to_all_gets_its_tasks_back(
    mona_client: Client,
    anna: User,
    labels: Queue,
    add_task: Callable[..., Task],
    django_capture_on_commit_callbacks: Any,
) -> None:
    Queue.objects.filter(pk=labels.pk).update(open_to_all=True)
    task = add_task(labels)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    with django_capture_on_commit_callbacks(execute=True):
        answer = import_list(mona_client, "queue", "name,open_to_all\nLabels,no\n")
    task.refresh_from_db()
    assert task.assignee is None
    assert f"{task.reference} went back to the queue." in answer.content.decode()


def test_only_managers_import_and_auditors_export(
    otto_client: Client, labels: Queue, anna: User, sign_in_client: Any
) -> None:
    assert b"Labels" in export_list(otto_client, "queue")
    assert otto_client.get(reverse("admin:qc_queue_import")).status_code == 403
    assert sign_in_client(anna).get(reverse("admin:qc_queue_export")).status_code == 403
