"""People with the tasks that they have in hand, as calls of the API list them."""

from typing import Any

from django.db.models import Prefetch, QuerySet

from qc.models import Task, User


def with_open_tasks() -> Any:
    """Return all people, each with their tasks in hand as `open_now`."""
    open_now = Task.objects.held().select_related("queue")
    return User.objects.prefetch_related(Prefetch("tasks", open_now, to_attr="open_now"))


def doing_qc(logged_in: bool | None = None, free: bool | None = None) -> QuerySet[User]:
    """Return the people who do QC, with their tasks in hand; None does not filter."""
    people: Any = with_open_tasks().doing_qc()
    if logged_in is not None:
        people = people.filter(is_logged_in=logged_in)
    return people if free is None else are_free(people, free)


def are_free(people: QuerySet[User], free: bool) -> QuerySet[User]:
    """Return those of some people who are free now, or the others."""
    now_free = User.objects.free().values("pk")
    return people.filter(pk__in=now_free) if free else people.exclude(pk__in=now_free)
