"""Labels and addresses of the *Floor history* pages."""

from django import template

from qc.admin.point_in_time import urls
from qc.admin.shared import labels

register = template.Library()
register.filter("state_at", urls.after)
register.filter("at", urls.at)
register.filter("presence_label", labels.presence)
register.filter("priority_label", labels.priority)
register.filter("running_label", labels.running)
register.filter("status_label", labels.status)
