"""What *My work* shows of defects, and of the chain of a task."""

from typing import Any

from django import template

from qc.admin.shared.defect_fields import DefectForm
from qc.models import Task
from qc.work import rework

register = template.Library()


@register.simple_tag
def defect_form(check: Any) -> DefectForm | None:
    """Return the defects of a check as a form shows them; None where nothing is checked."""
    return DefectForm(check.task, check.sent, check.errors) if check else None


@register.simple_tag
def chain(task: Task) -> list[Task]:
    """Return the tasks that a rework or reinspection follows from, and those that follow."""
    return rework.chain(task)


@register.simple_tag
def may_rework(state: Any) -> bool:
    """Return whether the person of *My work* may have reworked what they completed last.

    It is read once for a page.
    """
    if not hasattr(state, "may_rework"):
        done = state.undoable
        state.may_rework = bool(done) and rework.may_make(done, state.person)
    return bool(state.may_rework)
