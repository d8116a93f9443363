"""The switch in the header of every page."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

from qc.core.wording import BREAKS

register = template.Library()


@register.inclusion_tag("qc/people/presence.html", takes_context=True)
def presence(context: Context, anew: bool = False) -> dict[str, Any]:
    """Show the user's presence; `anew` when only a part of *My work* is sent."""
    request = context["request"]
    here = reverse("admin:my_work") if anew else request.get_full_path()
    return {"person": request.user, "breaks": BREAKS, "here": here, "anew": anew}
