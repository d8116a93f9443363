"""Addresses of objects."""

from django import template

from qc.admin.shared.addresses import address_of

register = template.Library()
register.simple_tag(address_of)
