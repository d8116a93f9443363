"""Named reads: who is free, what waits, who has not been seen."""

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import UserManager
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from qc.models import Queue, Task, User  # noqa: F401

ORDER_OF_WORK = ("priority", "due_at", "id")
# The order in which many are taken out of work: those that nobody holds come first. Who gives one
# up must not get another that is to go too.
NOBODYS_FIRST = (F("slot").asc(nulls_first=True), "pk")


class TaskQuerySet(models.QuerySet["Task"]):
    """Reads of tasks."""

    def waiting(self) -> "TaskQuerySet":
        """Tasks that nobody holds, most urgent first."""
        return self.filter(status="pending").order_by(*ORDER_OF_WORK)

    def open(self) -> "TaskQuerySet":
        """Tasks in somebody's hands, most urgent first."""
        return self.filter(slot__isnull=False).order_by(*ORDER_OF_WORK)

    def held_by(self, person: "User") -> "TaskQuerySet":
        """Tasks that this person holds now, most urgent first."""
        return self.open().filter(assignee=person)

    def done_by(self, person: "User", since: datetime) -> "TaskQuerySet":
        """Tasks that this person has completed since a moment."""
        return self.filter(assignee=person, completed_at__gte=since)

    def not_started_since(self, moment: datetime) -> "TaskQuerySet":
        """Assigned tasks that nobody has opened since they were assigned before `moment`."""
        return self.filter(status="assigned", assigned_at__lt=moment, started_at__isnull=True)

    def overdue_to_raise(self, now: datetime) -> "TaskQuerySet":
        """Waiting tasks whose priority the sweep must raise now."""
        return self.filter(status="pending", raise_at__lte=now)


class QueueQuerySet(models.QuerySet["Queue"]):
    """Reads of queues."""

    def serving(self, person: "User") -> "QueueQuerySet":
        """Queues from which this person gets tasks: theirs and those open to all, none paused.

        Queues open to all are for QC staff: managers and auditors work only on queues they are on.
        """
        return self.of(person).filter(is_paused=False)

    def of(self, person: "User") -> "QueueQuerySet":
        """Queues that this person is on, or that are open to them, paused ones too."""
        on_it = self.model.people.through.objects.filter(user=person, queue=OuterRef("pk"))
        people: Any = self.model._meta.get_field("people").related_model
        qc_staff = people.groups.through.objects.filter(user=person, group__name="QC staff")
        return self.filter(Exists(on_it) | Q(open_to_all=True) & Exists(qc_staff))


class PersonQuerySet(models.QuerySet["User"]):
    """Reads of people."""

    def with_open_tasks(self) -> Any:
        """Adds `open_tasks`, how many tasks each holds now."""
        tasks: Any = self.model._meta.get_field("tasks").related_model
        # By the index of (assignee, completed_at): what a person has finished is never looked at.
        held: Any = (
            tasks.objects.filter(assignee=OuterRef("pk"), completed_at__isnull=True)
            .order_by()
            .values("assignee")
            .annotate(n=Count("pk"))
            .values("n")
        )
        return self.annotate(open_tasks=Coalesce(Subquery(held), 0))

    def serving(self, queues: Collection[int]) -> "PersonQuerySet":
        """Active people who get tasks from one of these queues while it runs; as a queue's rule."""
        memberships: Any = self.model._meta.get_field("queues").related_model
        on_one = memberships.people.through.objects.filter(queue__in=queues, user=OuterRef("pk"))
        open_ones = memberships.objects.filter(pk__in=queues, open_to_all=True)
        is_staff = self._is_qc_staff()
        return self.filter(Exists(on_one) | Exists(open_ones) & is_staff, is_active=True)

    def doing_qc(self) -> "PersonQuerySet":
        """Active people who get tasks: QC staff, and whoever is on a queue."""
        memberships: Any = self.model._meta.get_field("queues").related_model
        on_one = memberships.people.through.objects.filter(user=OuterRef("pk"))
        return self.filter(Exists(on_one) | self._is_qc_staff(), is_active=True)

    def _is_qc_staff(self) -> Exists:
        staff = self.model.groups.through.objects.filter(group__name="QC staff")
        return Exists(staff.filter(user=OuterRef("pk")))

    def locked(self, *ids: int) -> "PersonQuerySet":
        """These people, locked until the transaction ends, always in the same order."""
        return self.select_for_update().filter(pk__in=ids).order_by("pk")

    def there(self) -> "PersonQuerySet":
        """People who are logged in."""
        return self.filter(is_active=True, is_logged_in=True)

    def free(self) -> "PersonQuerySet":
        """People there, not on break and below their capacity; idle longest first."""
        working = self.there().filter(break_reason="").with_open_tasks()
        free: PersonQuerySet = working.filter(open_tasks__lt=F("capacity"))
        return free.order_by("idle_since", "pk")

    def unseen_since(self, moment: datetime) -> "PersonQuerySet":
        """People who are logged in but have not been seen since `moment`."""
        return self.filter(is_logged_in=True).filter(
            Q(last_seen_at__lt=moment) | Q(last_seen_at__isnull=True)
        )


class PersonManager(UserManager["User"].from_queryset(PersonQuerySet)):  # type: ignore[misc]
    """Makes accounts, and gives the named reads of people."""
