"""Addresses of the *Floor history* pages, as filters."""

from django import template

from qc.admin.point_in_time import urls

register = template.Library()
register.filter("state_at", urls.after)
register.filter("at", urls.at)
