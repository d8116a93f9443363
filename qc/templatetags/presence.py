"""The switch in the header of every page."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

from qc import permissions
from qc.core.wording import BREAKS

register = template.Library()


@register.inclusion_tag("qc/people/presence.html", takes_context=True)
def presence(context: Context, anew: bool = False) -> dict[str, Any]:
    """Show the user's presence, and the switch if they may work on tasks.

    `anew` when only a part of *My work* is sent.
    """
    request = context["request"]
    here = reverse("admin:my_work") if anew else request.get_full_path()
    person = request.user
    may_work = permissions.may_work(person)
    return {"person": person, "may_work": may_work, "breaks": BREAKS, "here": here, "anew": anew}
