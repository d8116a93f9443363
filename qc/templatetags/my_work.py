"""Words and labels of *My work*."""

from django import template

from qc.admin.shared import labels
from qc.core.wording import in_words, reason

register = template.Library()
register.filter("priority_label", labels.priority)
register.filter("due_words", labels.due)
register.filter("reason", reason)
register.filter("in_words", in_words)
