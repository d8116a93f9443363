"""Tells a manager which tasks an edit of theirs has sent back to their queues."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from qc.models import Task


def say_returned(request: HttpRequest, tasks: Sequence[Task]) -> None:
    """Show a message that names these tasks, if there are any."""
    if not tasks:
        return
    text = ngettext(
        "%(tasks)s went back to the queue.", "%(tasks)s went back to their queues.", len(tasks)
    )
    messages.warning(request, text % {"tasks": ", ".join(task.reference for task in tasks)})
