"""People in front of a browser, and the addresses they go to."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from qc import presence
from qc.models import User


@pytest.fixture
def root(db: None) -> User:
    """Root may everything."""
    return User.objects.create_superuser("root", password="demo")


@pytest.fixture
def at_the_page_of() -> Callable[[User], Client]:
    """Signs somebody in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def mona_at_the_desk(mona: User, at_the_page_of: Any) -> Client:
    return at_the_page_of(mona)


@pytest.fixture
def otto_at_the_desk(otto: User, at_the_page_of: Any) -> Client:
    return at_the_page_of(otto)


def change(item: Any) -> str:
    """Gives the address of an object's page."""
    return reverse(f"admin:qc_{item._meta.model_name}_change", args=[item.pk])


def act(item: Any, name: str) -> str:
    """Gives the address of an object's action."""
    return reverse(f"admin:qc_{item._meta.model_name}_{name}", args=[item.pk])


def typed(client: Client, url: str) -> dict[str, Any]:
    """Gives what a browser would send if nothing on the form were changed."""
    form = client.get(url).context["adminform"].form
    sent: dict[str, Any] = {"_save": "Save"}
    for bound in form:
        for name, value in _of(bound):
            if value not in (None, False, ""):
                sent[name] = value
    return sent


def _of(bound: Any) -> list[tuple[str, Any]]:
    value = bound.value()
    if hasattr(bound.field.widget, "widgets"):
        parts = bound.field.widget.decompress(value)
        return [(f"{bound.html_name}_{n}", part) for n, part in enumerate(parts)]
    if isinstance(value, list | tuple):
        return [(bound.html_name, [getattr(one, "pk", one) for one in value])]
    if isinstance(value, str):
        # Browsers end the lines of a text area so.
        return [(bound.html_name, value.replace("\r\n", "\n").replace("\n", "\r\n"))]
    return [(bound.html_name, value)]


def signed_in(*people: User) -> None:
    """Lets people be there, without the hand-out that a sign-in brings."""
    for person in people:
        presence.sign_in(person.pk)
