"""Clients of /api/v1/, a superuser, and a call of the tests' own."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import include, re_path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient

from qc.api.v1.base import V1View
from qc.models import Scope, User
from qc.work import actions, presence

ClientOf = Callable[[User], APIClient]


class CallView(V1View):
    """Reads by GET, holds a task by PUT, works by POST; DELETE is for people."""

    scopes = {  # noqa: RUF012
        "GET": Scope.READ_TASKS,
        "PUT": Scope.WRITE_TASKS,
        "POST": Scope.COMPLETE,
    }

    def get(self, request: Request) -> Response:
        return Response({"caller": request.user.username})

    def put(self, request: Request) -> Response:
        actions.hold(request.data["task"], by=request.user, reason="Wait.")
        return Response({})

    def post(self, request: Request) -> Response:
        return Response({"caller": request.user.username})

    def delete(self, request: Request) -> Response:
        return Response({})


CALL = "/api/v1/call/"
urlpatterns = [re_path(r"^api/v1/call/?$", CallView.as_view()), re_path("", include("config.urls"))]


@pytest.fixture
def call(settings: Any) -> str:
    """The address of a call that needs a scope for each method."""
    settings.ROOT_URLCONF = "tests.api.v1.conftest"
    return CALL


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", password="demo")


@pytest.fixture
def client_of() -> ClientOf:
    """Return a client of somebody, without a request to sign in."""

    def client_of(user: User) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return client_of


@pytest.fixture
def at_work(client_of: ClientOf) -> ClientOf:
    """Return a client of somebody who is signed in and free."""

    def at_work(user: User) -> APIClient:
        presence.sign_in(user.pk)
        return client_of(user)

    return at_work
