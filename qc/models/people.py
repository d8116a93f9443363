"""People: their accounts, their presence, and named reads of who is free."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from qc.core.localization import check_zone, languages
from qc.models.choices import Role
from qc.models.history import PersonHistoryRow, Records

MOST_CAPACITY = 20
# The break on which the sweep puts people who did not start a task.
NOT_RESPONDING = "not responding"
NOT_OWN_BREAKS = ("", NOT_RESPONDING)


def is_on_queue(person: Any, **queues: Any) -> Exists:
    """Return the condition that a person is on one of the queues that match, or on any."""
    return Exists(User.queues.through.objects.filter(user=person, **queues))


def is_qc_staff(person: Any) -> Exists:
    """Return the condition that a person is QC staff: they serve queues that are open to all."""
    staff = User.groups.through.objects.filter(group__name=Role.QC_STAFF)
    return Exists(staff.filter(user=person))


class PersonQuerySet(models.QuerySet["User"]):
    """Named reads of people."""

    def with_open_tasks(self) -> Any:
        """Add `open_tasks`: the number of tasks that each holds now."""
        tasks: Any = self.model._meta.get_field("tasks").related_model
        # By the index of (assignee, completed_at): completed tasks are never looked at.
        held: Any = (
            tasks.objects.filter(assignee=OuterRef("pk"), completed_at__isnull=True)
            .order_by()
            .values("assignee")
            .annotate(n=Count("pk"))
            .values("n")
        )
        return self.annotate(open_tasks=Coalesce(Subquery(held), 0))

    def serving(self, queues: Collection[int]) -> "PersonQuerySet":
        """Active people who serve one of these queues, by the rule of `QueueQuerySet.served_by`."""
        all_queues: Any = User._meta.get_field("queues").related_model
        open_ones = all_queues.objects.filter(pk__in=queues, open_to_all=True)
        person = OuterRef("pk")
        serves = is_on_queue(person, queue__in=queues) | Exists(open_ones) & is_qc_staff(person)
        return self.filter(serves, is_active=True)

    def doing_qc(self) -> "PersonQuerySet":
        """Active people who get tasks: QC staff, and whoever is on a queue."""
        person = OuterRef("pk")
        return self.filter(is_on_queue(person) | is_qc_staff(person), is_active=True)

    def locked(self, *ids: int) -> "PersonQuerySet":
        """These people, locked until the transaction ends, always in the same order."""
        return self.select_for_update().filter(pk__in=ids).order_by("pk")

    def signed_in(self) -> "PersonQuerySet":
        """People who are signed in."""
        return self.filter(is_active=True, is_logged_in=True)

    def taking_work(self) -> "PersonQuerySet":
        """People who are signed in and not on break; as `User.takes_work`."""
        return self.signed_in().filter(break_reason="")

    def free(self) -> "PersonQuerySet":
        """People who take work and are below their capacity, idle longest first; as `is_free`."""
        free: Any = self.taking_work().with_open_tasks().filter(open_tasks__lt=F("capacity"))
        return free.order_by("idle_since", "pk")

    def unseen_since(self, moment: datetime, on_break: datetime) -> "PersonQuerySet":
        """People who are signed in but have not been seen since `moment`.

        For people on a break that they took, it is the moment `on_break`.
        """
        works = Q(break_reason__in=NOT_OWN_BREAKS)
        unseen = works & Q(last_seen_at__lt=moment) | ~works & Q(last_seen_at__lt=on_break)
        return self.filter(unseen | Q(last_seen_at__isnull=True), is_logged_in=True)


class PersonManager(UserManager["User"].from_queryset(PersonQuerySet)):  # type: ignore[misc]
    """Creates accounts, and has the named reads of people."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return who signs in by this name. Raises DoesNotExist."""
        found: User | None = next(iter(self.alike(username or "")), None)
        if found is None:
            raise User.DoesNotExist
        return found

    def alike(self, username: str) -> "list[User]":
        """Return the people of this name whatever its capitals, whoever has it exactly first.

        Accents and blanks do make a difference, whatever the collation of the database says. It
        takes the same time whether there is such a person or not.
        """
        lower = self.alias(lower=Lower("username")).filter(lower=username.lower())
        found = [one for one in lower if one.username.lower() == username.lower()]
        return sorted(found, key=lambda one: one.username != username)


class User(AbstractUser):
    """A person: an account, its presence, and how many tasks it can hold.

    `idle_since` is when they last became free; `break_reason` is "" while they take work. With
    `language` "" the browser chooses the language of pages, with `time_zone` "" times are in the
    site's own. Sessions and tokens from before `access_ended_at` are no longer valid.
    """

    is_logged_in = models.BooleanField(_("signed in"), default=False, editable=False)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True, editable=False)
    break_reason = models.CharField(
        _("on break"), max_length=100, blank=True, default="", editable=False
    )
    idle_since = models.DateTimeField(_("free since"), null=True, blank=True, editable=False)
    capacity = models.PositiveSmallIntegerField(
        _("capacity"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_CAPACITY)],
        help_text=_("How many tasks this person can have at once."),
    )
    language = models.CharField(
        _("language"), max_length=10, choices=languages, blank=True, default="", db_default=""
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=50,
        validators=[check_zone],
        blank=True,
        default="",
        db_default="",
    )
    single_keys = models.BooleanField(
        _("single-letter keys"),
        default=False,
        db_default=False,
        help_text=_("Letters alone press buttons. Leave it off where a scanner types."),
    )
    access_ended_at = models.DateTimeField(null=True, editable=False)

    # Set only by `with_open_tasks()`.
    open_tasks: int

    history = Records(
        PersonHistoryRow,
        excluded_fields=["password", "last_login", "last_seen_at", "idle_since", "access_ended_at"],
        m2m_fields=["groups"],
        last=["id", "kind"],
    )
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta(AbstractUser.Meta):
        verbose_name = _("person")  # type: ignore[assignment]
        verbose_name_plural = _("people")  # type: ignore[assignment]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(capacity__gte=1, capacity__lte=MOST_CAPACITY),
                name="person_capacity",
                violation_error_message=_("Capacity must be from 1 to 20."),
            ),
            models.CheckConstraint(
                condition=Q(is_logged_in=True) | Q(break_reason=""),
                name="person_break_is_there",
            ),
        ]
        indexes: ClassVar = [
            # Who is free, idle longest first; who has not been seen.
            models.Index(fields=["is_logged_in", "idle_since"], name="person_idle"),
            models.Index(fields=["is_logged_in", "last_seen_at"], name="person_seen"),
        ]

    def __str__(self) -> str:
        return self.username

    def clean(self) -> None:
        """Refuse a name that somebody has already, but for its capitals."""
        super().clean()
        if any(one.pk != self.pk for one in User.objects.alike(self.username)):
            raise ValidationError(
                {"username": User._meta.get_field("username").error_messages["unique"]}
            )

    @property
    def takes_work(self) -> bool:
        """Whether this person is signed in and not on break."""
        return self.is_active and self.is_logged_in and not self.break_reason

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether this is the password; store it anew where it is stored in an older way.

        Nothing has changed for anybody by that: it is no change of the account.
        """

        def store(password: str) -> None:
            unchanged = User.objects.filter(pk=self.pk, password=self.password)
            self.password = make_password(password)
            unchanged.update(password=self.password)

        return check_password(raw_password, self.password, store)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a session must know to be valid: it ends with the password or the access."""
        known: str = super()._get_session_auth_hash(secret)  # type: ignore[misc]
        if self.access_ended_at is None:
            return known
        ended = self.access_ended_at.astimezone(UTC).isoformat()
        return salted_hmac("qc.access", known + ended, secret, algorithm="sha256").hexdigest()

    def is_free(self, open_tasks: int) -> bool:
        """Return whether this person could get another task, with this many open tasks."""
        return self.takes_work and open_tasks < self.capacity
