"""Handover notes: written for the next shift of a queue, and acknowledged by name."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qc.core.exceptions import NotAllowed, NotFound
from qc.models import AuditEvent, EventKind, HandoverNote, Queue, User
from qc.work import handover

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna_client(anna: User, sign_in_client: Any) -> Client:
    client: Client = sign_in_client(anna)
    return client


def page_of(client: Client, queue: Queue, **query: Any) -> str:
    answer = client.get(reverse("admin:handover_notes", args=[queue.pk]), query)
    return " ".join(answer.content.decode().split())


def leave(client: Client, queue: Queue, text: str) -> Any:
    return client.post(reverse("admin:handover_write", args=[queue.pk]), {"note": text})


def test_next_shift_reads_a_note_and_says_so_by_name(
    anna_client: Client, mona_client: Client, invoices: Queue
) -> None:
    assert leave(anna_client, invoices, "The scanner is <broken>.").status_code == 302
    page = page_of(mona_client, invoices)
    assert "The scanner is &lt;broken&gt;." in page
    assert "Nobody has read it yet." in page
    note = HandoverNote.objects.get()
    for _ in range(2):
        mona_client.post(reverse("admin:handover_acknowledge", args=[note.pk]))
    page = page_of(anna_client, invoices)
    assert "Read by mona" in page
    assert "I have read it" not in page
    assert note.readings.count() == 1


def test_note_belongs_to_the_day_and_the_zone_of_its_shift(
    invoices: Queue, anna: User, settings: Any
) -> None:
    with timezone.override("Pacific/Auckland"):
        note = handover.write(invoices.pk, "x", by=anna)
        assert (note.day, note.zone) == (timezone.localdate(), "Pacific/Auckland")


def test_notes_and_readings_are_in_the_audit_trail(invoices: Queue, anna: User, ben: User) -> None:
    note = handover.write(invoices.pk, "The scanner is broken.", by=anna)
    handover.acknowledge(note.pk, by=ben)
    written, read = AuditEvent.objects.filter(kind__startswith="handover").order_by("history_id")
    assert (written.kind, written.history_user) == (EventKind.HANDOVER_WRITTEN, anna)
    assert written.details["text"] == "The scanner is broken."
    assert (read.kind, read.history_user) == (EventKind.HANDOVER_READ, ben)


def test_trail_says_it_in_a_sentence(mona_client: Client, invoices: Queue, anna: User) -> None:
    handover.write(invoices.pk, "The scanner is broken.", by=anna)
    trail = mona_client.get(reverse("admin:trail")).content.decode()
    assert "The scanner is broken." in trail
    assert "left a handover note to" in trail


def test_previous_notes_stay_readable(mona_client: Client, mona: User, invoices: Queue) -> None:
    for n in range(handover.MOST + 1):
        handover.write(invoices.pk, f"Note {n}.", by=mona)
    newest = page_of(mona_client, invoices)
    assert "Note 0." not in newest
    assert "Older notes" in newest
    oldest_shown = HandoverNote.objects.order_by("-pk")[handover.MOST - 1].pk
    assert "Note 0." in page_of(mona_client, invoices, before=oldest_shown)


class TestWhoMay:
    def test_people_of_other_queues_see_nothing(
        self, carla: User, invoices: Queue, labels: Queue, mona: User, sign_in_client: Any
    ) -> None:
        note = handover.write(invoices.pk, "x", by=mona)
        client = sign_in_client(carla)
        address = reverse("admin:handover_notes", args=[invoices.pk])
        assert client.get(address).status_code == 404
        assert leave(client, invoices, "y").status_code == 404
        with pytest.raises(NotFound):
            handover.acknowledge(note.pk, by=carla)
        queues = client.get(reverse("admin:handover")).context["queues"]
        assert list(queues) == [labels]

    def test_auditor_reads_and_writes_nothing(
        self, otto_client: Client, otto: User, invoices: Queue, mona: User
    ) -> None:
        note = handover.write(invoices.pk, "The scanner is broken.", by=mona)
        page = page_of(otto_client, invoices)
        assert "The scanner is broken." in page
        assert "Leave the note" not in page
        assert leave(otto_client, invoices, "x").status_code == 403
        with pytest.raises(NotAllowed):
            handover.acknowledge(note.pk, by=otto)


def test_refused_note_stays_in_its_field(mona_client: Client, invoices: Queue) -> None:
    page = leave(mona_client, invoices, "x" * 2001).content.decode()
    assert "at most 2000 characters" in page
    assert "x" * 2001 in page


def test_floor_says_that_there_is_a_note_of_today(
    mona_client: Client, mona: User, invoices: Queue
) -> None:
    def row() -> str:
        return mona_client.get(reverse("admin:floor")).content.decode()

    assert "qc-noted" not in row()
    handover.write(invoices.pk, "x", by=mona)
    assert "qc-noted" in row()
    assert reverse("admin:handover_notes", args=[invoices.pk]) in row()
