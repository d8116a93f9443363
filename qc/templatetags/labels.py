"""Filters that show states, priorities, moments and durations."""

from django import template

from qc.admin.shared import labels
from qc.core import wording

register = template.Library()
register.filter("age", labels.age)
register.filter("clock", wording.clock)
register.filter("due_words", labels.due)
register.filter("short_duration", wording.short_duration)
register.filter("presence_label", labels.presence)
register.filter("priority_label", labels.priority)
register.filter("reason", wording.reason)
register.filter("running_label", labels.running)
