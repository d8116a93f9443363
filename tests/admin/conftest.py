"""Signed-in clients, addresses of objects, and a reader of forms."""

from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc.checks import plan_pictures, plans
from qc.models import Alert, DefectCode, EventType, Queue, SavedView, Task, User
from qc.work import actions, bulk_changes, handover, presence
from tests import service_tokens
from tests.evidence.files import add as add_file
from tests.evidence.files import picture, sent
from tests.imports.files import HEAD, import_file
from tests.plans import write_plan
from tests.webhooks.rows import add as add_webhook


@pytest.fixture
def root(db: None) -> User:
    """A superuser."""
    return User.objects.create_superuser("root", password="demo")


@pytest.fixture
def sign_in_client() -> Callable[[User], Client]:
    """Return a function that signs a user in and returns the client."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def mona_client(mona: User, sign_in_client: Any) -> Client:
    return sign_in_client(mona)


@pytest.fixture
def root_client(root: User, sign_in_client: Any) -> Client:
    return sign_in_client(root)


@pytest.fixture
def otto_client(otto: User, sign_in_client: Any) -> Client:
    return sign_in_client(otto)


def change(item: Any) -> str:
    """Return the address of an object's page."""
    return reverse(f"admin:qc_{item._meta.model_name}_change", args=[item.pk])


def act(item: Any, name: str) -> str:
    """Return the address of an object's action."""
    return reverse(f"admin:qc_{item._meta.model_name}_{name}", args=[item.pk])


class FormReader(HTMLParser):
    """Collects what a browser would send from an unchanged form of a page."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.form, self.inside = form, False
        self.sent: dict[str, Any] = {}
        self.name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        name = attributes.get("name", "")
        if tag == "form":
            self.inside = attributes.get("id") == self.form
        if not self.inside:
            return
        if tag in ("select", "textarea"):
            self.name = name
        if tag == "option" and "selected" in attributes:
            self.add(self.name, attributes["value"])
        box = attributes.get("type") in ("checkbox", "radio")
        if tag == "input" and name and (not box or "checked" in attributes):
            self.add(name, attributes.get("value", "on" if box else ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag in ("select", "textarea"):
            self.name = ""

    def handle_data(self, data: str) -> None:
        if self.name and self.lasttag == "textarea":
            # The first line end belongs to the page; browsers end lines so.
            text = data.removeprefix("\n").replace("\r\n", "\n").replace("\n", "\r\n")
            self.sent[self.name] = self.sent.get(self.name, "") + text

    def add(self, name: str, value: str) -> None:
        self.sent.setdefault(name, [])
        self.sent[name].append(value)


def typed(client: Client, url: str) -> dict[str, Any]:
    """Return what a browser would send from the unchanged form of a page, with a reason for it."""
    page = client.get(url)
    reader = FormReader(f"{page.context['opts'].model_name}_form")
    reader.feed(page.content.decode())
    assert "csrfmiddlewaretoken" in reader.sent
    reason = (
        {"reason": "It was wrong."} if "reason" in page.context["adminform"].form.fields else {}
    )
    return reader.sent | reason | {"_save": "Save"}


def signed_in(*people: User) -> None:
    """Sign people in without the hand-out that a sign-in brings."""
    for person in people:
        presence.sign_in(person.pk)


@pytest.fixture
def sample_data(
    anna: User, mona: User, invoices: Queue, labels: Queue, add_task: Callable[..., Task]
) -> None:
    """Of everything that has an address, one: the first task is Anna's, the import Mona's."""
    for _ in range(2):
        add_task(invoices)
    signed_in(anna)
    actions.hand_out_to(anna.pk)
    shown = plan_pictures.store(plan_pictures.prepare(sent(picture())), by=mona)
    item = {"question": "Is the label straight?", "picture": shown}
    plans.publish(write_plan(labels, item), mona)
    mine = Task.objects.get(assignee=anna)
    add_file(mine, anna)
    import_file(HEAD + "C,Check,Labels\n", by=mona, dry_run=True)
    DefectCode.objects.create(code="SCR", name="Scratch")
    SavedView.objects.create(owner=mona, name="Mine", is_shared=True)
    handover.write(invoices.pk, "The scanner is broken.", by=mona)
    Alert.objects.create(name="Late", late_more_than=1, emails="lead@example.com")
    service_tokens.stored(mona)
    add_webhook(mine, EventType.ASSIGNED)
    bulk_changes.begin("hold", Task.objects.all(), by=mona, reason="Wait.")
    Client().post(reverse("admin:login"), {"username": "anna", "password": "wrong"})
