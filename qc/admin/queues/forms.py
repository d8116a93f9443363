"""The form of a queue."""

from typing import ClassVar

from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.models import Queue


class QueueForm(SeenForm):
    """A queue as managers write it; it is paused by an action, with a reason."""

    description = PlainTextField(
        label=_("Description"), required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 4})
    )

    class Meta:
        model = Queue
        fields: ClassVar = ["name", "description", "open_to_all", "target", "people"]
