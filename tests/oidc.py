"""A real OpenID provider on this machine, and people who sign in by it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.test import Client
from oidc_provider_mock import run_server_in_thread

from config.single_sign_on import Provider

SIGN_IN, CALLBACK = "/admin/sso/", "/admin/sso/callback/"
ROLES = (("checkers", "QC staff"), ("leads", "Managers"), ("audit", "Auditors"))


class RunningProvider:
    """The provider as its administrators and its sign-in page see it."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer

    def settings(self, **more: Any) -> Provider:
        """Return how QC Desk is set up with it: it gives roles, and makes accounts."""
        given = {"name": "Northgate", "roles": ROLES, "creates_accounts": True} | more
        return Provider(self.issuer, "qc-desk", "not-very-secret", **given)

    def knows(self, subject: str, **claims: Any) -> None:
        """Add somebody, or change what is known of them; the claims of before are gone."""
        answer = requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=10)
        answer.raise_for_status()

    def answer(self, address: str, form: dict[str, str]) -> str:
        """Send the form of the provider's sign-in page; return where that leads, without host."""
        sent = requests.post(address, data=form, timeout=10, allow_redirects=False)
        parts = urlsplit(sent.headers["location"])
        return f"{parts.path}?{parts.query}"


@contextmanager
def running_provider() -> Iterator[RunningProvider]:
    """Run a provider as long as the context lasts."""
    with run_server_in_thread() as server:
        yield RunningProvider(f"http://localhost:{server.server_port}")


def begin(client: Client, **form: str) -> str:
    """Press the button; return the provider's address to which the page leads."""
    page = client.post(SIGN_IN, form)
    assert page.status_code == 200
    (address,) = re.findall(r'content="0; url=([^"]+)"', page.content.decode())
    return address.replace("&amp;", "&")


def query(address: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def sign_in(provider: RunningProvider, subject: str, client: Client | None = None) -> Any:
    """Go to the provider and come back as somebody; return the answer to that."""
    client = client or Client()
    return client.get(provider.answer(begin(client), {"sub": subject}))
