"""Words, labels and addresses of *As it was*."""

from django import template

from qc.admin import labels, moments

register = template.Library()
register.filter("as_it_was", moments.after)
register.filter("at", moments.at)
register.filter("presence_label", labels.presence)
register.filter("priority_label", labels.priority)
register.filter("running_label", labels.running)
register.filter("status_label", labels.status)
