"""The questions of *Give next*: who is to get a task next, or which task somebody is to get."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from qc.admin.shared.dialogs import FreePersonField, OptionalReasonForm
from qc.core.exceptions import InvalidInput
from qc.models import Queue, Task, User
from qc.work import actions, backlog

# The most tasks that are offered; any other that waits can be typed.
MOST_OFFERED = 30


class PersonNextForm(OptionalReasonForm):
    """Asks who is to get a task next: of those who are there and serve its queue."""

    person = FreePersonField()
    field_order = ("person", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queue = Task.objects.filter(pk=self.object_id).values_list("queue", flat=True)
        there: Any = User.objects.signed_in().serving(list(queue)).with_open_tasks()
        person: Any = self.fields["person"]
        person.queryset = there.order_by("username")
        person.empty_label = _("Choose a person")
        person.error_messages["invalid_choice"] = _(
            "This person can't be given it. Choose another."
        )

    def answers(self) -> dict[str, Any]:
        """Return the answers, with the person as `person_id`."""
        answers = super().answers()
        return {"person_id": answers.pop("person").pk, **answers}


class TaskNextForm(OptionalReasonForm):
    """Asks which task somebody is to get next: the most urgent of their queues are offered."""

    reference = forms.CharField(
        label=_("Task"),
        help_text=_("Choose one of the most urgent, or type a reference."),
        widget=UnfoldAdminTextInputWidget({"list": "next-tasks", "autocomplete": "off"}),
    )
    field_order = ("reference", "reason")
    form_after_template = "qc/floor/next_tasks.html"

    def get_after_template_context(self, request: Any, object_id: Any = None) -> dict[str, Any]:
        """Return the most urgent waiting tasks of this person's queues."""
        is_id = str(object_id).isdecimal()
        person = User.objects.filter(pk=object_id).first() if is_id else None
        queues = Queue.objects.served_by(person).running() if person else Queue.objects.none()
        most = dict.fromkeys(queues.values_list("pk", flat=True), MOST_OFFERED)
        return {"tasks": backlog.peek(most, MOST_OFFERED)}


def give_next(person_id: int, *, by: User, reference: str, reason: str) -> Task:
    """Put the waiting task of this reference next for a person. Raises InvalidInput for no task."""
    task = Task.objects.filter(reference=reference.strip().upper()).first()
    if task is None:
        message = gettext("There is no task %(reference)s.") % {"reference": reference.strip()}
        raise InvalidInput("reference", message)
    return actions.give_next(task.pk, person_id, by=by, reason=reason)
