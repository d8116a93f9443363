"""The buttons of *Floor*."""

from typing import Any

from django import template
from django.urls import reverse

register = template.Library()


@register.inclusion_tag("qc/floor/opener.html")
def opener(view: str, pk: int, icon: str, label: str, name: object) -> dict[str, Any]:
    """Show a button that opens the dialog of a view for the object called `name`."""
    address = reverse(f"admin:{view}", args=[pk])
    if not view.startswith("floor_"):
        address += f"?next={reverse('admin:floor')}"
    return {"id": f"{view}-{pk}", "address": address, "icon": icon, "label": label, "name": name}
