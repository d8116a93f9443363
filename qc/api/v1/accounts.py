"""People: accounts with their presence, roles and queues."""

from typing import Any, ClassVar

import django_filters
from django.urls import re_path
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from qc import permissions
from qc.api.v1.base import V1View
from qc.api.v1.fields import ChoiceFilter, FlagFilter, QueueFilter, narrowed
from qc.api.v1.lists import ListView
from qc.api.v1.schemas import people as schemas
from qc.api.v1.schemas.lists import ID, filter_parameters, list_parameters
from qc.api.v1.shapes.people import of_account, of_account_in_full
from qc.models import Role, Scope, User
from qc.work import presence


class PeopleFilters(django_filters.FilterSet):
    """Which people are listed."""

    active = FlagFilter("is_active", help_text="Only active accounts, or deactivated ones.")
    logged_in = FlagFilter("is_logged_in", help_text="Only people who are signed in, or not.")
    role = ChoiceFilter(
        "groups__name", choices=Role.choices, help_text="Only people who have this role."
    )
    queue = QueueFilter("queues", help_text="Only people on this queue, by its id or name.")

    class Meta:
        model = User
        fields = ()


class PeopleView(ListView):
    """Lists accounts. For managers and auditors."""

    scopes: ClassVar = {"GET": Scope.READ_PEOPLE}
    fields = tuple(schemas.AccountSchema().fields)
    filters = tuple(PeopleFilters.base_filters)

    @extend_schema(
        operation_id="list_people",
        summary="List people",
        description="Accounts with their presence, roles and queues; for managers and auditors.",
        parameters=[*filter_parameters(PeopleFilters), *list_parameters(fields)],
        responses=schemas.AccountsSchema,
    )
    def get(self, request: Request) -> Response:
        """Return the accounts."""
        permissions.check_auditor(self.caller)
        people = narrowed(PeopleFilters, request, _in_full())
        return self.page(request, people, of_account, ("pk",))


class PersonView(V1View):
    """Shows an account: one's own, and to managers and auditors any."""

    scopes: ClassVar = {"GET": Scope.READ_PEOPLE}

    @extend_schema(
        operation_id="read_person",
        summary="Read a person",
        description="An account: one's own, and for managers and auditors anybody's.",
        parameters=[ID],
        responses=schemas.AccountInFullSchema,
    )
    def get(self, request: Request, pk: int) -> Response:
        """Return the account. Raises NotFound also where the caller may not see it."""
        user = self.caller
        may_see = user.pk == int(pk) or permissions.is_auditor(user)
        person = _in_full().filter(pk=pk).first() if may_see else None
        if person is None:
            raise presence.not_found(pk)
        return Response(of_account_in_full(person))


def _in_full() -> Any:
    return User.objects.all().with_open_tasks().prefetch_related("groups", "queues")


urlpatterns = [
    re_path(r"^people/?$", PeopleView.as_view(), name="v1_people"),
    re_path(r"^people/(?P<pk>[0-9]{1,18})/?$", PersonView.as_view(), name="v1_person"),
]
