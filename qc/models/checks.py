"""What a check consists of: plans with their versions, answers, defects and their codes, files."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from qc.models.choices import AnswerKind, OutcomeRule, Severity, Verdict
from qc.models.fields import OrderedJSONField, ReferenceField

MOST_DIGITS, MOST_DECIMALS = 20, 6
NUMBER: dict[str, Any] = {"max_digits": MOST_DIGITS, "decimal_places": MOST_DECIMALS}
LONGEST_KEY = 40
LONGEST_VALUE = 2000
# Hexadecimal digits of a SHA-256.
DIGEST = 64
KEY = RegexValidator(r"\A[a-z0-9_]+\Z", _("Use small letters, digits and _ only."))


class CheckPlan(models.Model):
    """What is to be checked in a queue, as it is being edited.

    Nobody answers it: each change makes a `PlanVersion`, and the queue's `plan` is the newest.
    """

    queue = models.OneToOneField(
        "qc.Queue", models.PROTECT, verbose_name=_("queue"), related_name="check_plan"
    )
    rule = models.CharField(
        _("outcome"),
        max_length=10,
        choices=OutcomeRule,
        default=OutcomeRule.CRITICAL,
        help_text=_("What the outcome of a check follows from."),
    )
    pass_score = models.PositiveSmallIntegerField(
        _("passes from"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("Percent of the weights that must be OK. Only where the score decides."),
    )

    class Meta:
        verbose_name = _("check plan")
        verbose_name_plural = _("check plans")

    def __str__(self) -> str:
        return str(self.queue)


class ItemPicture(models.Model):
    """A picture that the help of plan items may show, known by the SHA-256 of its stored file.

    A version of a plan names its pictures by their digests and is sealed with them, so a picture is
    never changed or deleted: another one has another digest. The event of its arrival has both
    digests, that of the thumbnail too.
    """

    digest = models.CharField(primary_key=True, max_length=DIGEST)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    file = models.CharField(max_length=200)
    thumbnail = models.CharField(max_length=200)
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.digest

    @property
    def name(self) -> str:
        """The name under which a browser saves it."""
        return f"{self.digest[:12]}.{self.content_type.rpartition('/')[2]}"


class PlanItem(models.Model):
    """A question of a check plan, as it is being edited.

    `key` names it in all versions, in answers, exports and the API. `options` are the choices, one
    on each line; those after a "!" are not OK. It is asked only where `only_if`, the key of an item
    before it, has one of the answers `only_if_answers`, one on each line.
    """

    plan = models.ForeignKey(CheckPlan, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField(_("position"), default=0, db_index=True)
    section = models.CharField(_("section"), max_length=100, blank=True)
    key = models.CharField(_("key"), max_length=LONGEST_KEY, blank=True, validators=[KEY])
    question = models.CharField(_("question"), max_length=200)
    kind = models.CharField(
        _("answer"), max_length=10, choices=AnswerKind, default=AnswerKind.OK_NOT_OK
    )
    help = models.TextField(_("help"), blank=True)
    picture = models.ForeignKey(
        ItemPicture,
        models.PROTECT,
        verbose_name=_("picture"),
        related_name="+",
        null=True,
        editable=False,
    )
    is_required = models.BooleanField(_("required"), default=True)
    is_critical = models.BooleanField(
        _("critical"), default=False, help_text=_("Not OK fails the whole check.")
    )
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=1, validators=[MaxValueValidator(1000)]
    )
    options = models.TextField(
        _("choices"), blank=True, help_text=_("One on each line; with a ! before it: not OK.")
    )
    unit = models.CharField(_("unit"), max_length=20, blank=True)
    lower = models.DecimalField(
        _("lower limit"),
        max_digits=MOST_DIGITS,
        decimal_places=MOST_DECIMALS,
        null=True,
        blank=True,
    )
    upper = models.DecimalField(
        _("upper limit"),
        max_digits=MOST_DIGITS,
        decimal_places=MOST_DECIMALS,
        null=True,
        blank=True,
    )
    decimals = models.PositiveSmallIntegerField(
        _("decimals"), default=0, validators=[MaxValueValidator(MOST_DECIMALS)]
    )
    only_if = models.CharField(_("only if"), max_length=LONGEST_KEY, blank=True)
    only_if_answers = models.TextField(_("has the answer"), blank=True)

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "key"], name="plan_item_key"),
            models.CheckConstraint(
                condition=Q(lower__isnull=True) | Q(upper__isnull=True) | Q(lower__lte=F("upper")),
                name="plan_item_limits",
                violation_error_message=_("The lower limit must not be above the upper one."),
            ),
        ]

    def __str__(self) -> str:
        return self.question


class PlanVersion(models.Model):
    """A version of a queue's check plan: never changed, so that old answers keep their questions.

    `content` is the plan as `qc.checks.plan` reads it; `digest` is the SHA-256 of its canonical
    JSON, which the sealed event of its publication has too.
    """

    queue = models.ForeignKey(
        "qc.Queue", models.PROTECT, related_name="plan_versions", db_index=False
    )
    number = models.PositiveIntegerField(_("version"))
    content = OrderedJSONField()
    digest = models.CharField(max_length=DIGEST)
    created_at = models.DateTimeField(_("published"), default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True
    )

    class Meta:
        verbose_name = _("plan version")
        verbose_name_plural = _("plan versions")
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["queue", "number"], name="plan_version_number"),
        ]

    def __str__(self) -> str:
        return gettext("version %d") % self.number


class DefectCode(models.Model):
    """A kind of defect. One that belongs to no queue applies to all of them."""

    group = models.CharField(_("group"), max_length=100, blank=True)
    code = ReferenceField(
        _("code"),
        max_length=LONGEST_KEY,
        validators=[RegexValidator(r"\A\S+\Z", _("A code has no blanks."))],
    )
    name = models.CharField(_("name"), max_length=100)
    name_de = models.CharField(_("name in German"), max_length=100, blank=True)
    severity = models.PositiveSmallIntegerField(
        _("severity"), choices=Severity, default=Severity.MAJOR
    )
    is_active = models.BooleanField(_("active"), default=True)
    queues = models.ManyToManyField(
        "qc.Queue",
        verbose_name=_("queues"),
        related_name="defect_codes",
        blank=True,
        help_text=_("Left empty: all queues."),
    )

    class Meta:
        verbose_name = _("defect code")
        verbose_name_plural = _("defect codes")
        ordering: ClassVar = ["group", "code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code"],
                name="defect_code",
                violation_error_message=_("There is a code of this name already."),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["is_active"], name="defect_code_in_use")]

    def __str__(self) -> str:
        return f"{self.code} {self.local_name}"

    @property
    def local_name(self) -> str:
        """The name in the language of the reader."""
        is_german = (get_language() or "").startswith("de")
        return (self.name_de if is_german else "") or self.name


class Finding(models.Model):
    """The columns by which answers and defects are counted.

    They repeat what the completed task says in `findings`, which is what its history has: while a
    task is completed, its rows here agree with it.
    """

    queue = models.ForeignKey("qc.Queue", models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    completed_at = models.DateTimeField(_("completed"))
    item = models.CharField(_("item"), max_length=LONGEST_KEY, blank=True)

    class Meta:
        abstract = True


class Answer(Finding):
    """The answer to one item of a task's plan. `number` is its value where that is a number."""

    task = models.ForeignKey("qc.Task", models.PROTECT, related_name="answers", db_index=False)
    verdict = models.CharField(
        _("verdict"), max_length=8, choices=Verdict, blank=True, default=Verdict.NONE
    )
    value = models.CharField(_("answer"), max_length=LONGEST_VALUE, blank=True)
    number = models.DecimalField(_("number"), null=True, **NUMBER)

    class Meta:
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["task", "item"], name="answer_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["queue", "item", "completed_at"], name="answer_of_item"),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.value or self.verdict}"


class Defect(Finding):
    """Defects of one code that a check found; `item` is where, a key of the plan or ""."""

    task = models.ForeignKey("qc.Task", models.PROTECT, related_name="defects")
    code = models.ForeignKey(
        DefectCode, models.PROTECT, verbose_name=_("code"), related_name="+", db_index=False
    )
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity)
    quantity = models.PositiveIntegerField(
        _("quantity"), default=1, validators=[MinValueValidator(1)]
    )
    note = models.CharField(_("note"), max_length=LONGEST_VALUE, blank=True)

    class Meta:
        verbose_name = _("defect")
        verbose_name_plural = _("defects")
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="defect_quantity"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["queue", "completed_at", "code"], name="defect_in_queue"),
            models.Index(fields=["completed_at", "code"], name="defect_went"),
            models.Index(fields=["code", "completed_at"], name="defect_of_code"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.code_id}"


class Evidence(models.Model):
    """A photo or file of a task: of an item of its plan, of a defect found, or of the task itself.

    `item` is the key of the item, `defect` the defect's code, both "" for the task itself. The
    sealed event of its arrival has `digest`, the SHA-256 of the stored file. A removed one keeps
    its row, without a file.
    """

    task = models.ForeignKey("qc.Task", models.PROTECT, related_name="evidence")
    item = models.CharField(max_length=LONGEST_KEY, blank=True)
    defect = models.CharField(max_length=LONGEST_KEY, blank=True)
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(_("size"))
    digest = models.CharField(max_length=DIGEST)
    file = models.CharField(max_length=200)
    thumbnail = models.CharField(max_length=200, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, verbose_name=_("added by"), related_name="+"
    )
    added_at = models.DateTimeField(_("added"), default=timezone.now)
    removed_at = models.DateTimeField(_("removed"), null=True)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        default_permissions = ("view",)
        indexes: ClassVar = [models.Index(fields=["added_at"], name="evidence_added")]

    def __str__(self) -> str:
        return self.name


class Baseline(models.Model):
    """The frozen span from which the limits of a control chart come; `item` "" is that of failures.

    `values` are the centre line and the spread that were computed when it was frozen.
    """

    queue = models.ForeignKey("qc.Queue", models.PROTECT, related_name="+")
    chart = models.CharField(max_length=12)
    item = models.CharField(max_length=LONGEST_KEY, blank=True)
    since = models.DateTimeField(_("from"))
    until = models.DateTimeField(_("to"))
    values = models.JSONField(default=dict)
    frozen_at = models.DateTimeField(default=timezone.now)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["queue", "chart", "item"], name="baseline_once"),
        ]

    def __str__(self) -> str:
        return f"{self.chart} {self.item}"
