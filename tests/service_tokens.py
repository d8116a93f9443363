"""Makes service tokens, and clients that call the API by them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from qc import history
from qc.audit import service_tokens
from qc.models import Scope, ServiceToken, User
from qc.models.service_tokens import USUAL_LIFE


def make(
    by: User,
    *scopes: Scope,
    name: str = "erp",
    life: timedelta = USUAL_LIFE,
    networks: tuple[str, ...] = (),
) -> tuple[ServiceToken, str]:
    """Make a token; return it with its secret."""
    token = ServiceToken(
        scopes=[one.value for one in scopes],
        networks=list(networks),
        expires_at=timezone.now() + life,
    )
    return token, service_tokens.make(token, name, by=by)


def client(secret: str, scheme: str = "Bearer", **environment: Any) -> APIClient:
    """Return a client that sends a secret."""
    one = APIClient(**environment)
    one.credentials(HTTP_AUTHORIZATION=f"{scheme} {secret}")
    return one


def stored(by: User) -> ServiceToken:
    """Return a token that is there, whoever made it; nobody knows its secret."""
    account = User(username="erp-system", is_machine=True)
    account.set_unusable_password()
    history.save(account, kind="", by=by)
    token = ServiceToken(account=account, created_by=by, scopes=[Scope.READ_TASKS.value])
    token.expires_at = timezone.now() + USUAL_LIFE
    token.new_secret()
    token.save()
    return token
