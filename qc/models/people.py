"""People: their accounts, their presence, and named reads of who is free."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.db.models.signals import m2m_changed
from django.dispatch import Signal, receiver
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from qc.core.localization import check_zone, languages
from qc.core.names import letter_of_another_script, normal_name
from qc.models.choices import Role
from qc.models.history import PersonHistoryRow, Records

MOST_CAPACITY = 20
# The break on which the sweep puts people who did not start a task.
NOT_RESPONDING = "not responding"
NOT_OWN_BREAKS = ("", NOT_RESPONDING)
MACHINE_HAS_NO_PAGES = "machine_has_no_pages"
# A change of any of these ends a person's sessions and tokens, as one of their roles does.
ENDS_ACCESS = frozenset({"password", "is_active", "is_staff", "is_superuser"})

# Sent with `person` when all sessions and tokens of somebody who had any have ended.
access_ended = Signal()


def machine_name(name: str) -> str:
    """Return how a service token is named wherever people are."""
    return str(_("%(name)s (service token)") % {"name": name})


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

    def machines(self) -> "PersonQuerySet":
        """Accounts of service tokens."""
        return self.filter(is_machine=True)

    def staff_accounts(self) -> "PersonQuerySet":
        """Accounts of people with no right but those of QC staff."""
        person = OuterRef("pk")
        roles = User.groups.through.objects.filter(user=person).exclude(group__name=Role.QC_STAFF)
        rights = User.user_permissions.through.objects.filter(user=person)
        return self.filter(~Exists(roles), ~Exists(rights), is_superuser=False, is_machine=False)

    def locked(self, *ids: int) -> "PersonQuerySet":
        """These people, locked until the transaction ends, always in the same order."""
        return self.select_for_update().filter(pk__in=ids).order_by("pk")

    @transaction.atomic
    def end_access(self) -> datetime:
        """End their sessions and tokens: those begun before now are no longer valid; return now."""
        now = timezone.now()
        self.update(access_ended_at=now)
        for person in self:
            person.end_sign_ins()
        return now

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
        """Return the people of this name in its normal form, whoever has it exactly first.

        Accents and blanks do make a difference, whatever the collation of the database says. It
        takes the same time whether there is such a person or not.
        """
        normal = normal_name(username)
        lower = self.alias(lower=Lower("username")).filter(lower__in=[normal, username.lower()])
        found = [one for one in lower if normal_name(one.username) == normal]
        return sorted(found, key=lambda one: one.username != username)


class User(AbstractUser):
    """A person: an account, its presence, and how many tasks it can hold.

    `idle_since` is when they last became free; `break_reason` is "" while they take work. With
    `language` "" the browser chooses the language of pages, with `time_zone` "" times are in the
    site's own. Sessions and tokens from before `access_ended_at` are no longer valid;
    `has_new_device` until they were told of each sign-in with a device that they had never used;
    `unread_mentions` counts the comments that name them and that they have not read.

    With `is_machine` it is no person, but the account of a service token: nobody signs in to it.
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
    has_new_device = models.BooleanField(default=False, db_default=False, editable=False)
    unread_mentions = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    is_machine = models.BooleanField(default=False, db_default=False, editable=False)

    # Set only by `with_open_tasks()`.
    open_tasks: int

    history = Records(
        PersonHistoryRow,
        excluded_fields=[
            "password",
            "last_login",
            "last_seen_at",
            "idle_since",
            "access_ended_at",
            "has_new_device",
            "unread_mentions",
            "is_machine",
        ],
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
            models.CheckConstraint(
                condition=Q(is_machine=False) | Q(is_staff=False, is_superuser=False),
                name=MACHINE_HAS_NO_PAGES,
            ),
        ]
        indexes: ClassVar = [
            # Who is free, idle longest first; who has not been seen; active accounts by their id.
            models.Index(fields=["is_active", "is_logged_in", "idle_since"], name="person_idle"),
            models.Index(fields=["is_logged_in", "last_seen_at"], name="person_seen"),
            models.Index(fields=["is_active"], name="person_active"),
        ]

    def __str__(self) -> str:
        return machine_name(self.username) if self.is_machine else self.username

    def save(self, *args: Any, **options: Any) -> None:
        """Save a new account, or the named columns of one; a new password needs no naming.

        Django's forms and `changepassword` save a whole row that may have been read minutes ago: it
        would sign people out in the middle of a task, and revive access that has ended. Raises
        TypeError for such a row without a new password.
        """
        if self._state.adding:
            super().save(*args, **options)
        elif options.get("update_fields") is not None:
            self._save_columns(set(options["update_fields"]), *args, **options)
        elif self._password is None and self.has_usable_password():  # type: ignore[attr-defined]
            raise TypeError("Name the columns of a person that are saved: update_fields=[…].")
        else:
            self._save_password()

    def _save_columns(self, columns: set[str], *args: Any, **options: Any) -> None:
        """Save, and end all sessions and tokens if that changes what they rest on.

        So it is whoever saves: a page, a command or a console.
        """
        with transaction.atomic():
            ends = self._ends_access(columns)
            if ends:
                self.access_ended_at = timezone.now()
                columns.add("access_ended_at")
            super().save(*args, **options | {"update_fields": columns})
            if ends:
                self.end_sign_ins()

    def _save_password(self) -> None:
        """Save the password alone, with all else as it is stored, so that history says so too."""
        with transaction.atomic():
            stored = User.objects.locked(self.pk).get()
            for field in self._meta.concrete_fields:
                if field.attname != "password":
                    setattr(self, field.attname, getattr(stored, field.attname))
            self.save(update_fields=["password"])

    def end_sign_ins(self) -> None:
        """Delete this person's sessions and tokens; their access has ended."""
        sign_ins: Any = self.sign_ins
        ended = sign_ins.all().end()
        # Some are older than the list of sign-ins, or were made on the console.
        others, _by_model = self.auth_token_set.all().delete()  # type: ignore[attr-defined]
        if ended or others:
            access_ended.send(User, person=self)

    def _ends_access(self, columns: set[str]) -> bool:
        names = columns & ENDS_ACCESS
        stored = User.objects.filter(pk=self.pk).values(*names).first() if names else None
        return any(value != getattr(self, name) for name, value in (stored or {}).items())

    def clean(self) -> None:
        """Refuse a name that somebody has already, in its normal form, or that could look so."""
        super().clean()
        stored = User.objects.filter(pk=self.pk).values_list("username", flat=True).first()
        is_new = stored != self.username
        letter = letter_of_another_script(self.username) if is_new else ""
        if letter:
            text = _("All letters must be of one script: “%(letter)s” (%(code)s) is of another.")
            params = {"letter": letter, "code": f"U+{ord(letter):04X}"}
            raise ValidationError({"username": ValidationError(text, "scripts", params)})
        if any(one.pk != self.pk for one in User.objects.alike(self.username)):
            raise ValidationError(
                {"username": User._meta.get_field("username").error_messages["unique"]}
            )

    def get_constraints(self) -> list[tuple[type[models.Model], Sequence[Any]]]:
        """Return what forms check: not that of machines, which none edits; each is a statement."""
        return [
            (model, [one for one in constraints if one.name != MACHINE_HAS_NO_PAGES])
            for model, constraints in super().get_constraints()
        ]

    @property
    def takes_work(self) -> bool:
        """Whether this person is signed in and not on break."""
        return self.is_active and self.is_logged_in and not self.break_reason

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether this is the password; store it anew where it is stored in an older way.

        Nothing has changed for anybody by that: it is no change of the account. The account of a
        service token has none.
        """

        def store(password: str) -> None:
            unchanged = User.objects.filter(pk=self.pk, password=self.password)
            self.password = make_password(password)
            unchanged.update(password=self.password)

        return check_password(raw_password, self.password, store) and not self.is_machine

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


@receiver(m2m_changed, sender=User.groups.through, dispatch_uid="qc_roles")
@receiver(m2m_changed, sender=User.user_permissions.through, dispatch_uid="qc_rights")
def end_access_with_roles(instance: Any, action: str, reverse: bool, **_: Any) -> None:
    """End the sessions and tokens of somebody whose roles or rights change, whoever does it."""
    if action in ("post_add", "post_remove", "pre_clear") and not reverse:
        instance.access_ended_at = User.objects.filter(pk=instance.pk).end_access()
