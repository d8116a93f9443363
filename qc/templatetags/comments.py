"""How many comments mention the user and are not read yet, in the header of every page."""

from typing import Any

from django import template
from django.template import Context

register = template.Library()


@register.inclusion_tag("qc/comments/bell.html", takes_context=True)
def mentions_bell(context: Context, anew: bool = False) -> dict[str, Any]:
    """Show a link to the user's mentions while one is not read; `anew` in a part of a page."""
    user = context["request"].user
    return {"n": getattr(user, "unread_mentions", 0), "anew": anew}
