"""How states, priorities and times look in lists and on pages."""

from datetime import datetime, timedelta
from functools import lru_cache

from django.contrib import admin
from django.contrib.auth.models import Group
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qc.core.wording import clock, reason
from qc.models import Outcome, Priority, Queue, Role, Status, Task, User

STATUS = {
    Status.PENDING: "info",
    Status.ASSIGNED: "primary",
    Status.ON_HOLD: "warning",
}
OUTCOME = {Outcome.PASSED: "success", Outcome.PARTIAL: "warning", Outcome.FAILED: "danger"}
PRIORITY = {Priority.P1: "danger", Priority.P2: "warning"}


def label(text: object, variant: str = "", title: str = "") -> SafeString:
    """Return a small coloured label."""
    return _drawn(str(text), variant, title)


# By type too: a text that is safe is not one that is to be escaped.
@lru_cache(maxsize=1000, typed=True)
def _drawn(text: str, variant: str, title: str) -> SafeString:
    context = {"text": text, "variant": variant, "label_title": title}
    return SafeString(render_to_string("unfold/helpers/label.html", context))


@admin.display(description=gettext_lazy("status"))
def status(task: Task) -> SafeString:
    """Return a task's status as a label."""
    its = Status(task.status)
    return label(its.label, STATUS.get(its, ""))


@admin.display(description=gettext_lazy("outcome"), empty_value="-")
def outcome(task: Task) -> SafeString | None:
    """Return the outcome of a completed task as a label; None for any other."""
    if not task.outcome:
        return None
    its = Outcome(task.outcome)
    return label(its.label, OUTCOME[its])


@admin.display(description=gettext_lazy("priority"))
def priority(task: Task) -> SafeString:
    """Return a task's priority as a label."""
    its = Priority(task.priority)
    return label(its.label, PRIORITY.get(its, ""))


@admin.display(description=gettext_lazy("due"))
def due(task: Task) -> SafeString:
    """Return when a task is due, in words; in red when it is late."""
    exactly = clock(task.due_at)
    if task.is_late:
        words = _("%s late") % timesince(task.due_at, depth=1)
        return format_html('<span class="qc-due qc-late" title="{}">{}</span>', exactly, words)
    over = task.status in (Status.COMPLETED, Status.CANCELLED)
    words = exactly if over else _("in %s") % timeuntil(task.due_at, depth=1)
    return format_html('<span class="qc-due" title="{}">{}</span>', exactly, words)


def age(moment: datetime | None) -> SafeString:
    """Return how long ago a moment was, in words; "-" for none."""
    if moment is None:
        return SafeString("-")
    now = timezone.now()
    fresh = now - moment < timedelta(minutes=1)
    words = _("just now") if fresh else timesince(moment, now, depth=1)
    return format_html('<span title="{}">{}</span>', clock(moment), words)


def role(group: Group) -> str:
    """Return the name of a group's role in the reader's language."""
    return str(dict(Role.choices).get(group.name, group.name))


@admin.display(description=gettext_lazy("presence"), ordering="is_logged_in")
def presence(person: User) -> SafeString:
    """Return a person's presence as a label; they must be read by `with_open_tasks()`."""
    if not person.is_active:
        return label(_("deactivated"))
    if not person.is_logged_in:
        return label(_("signed out"))
    if person.break_reason:
        return label(_("on break: %s") % reason(person.break_reason), "warning")
    if person.open_tasks >= person.capacity:
        return label(_("busy"), "primary")
    return label(_("free"), "success")


@admin.display(description=gettext_lazy("status"), ordering="is_paused")
def running(queue: Queue) -> SafeString:
    """Return as a label whether people get tasks from a queue."""
    if queue.is_closed:
        return label(_("closed"))
    return label(_("paused"), "warning") if queue.is_paused else label(_("running"), "success")
