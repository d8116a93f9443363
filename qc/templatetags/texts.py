"""Filters that show texts people wrote, and exact moments."""

from django import template

from qc.admin.shared import texts
from qc.core import wording

register = template.Library()
register.filter("as_written", texts.as_written)
register.filter("exactly", wording.exactly)
register.filter("linked", texts.linked)
register.filter("to_the_minute", wording.to_the_minute)
