"""Queues: kinds of work, and who gets tasks from which."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar
from unicodedata import normalize

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import OuterRef, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from qc.core.compiled_queries import PreparedForMany
from qc.models.choices import Reinspector, Role
from qc.models.history import Records
from qc.models.people import User, is_on_queue, is_qc_staff


def folded(name: str) -> str:
    """Return the name of a queue without what makes no difference: capitals, blanks and widths.

    Some systems write "ü" as two characters.
    """
    return " ".join(normalize("NFKC", name).casefold().split())


class QueueQuerySet(models.QuerySet["Queue"]):
    """Named reads of queues."""

    def running(self) -> "QueueQuerySet":
        """Queues from which people get tasks now: those that are neither paused nor closed."""
        return self.filter(is_paused=False, is_closed=False)

    def open(self) -> "QueueQuerySet":
        """Queues that are not closed: only these can be chosen."""
        return self.filter(is_closed=False)

    def served_by(self, person: User) -> "QueueQuerySet":
        """Queues that this person serves, paused ones too.

        Whoever is on a queue serves it, and all QC staff serve the queues that are open to all.
        Managers and auditors serve only those that they are on.
        """
        is_on_it = is_on_queue(person, queue=OuterRef("pk"))
        return self.filter(is_on_it | Q(open_to_all=True) & is_qc_staff(person))

    def by_name(self) -> "dict[str, Queue]":
        """Return these queues by their names, and by these and their aliases as `folded` has them.

        Where names differ only in what makes no difference, each queue still has its exact one.
        """
        queues: list[Queue] = list(self)
        found = {folded(alias): queue for queue in queues for alias in queue.other_names}
        found |= {folded(queue.name): queue for queue in queues}
        return found | {queue.name: queue for queue in queues}


class Roster:
    """Who serves which queues, read at once for many people: the rule of `QueueQuerySet.served_by`.

    `people` are filters on the user, e.g. `user__is_logged_in=True`.
    """

    def __init__(self, **people: Any) -> None:
        self.people = people

    @cached_property
    def on(self) -> dict[int, set[int]]:
        """The ids of the queues that each person is on."""
        on: dict[int, set[int]] = defaultdict(set)
        for person, queue in self._read_on():
            on[person].add(queue)
        return on

    @cached_property
    def staff(self) -> set[int]:
        """The ids of the people who are QC staff."""
        return {person for (person,) in self._read_staff()}

    def serving(self, queues: Collection["Queue"]) -> dict[int, set[int]]:
        """Return for each person the ids of those of these queues that they serve."""
        ids = {queue.pk for queue in queues}
        open_to_all = {queue.pk for queue in queues if queue.open_to_all}
        served = defaultdict(set, {person: on & ids for person, on in self.on.items()})
        for person in self.staff if open_to_all else ():
            served[person] |= open_to_all
        return served

    def _read_on(self) -> Iterable[tuple[int, int]]:
        return _memberships(**self.people)

    def _read_staff(self) -> Iterable[tuple[int]]:
        return _roles(**self.people)


class RosterOf(Roster):
    """The same for people by their ids: the ORM would take longer to build these reads than to run.

    A hand-out reads it for each batch of people.
    """

    MEMBERSHIPS = PreparedForMany(lambda ids: _memberships(user__in=ids))
    ROLES = PreparedForMany(lambda ids: _roles(user__in=ids))

    def __init__(self, ids: Collection[int]) -> None:
        super().__init__()
        self.ids = ids

    def _read_on(self) -> Iterable[tuple[int, int]]:
        return self.MEMBERSHIPS.rows(self.ids)

    def _read_staff(self) -> Iterable[tuple[int]]:
        return self.ROLES.rows(self.ids)


def _memberships(**people: Any) -> models.QuerySet[Any, Any]:
    return User.queues.through.objects.filter(**people).values_list("user_id", "queue_id")


def _roles(**people: Any) -> models.QuerySet[Any, Any]:
    roles = User.groups.through.objects.filter(group__name=Role.QC_STAFF, **people)
    return roles.values_list("user_id")


class Queue(models.Model):
    """A kind of work. Tasks belong to one; people on it get them.

    A closed queue takes no new tasks; those sent to it go to the queue that it was merged into.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    aliases = models.CharField(
        _("other names"),
        max_length=1000,
        blank=True,
        default="",
        db_default="",
        help_text=_(
            "One on each line. What files call this queue; a name that it had before is kept here."
        ),
    )
    description = models.TextField(_("description"), blank=True)
    is_paused = models.BooleanField(
        _("paused"), default=False, help_text=_("Nobody gets tasks from a paused queue.")
    )
    open_to_all = models.BooleanField(
        _("open to all"), default=False, help_text=_("All QC staff get tasks from it.")
    )
    people = models.ManyToManyField(
        User, verbose_name=_("people"), related_name="queues", blank=True
    )
    target = models.DurationField(
        _("target"),
        default=timedelta(days=1),
        validators=[MinValueValidator(timedelta(minutes=1))],
        help_text=_("How long after its arrival a task is due."),
    )
    scan_to_start = models.BooleanField(
        _("scan before start"),
        default=False,
        db_default=False,
        help_text=_("A task starts when its reference is scanned or typed, and not before."),
    )
    silent_after = models.DurationField(
        _("silent after"),
        default=timedelta(hours=2),
        db_default=timedelta(hours=2),
        validators=[MinValueValidator(timedelta(minutes=1))],
        help_text=_(
            "A started task goes back to the queue when nothing is seen of its person for so long."
        ),
    )
    correct_within = models.DurationField(
        _("correct within"),
        null=True,
        blank=True,
        help_text=_(
            "How long people may correct what they completed. Left empty: until their shift ends."
        ),
    )
    hand_back_reasons = models.CharField(
        _("reasons for giving back"),
        max_length=1000,
        blank=True,
        default="",
        db_default="",
        help_text=_("One on each line. People choose one of them when they give a task back."),
    )
    plan = models.ForeignKey(
        "qc.PlanVersion",
        models.PROTECT,
        verbose_name=_("check plan"),
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )
    needs_defects = models.BooleanField(
        _("defects are named"),
        default=False,
        db_default=False,
        help_text=_("A failed check names at least one defect."),
    )
    counts_quantities = models.BooleanField(
        _("quantities are counted"),
        default=False,
        db_default=False,
        help_text=_("A check says how many were inspected and how many rejected."),
    )
    rework_queue = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("rework goes to"),
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        help_text=_("Left empty: to this queue."),
    )
    reinspected_by = models.CharField(
        _("reinspected by"),
        max_length=10,
        choices=Reinspector,
        default=Reinspector.ANYBODY,
        db_default=Reinspector.ANYBODY,
    )
    keep_files_for = models.DurationField(
        _("keep files for"),
        null=True,
        blank=True,
        help_text=_("How long after its completion the files of a task are kept. Empty: always."),
    )
    is_closed = models.BooleanField(_("closed"), default=False, db_default=False, editable=False)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        verbose_name=_("merged into"),
        related_name="merged",
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )

    history = Records(m2m_fields=[people])
    objects = QueueQuerySet.as_manager()

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(target__gt=timedelta(0)), name="queue_target"),
            models.CheckConstraint(
                condition=Q(silent_after__gt=timedelta(0)), name="queue_silent_after"
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(is_closed=True), name="queue_merged"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["is_paused"], name="queue_paused"),
            models.Index(fields=["is_closed"], name="queue_closed"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def successor(self) -> "Queue":
        """The queue that takes this one's tasks: itself, unless it was merged into another."""
        return self.merged_into.successor if self.merged_into else self

    @property
    def reasons(self) -> list[str]:
        """The reasons for giving a task back, in the order of the list."""
        return _lines(self.hand_back_reasons)

    @property
    def other_names(self) -> list[str]:
        """The names by which files may call it, beside its own."""
        return _lines(self.aliases)

    def due_at(self, arrived: datetime) -> datetime:
        """Return the default due time of a task that arrived at `arrived`."""
        return arrived + self.target


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
