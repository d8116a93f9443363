"""The forms of queues: their columns, and the queue that another one is merged into."""

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from qc.admin.shared.dialogs import ReasonForm
from qc.admin.shared.duration_field import DurationField
from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.admin.shared.open_queues import OpenQueueField, offer_open_queues
from qc.models import Queue
from qc.models.queues import folded


def _duration(name: str, label: Any, **options: Any) -> DurationField:
    column: Any = Queue._meta.get_field(name)
    initial = column.default if column.has_default() else None
    return DurationField(
        label=label,
        initial=initial,
        help_text=column.help_text,
        required=not column.blank,
        **options,
    )


_SAME_NAME = _("There is already a queue %(queue)s. Capitals and blanks make no difference.")
_SAME_ALIAS = _("The queue %(queue)s is called “%(name)s” already. Remove it there first.")


class QueueForm(SeenForm):
    """A queue as managers write it; it is paused and closed by actions that ask for a reason."""

    target = _duration("target", _("Target"))
    silent_after = _duration("silent_after", _("Silent after"))
    correct_within = _duration("correct_within", _("Correct within"))
    keep_files_for = _duration("keep_files_for", _("Keep files for"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_open_queues(self, "rework_queue", Q(pk=self.instance.rework_queue_id))

    class Meta:
        model = Queue
        fields: ClassVar = [
            "name",
            "aliases",
            "description",
            "open_to_all",
            "target",
            "people",
            "scan_to_start",
            "silent_after",
            "correct_within",
            "hand_back_reasons",
            "needs_defects",
            "counts_quantities",
            "rework_queue",
            "reinspected_by",
            "keep_files_for",
        ]
        field_classes: ClassVar = {
            "aliases": PlainTextField,
            "description": PlainTextField,
            "hand_back_reasons": PlainTextField,
        }
        widgets: ClassVar = {
            "aliases": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            "hand_back_reasons": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        }
        help_texts: ClassVar = {
            "reinspected_by": _(
                "Who gets a reinspection by itself. Who checked it first gets it at once if they "
                "are free; else it waits for anybody."
            ),
        }

    @cached_property
    def changed_data(self) -> list[str]:
        """The names of the changed columns: a changed name changes the other names."""
        changed = super().changed_data
        is_renamed = "name" in changed and "aliases" not in changed
        return [*changed, "aliases"] if is_renamed else changed

    def clean_name(self) -> str:
        """Return the name, by which no other queue is called, whatever its capitals and blanks."""
        name: str = self.cleaned_data["name"]
        if "name" in self.changed_data:
            self._check_free(name)
        return name

    def clean_aliases(self) -> str:
        """Return the other names, each once and on a line of its own; no other queue has them."""
        names = {folded(line): line.strip() for line in self.cleaned_data["aliases"].split("\n")}
        known = {folded(name) for name in self.instance.other_names}
        for key, name in names.items():
            if key not in known:
                self._check_free(name)
        return "\n".join(filter(None, names.values()))

    def clean(self) -> Any:
        """Keep a name that the queue had before among its other names."""
        cleaned = super().clean()
        if "aliases" in cleaned and "name" in cleaned:
            own = folded(cleaned["name"])
            names = [*filter(None, cleaned["aliases"].split("\n")), self.initial.get("name", "")]
            kept = {folded(name): name for name in names if folded(name) != own}
            cleaned["aliases"] = "\n".join(filter(None, kept.values()))
        return cleaned

    def _check_free(self, name: str) -> None:
        """Raise ValidationError where another queue is called so."""
        key = folded(name)
        _lock_names()
        for queue in Queue.objects.exclude(pk=self.instance.pk) if key else ():
            shown = gettext("%s (closed)") % queue if queue.is_closed else queue
            if folded(queue.name) == key:
                raise ValidationError(_SAME_NAME % {"queue": shown})
            if key in map(folded, queue.other_names):
                raise ValidationError(_SAME_ALIAS % {"queue": shown, "name": name})

    def clean_target(self) -> timedelta | None:
        """Return the target; one that was stored before is not checked again."""
        return self._checked("target")

    def clean_silent_after(self) -> timedelta | None:
        """Return after how long people are silent."""
        return self._checked("silent_after")

    def clean_correct_within(self) -> timedelta | None:
        """Return how long people may correct what they completed."""
        return self._checked("correct_within")

    def clean_keep_files_for(self) -> timedelta | None:
        """Return how long files are kept."""
        return self._checked("keep_files_for")

    def clean_hand_back_reasons(self) -> str:
        """Return the reasons, each once and on a line of its own."""
        lines = (line.strip() for line in self.cleaned_data["hand_back_reasons"].split("\n"))
        return "\n".join(dict.fromkeys(filter(None, lines)))

    def _checked(self, name: str) -> timedelta | None:
        duration: timedelta | None = self.cleaned_data[name]
        if duration is None or name not in self.changed_data:
            return duration
        return DurationField.check(duration)


def _lock_names() -> None:
    """Let nobody else give a queue a name until the transaction ends: they may give the same."""
    # Any row that is always there; those of queues are locked by who works.
    names = ContentType.objects.get_for_model(Queue)
    ContentType.objects.select_for_update().get(pk=names.pk)


class MergeForm(ReasonForm):
    """Asks for the queue that is to get the tasks and people of this one, and for a reason."""

    into = OpenQueueField(_("Into"))
    field_order = ("into", "reason")

    def answers(self) -> dict[str, Any]:
        """Return the answers, with the queue as `into_id`."""
        answers = super().answers()
        return {"into_id": answers.pop("into").pk, **answers}
