"""Words and labels of *Floor*."""

from django import template

from qc.admin.shared import labels
from qc.core.wording import clock

register = template.Library()
register.filter("priority_label", labels.priority)
register.filter("due_words", labels.due)
register.filter("running_label", labels.running)
register.filter("age", labels.age)
register.filter("clock", clock)


@register.filter
def add_id(name: str, pk: int) -> str:
    """Return a name for an element that is about one object."""
    return f"{name}{pk}"
