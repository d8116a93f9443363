"""The pages of webhooks: who sees and changes them, the secret that is shown once, the log."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qc import webhooks
from qc.admin.webhooks import columns
from qc.core import pinned_http
from qc.core.pinned_http import HTTPAnswer, Undelivered
from qc.models import AuditEvent, DeliveryState, EventKind, Queue, Task, TaskEvent, User, Webhook
from qc.models import WebhookDelivery as Delivery
from tests.admin.conftest import act, change, typed
from tests.admin.test_reauthentication import grow_old
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

LIST, ADD = "admin:qc_webhook_changelist", "admin:qc_webhook_add"
URL = "https://erp.example.com/hooks/s3cret"


@pytest.fixture
def erp(root: User) -> Webhook:
    return webhooks.create(by=root, name="ERP", url=URL)[0]


@pytest.fixture
def answers(monkeypatch: Any) -> list[Any]:
    """What the receiver answers next; an exception is raised."""
    queue: list[Any] = []

    def post(*_args: Any) -> HTTPAnswer:
        answer = queue.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(pinned_http, "post", post)
    return queue


def delivery(webhook: Webhook, **values: Any) -> Delivery:
    values = {"type": "task.completed", "message_id": "evt_1", "state": DeliveryState.DONE} | values
    return Delivery.objects.create(webhook=webhook, **values)


def filled_in(client: Client, **values: Any) -> dict[str, Any]:
    return typed(client, reverse(ADD)) | {"name": "ERP", "url": URL} | values


def statements(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == 200
    return len(found)


class TestSuperuser:
    def test_adds_a_webhook_and_sees_its_secret_this_once(
        self, root_client: Client, labels: Queue
    ) -> None:
        chosen = {"types": ["task.completed"], "outcomes": ["failed"], "queues": [labels.pk]}
        page = root_client.post(reverse(ADD), filled_in(root_client, **chosen)).content.decode()
        made = Webhook.objects.get()
        assert (made.types, made.outcomes, made.is_limited) == (
            ["task.completed"],
            ["failed"],
            True,
        )
        assert "whsec_" in page
        assert "standardwebhooks" in page
        assert "whsec_" not in root_client.get(change(made)).content.decode()

    def test_shows_who_they_are_before_they_add_one(self, root_client: Client) -> None:
        answer = grow_old(root_client).post(reverse(ADD), filled_in(root_client))
        assert answer.url.startswith(reverse("account_reauthenticate"))
        assert not Webhook.objects.exists()

    @pytest.mark.parametrize(
        ("url", "text"),
        [
            ("http://erp.example.com/", "The address must begin with https://."),
            ("https://10.0.0.1/", "Addresses of private networks are not allowed"),
            ("https://[::ffff:127.0.0.1]/", "Addresses of private networks are not allowed"),
            ("ftp://erp.example.com/", "Enter an address such as"),
            ("https://me:you@erp.example.com/", "Enter an address such as"),
        ],
    )
    def test_is_told_at_once_what_is_wrong_with_an_address(
        self, root_client: Client, url: str, text: str
    ) -> None:
        page = root_client.post(reverse(ADD), filled_in(root_client, url=url))
        assert text in page.context["adminform"].form.errors["url"][0]
        assert not Webhook.objects.exists()

    def test_change_is_in_the_trail_without_the_address(
        self, root_client: Client, erp: Webhook
    ) -> None:
        sent = typed(root_client, change(erp)) | {"name": "ERP 2", "outcomes": ["failed"]}
        assert root_client.post(change(erp), sent).status_code == 302
        last = AuditEvent.objects.filter(kind=EventKind.WEBHOOK_CHANGED).latest("pk")
        assert last.details["after"] == {"name": "ERP 2", "outcomes": ["failed"]}
        assert last.history_user.username == "root"  # type: ignore[union-attr]
        assert "s3cret" not in str(AuditEvent.objects.values_list("details", flat=True))

    def test_new_secret_is_shown_once_and_the_old_one_signs_for_a_day(
        self, root_client: Client, erp: Webhook
    ) -> None:
        path = reverse("admin:webhook_rotate", args=[erp.pk])
        assert "the old and the new one" in root_client.get(path).content.decode()
        page = root_client.post(path).content.decode()
        assert "whsec_" in page
        assert "each message is signed by the old secret too" in page
        before, erp.secret = erp.secret, ""
        erp.refresh_from_db()
        assert erp.previous_secret == before != erp.secret
        assert "signs too until" in root_client.get(change(erp)).content.decode()
        assert "It was changed a short time ago" in root_client.get(path).content.decode()

    def test_pauses_and_resumes(self, root_client: Client, erp: Webhook) -> None:
        for name, is_paused in (("pause", True), ("resume", False)):
            assert f"/{name}/" in root_client.get(change(erp)).content.decode()
            root_client.post(act(erp, name), {"_form_submitted": "True"})
            erp.refresh_from_db()
            assert erp.is_paused is is_paused

    def test_switches_on_again_what_was_gone(self, root_client: Client, erp: Webhook) -> None:
        webhooks.changes.switch_off(erp, "the answer was 410")
        assert "switched off" in root_client.get(reverse(LIST)).content.decode()
        root_client.post(act(erp, "switch_on"), {"_form_submitted": "True"})
        erp.refresh_from_db()
        assert erp.is_active

    def test_sees_at_once_how_a_test_went(
        self, root_client: Client, erp: Webhook, answers: list[Any]
    ) -> None:
        path = reverse("admin:webhook_test", args=[erp.pk])
        answers += [HTTPAnswer(500, {}, "<b>Oops</b>\n" * 20), Undelivered("no answer in time")]
        failed = root_client.post(path, follow=True).content.decode()
        assert "It was not delivered" in failed
        assert "the answer was 500" in failed
        assert failed.count("&lt;b&gt;Oops&lt;/b&gt;") == 10
        assert "no answer in time" in root_client.post(path, follow=True).content.decode()

    def test_deletes_it_with_its_log(self, root_client: Client, erp: Webhook) -> None:
        delivery(erp)
        path = reverse("admin:qc_webhook_delete", args=[erp.pk])
        assert "the log of its deliveries is deleted too" in root_client.get(path).content.decode()
        assert root_client.post(path).url == reverse(LIST)
        assert not Webhook.objects.exists()

    def test_sends_a_delivery_again(self, root_client: Client, erp: Webhook, task: Task) -> None:
        one = delivery(erp, state=DeliveryState.FAILED, task=task.pk, event=1, attempts=10)
        page = reverse("admin:webhook_delivery", args=[one.pk])
        assert "Redeliver" in root_client.get(page).content.decode()
        root_client.post(reverse("admin:webhook_redeliver", args=[one.pk]))
        one.refresh_from_db()
        assert (one.state, one.attempts, one.next_at is None) == ("pending", 0, False)
        assert "Redeliver" not in root_client.get(page).content.decode()

    def test_sends_all_again_that_was_given_up(
        self, root_client: Client, erp: Webhook, task: Task
    ) -> None:
        for n in range(3):
            delivery(erp, state=DeliveryState.FAILED, task=task.pk, event=n + 1)
        done = delivery(erp, task=task.pk, event=9)
        path = reverse("admin:webhook_redeliver_failed", args=[erp.pk])
        assert (
            "3 deliveries are sent again." in root_client.post(path, follow=True).content.decode()
        )
        waiting = Delivery.objects.filter(state=DeliveryState.PENDING).order_by("pk")
        # Of one task, only the first is due.
        assert [one.next_at is not None for one in waiting] == [True, False, False]
        assert done not in waiting


@pytest.fixture
def task(invoices: Queue, add_task: Any) -> Task:
    made: Task = add_task(invoices)
    return made


def log(webhook: Webhook) -> str:
    return reverse("admin:webhook_log", args=[webhook.pk])


class TestLog:
    def test_is_read_page_by_page_by_who_may_read_the_trail(
        self, otto_client: Client, erp: Webhook
    ) -> None:
        for n in range(60):
            delivery(erp, message_id=f"evt_{n}")
        first = otto_client.get(log(erp))
        assert len(first.context["rows"]) == 50
        older = otto_client.get(log(erp) + first.context["older_link"])
        assert len(older.context["rows"]) == 10
        assert older.context["older_link"] == ""

    def test_is_filtered_by_state_and_by_reference(
        self, otto_client: Client, erp: Webhook, task: Task
    ) -> None:
        delivery(erp)
        wanted = delivery(erp, state=DeliveryState.FAILED, task=task.pk, status=500, error="wrong")
        for query in ({"state": "failed"}, {"task": task.reference.lower()}):
            page = otto_client.get(log(erp), query)
            [row] = page.context["rows"]
            assert str(wanted.pk) in row.link
            assert row.task == task.reference
        assert otto_client.get(log(erp), {"task": "nothing"}).context["rows"] == []
        assert "is not one of" in otto_client.get(log(erp), {"state": "x"}).content.decode()

    def test_page_of_a_delivery_shows_what_was_sent_and_the_answer_as_texts(
        self, otto_client: Client, erp: Webhook, task: Task
    ) -> None:
        one = delivery(erp, task=task.pk, body='{"type":"a"}', answer="<script>", status=200)
        page = otto_client.get(reverse("admin:webhook_delivery", args=[one.pk])).content.decode()
        assert "&quot;type&quot;: &quot;a&quot;" in page
        assert "&lt;script&gt;" in page
        assert task.reference in page
        assert "Redeliver" not in page

    def test_pages_take_no_more_statements_for_more_rows(
        self, root_client: Client, root: User, erp: Webhook, task: Task
    ) -> None:
        delivery(erp, task=task.pk, event=1)
        paths = (reverse(LIST), log(erp))
        for path in paths:
            statements(root_client, path)
        few = [statements(root_client, path) for path in paths]
        for n in range(5):
            webhooks.create(by=root, name=str(n), url=URL)
            delivery(erp, task=task.pk, event=n + 2, state=DeliveryState.PENDING)
        assert [statements(root_client, path) for path in paths] == few == [5, 7]

    def test_those_waiting_are_counted_up_to_a_number(
        self, root_client: Client, erp: Webhook, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr(columns, "MOST_COUNTED", 2)
        for n, shown in ((2, "2"), (2, "more than 2")):
            for _ in range(n):
                delivery(erp, state=DeliveryState.PENDING)
            assert shown in root_client.get(reverse(LIST)).content.decode()

    def test_events_of_which_no_deliveries_are_made_yet_wait_too(
        self, root_client: Client, erp: Webhook, task: Task
    ) -> None:
        Webhook.objects.update(is_paused=True)
        assert "0 and later events" not in root_client.get(reverse(LIST)).content.decode()
        now = timezone.now()
        TaskEvent.objects.create(row=99, task=1, queue=1, happened_at=now, collected_at=now)
        assert "0 and later events" in root_client.get(reverse(LIST)).content.decode()


class TestOthers:
    def test_auditor_sees_where_it_is_and_changes_nothing(
        self, otto_client: Client, erp: Webhook
    ) -> None:
        for path in (reverse(LIST), change(erp)):
            page = otto_client.get(path).content.decode()
            assert "erp.example.com" in page
            assert "s3cret" not in page
        assert "/pause/" not in page
        assert otto_client.post(act(erp, "pause"), {"_form_submitted": "True"}).status_code == 403
        assert otto_client.post(change(erp), {"name": "Mine"}).status_code == 403

    def test_manager_adds_none(self, mona_client: Client) -> None:
        assert mona_client.get(reverse(ADD)).status_code == 403
        page = mona_client.get(reverse(LIST)).content.decode()
        assert "A webhook tells another system" in page
        assert "Add a webhook" not in page
