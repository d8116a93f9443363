"""Who is there: seeing it, and one's own breaks, coming and going."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.urls import re_path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from qc import permissions
from qc.api import answers, people
from qc.api.serializers import validated_exactly
from qc.api.v1.base import V1View
from qc.api.v1.fields import FlagFilter, narrowed
from qc.api.v1.lists import ListView
from qc.api.v1.schemas import people as schemas
from qc.api.v1.schemas.lists import filter_parameters, list_parameters
from qc.api.v1.shapes.people import of_caller
from qc.models import Scope, User
from qc.work import actions


class PresenceFilters(django_filters.FilterSet):
    """Which people are listed."""

    logged_in = FlagFilter("is_logged_in", help_text="Only people who are signed in, or not.")
    free = FlagFilter(method="are_free", help_text="Only people who are free, or not.")

    class Meta:
        model = User
        fields = ()

    def are_free(self, found: QuerySet[User], name: str, value: bool) -> QuerySet[User]:
        """Return who is free, or who is not."""
        return people.are_free(found, value)


class PresenceView(ListView):
    """Who is there. For everybody with a role."""

    scopes: ClassVar = {"GET": Scope.READ_PEOPLE}
    fields = tuple(schemas.PresentSchema().fields)
    filters = tuple(PresenceFilters.base_filters)

    @extend_schema(
        operation_id="list_presence",
        summary="Who is there",
        description="The people who do QC, whether they are free, and what they have in hand.",
        parameters=[*filter_parameters(PresenceFilters), *list_parameters(fields)],
        responses=schemas.PresenceSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the people who do QC, and the caller."""
        found = narrowed(PresenceFilters, request, people.doing_qc())
        response = self.page(request, found, _present, ("pk",))
        response.data = {"me": me(self.caller), **response.data}
        return response


class BreakView(V1View):
    """Puts the caller on break."""

    scopes: ClassVar = {"POST": Scope.COMPLETE}

    @extend_schema(
        operation_id="take_break",
        summary="Go on break",
        description="The caller keeps their tasks and gets no new ones.",
        request=schemas.BreakReason,
        responses=schemas.MySelfSchema,
    )
    def post(self, request: Request) -> Response:
        """Return the caller, who is on break now."""
        sent = validated_exactly(schemas.BreakReason, request.data)
        actions.take_break(self.caller.pk, by=self.caller, **sent)
        return Response(me(self.caller))


class BackView(V1View):
    """Ends the caller's break."""

    scopes: ClassVar = {"POST": Scope.COMPLETE}

    @extend_schema(
        operation_id="end_break",
        summary="Come back from break",
        description="The caller gets tasks again at once.",
        request=None,
        responses=schemas.MySelfSchema,
    )
    def post(self, request: Request) -> Response:
        """Return the caller, who takes work again."""
        actions.come_back(self.caller.pk, by=self.caller)
        return Response(me(self.caller))


class SignInView(V1View):
    """Lets the caller be present: a station with a service token has no other way to sign in."""

    scopes: ClassVar = {"POST": Scope.COMPLETE}

    @extend_schema(
        operation_id="be_present",
        summary="Be present",
        description="The caller is signed in and gets tasks. Being present already changes little.",
        request=None,
        responses=schemas.MySelfSchema,
    )
    def post(self, request: Request) -> Response:
        """Return the caller, who is signed in now, with the tasks that they got."""
        permissions.check_works(self.caller)
        actions.sign_in(self.caller.pk)
        return Response(me(self.caller))


class SignOutView(V1View):
    """Ends the caller's presence; their token stays valid."""

    scopes: ClassVar = {"POST": Scope.COMPLETE}

    @extend_schema(
        operation_id="be_away",
        summary="Be away",
        description="The caller's tasks go back to their queues. The token stays valid.",
        request=None,
        responses=schemas.SignedOutSchema,
    )
    def post(self, request: Request) -> Response:
        """Return the tasks that wait again, and the caller."""
        permissions.check_works(self.caller)
        returned = actions.sign_out(self.caller.pk, by=self.caller, reason="signed out")
        lines = list(map(answers.of_line, returned))
        return Response({"returned": lines, "me": me(self.caller)})


class MeView(V1View):
    """Who makes the call. For everybody with a role, and for each service token."""

    @property
    def scopes(self) -> dict[str, Scope]:  # type: ignore[override]
        """Any that the token has: each may ask whose it is."""
        held = _scopes(getattr(self, "request", None)) or [Scope.READ_TASKS]
        return {"GET": Scope(held[0])}

    @extend_schema(
        operation_id="read_me",
        summary="Who am I",
        description="The caller, their roles, what their token may do, and their tasks in full.",
        responses=schemas.MeSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the caller."""
        return Response(me(self.caller) | of_caller(self.caller, _scopes(request)))


def me(user: User) -> dict[str, Any]:
    """Return the caller as they are now, with their own tasks in full; nothing is started by it."""
    return answers.of_caller(permissions.as_stored(user), actions.held_by(user))


def _scopes(request: Request | None) -> list[str] | None:
    """Return the scopes of the service token of a request; None where it has none."""
    return getattr(getattr(request, "auth", None), "scopes", None)


def _present(person: Any) -> dict[str, Any]:
    return answers.of_person(person, person.open_now)


urlpatterns = [
    re_path(r"^me/?$", MeView.as_view(), name="v1_me"),
    re_path(r"^presence/?$", PresenceView.as_view(), name="v1_presence"),
    re_path(r"^presence/break/?$", BreakView.as_view(), name="v1_presence_break"),
    re_path(r"^presence/back/?$", BackView.as_view(), name="v1_presence_back"),
    re_path(r"^presence/sign-in/?$", SignInView.as_view(), name="v1_presence_sign_in"),
    re_path(r"^presence/sign-out/?$", SignOutView.as_view(), name="v1_presence_sign_out"),
]
