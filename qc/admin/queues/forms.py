"""The forms of queues: their columns, and the queue that another one is merged into."""

from datetime import timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from qc.admin.shared.dialogs import ReasonForm
from qc.admin.shared.duration_field import DurationField
from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.admin.shared.open_queues import OpenQueueField
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


class QueueForm(SeenForm):
    """A queue as managers write it; it is paused and closed by actions that ask for a reason."""

    target = _duration("target", _("Target"))
    silent_after = _duration("silent_after", _("Silent after"))
    correct_within = _duration("correct_within", _("Correct within"))

    class Meta:
        model = Queue
        fields: ClassVar = [
            "name",
            "description",
            "open_to_all",
            "target",
            "people",
            "scan_to_start",
            "silent_after",
            "correct_within",
            "hand_back_reasons",
        ]
        field_classes: ClassVar = {
            "description": PlainTextField,
            "hand_back_reasons": PlainTextField,
        }
        widgets: ClassVar = {
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
            "hand_back_reasons": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        }

    def clean_name(self) -> str:
        """Return the name, which no other queue has, not even with other capitals or blanks."""
        name: str = self.cleaned_data["name"]
        others = Queue.objects.exclude(pk=self.instance.pk) if "name" in self.changed_data else ()
        for queue in others:
            if folded(queue.name) == folded(name):
                shown = gettext("%s (closed)") % queue if queue.is_closed else queue
                raise ValidationError(_SAME_NAME % {"queue": shown})
        return name

    def clean_target(self) -> timedelta | None:
        """Return the target; one that was stored before is not checked again."""
        return self._checked("target")

    def clean_silent_after(self) -> timedelta | None:
        """Return after how long people are silent."""
        return self._checked("silent_after")

    def clean_correct_within(self) -> timedelta | None:
        """Return how long people may correct what they completed."""
        return self._checked("correct_within")

    def clean_hand_back_reasons(self) -> str:
        """Return the reasons, each once and on a line of its own."""
        lines = (line.strip() for line in self.cleaned_data["hand_back_reasons"].split("\n"))
        return "\n".join(dict.fromkeys(filter(None, lines)))

    def _checked(self, name: str) -> timedelta | None:
        duration: timedelta | None = self.cleaned_data[name]
        if duration is None or name not in self.changed_data:
            return duration
        return DurationField.check(duration)


class MergeForm(ReasonForm):
    """Asks for the queue that is to get the tasks and people of this one, and for a reason."""

    into = OpenQueueField(_("Into"))
    field_order = ("into", "reason")

    def answers(self) -> dict[str, Any]:
        """Return the answers, with the queue as `into_id`."""
        answers = super().answers()
        return {"into_id": answers.pop("into").pk, **answers}
