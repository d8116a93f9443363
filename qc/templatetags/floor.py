"""The buttons of *Floor*, of which there are hundreds on a page."""

from functools import cache

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from qc.admin.shared.addresses import address_of

register = template.Library()

BUTTON = (
    '<button type="button" id="{}-{}" class="qc-act" title="{}" aria-haspopup="dialog"'
    ' hx-get="{}{}" hx-target="#modal-content" hx-select="#dialog" hx-swap="innerHTML"'
    ' hx-trigger="click">'
    '<span class="material-symbols-outlined" aria-hidden="true">{}</span>'
    '<span class="qc-act-label">{}</span>'
    '<span class="qc-unseen"> – {}</span></button>'
)


@register.simple_tag
def opener(view: str, pk: int, icon: str, label: str, name: object) -> SafeString:
    """Show a button that opens the dialog of a view for the object called `name`."""
    back = "" if view.startswith("floor_") else _back()
    address = address_of(view, pk)
    return format_html(BUTTON, view, pk, label, address, back, icon, label, name)


@cache
def _back() -> str:
    """Return the parameter by which the dialogs of other pages lead back to *Floor*."""
    return f"?next={reverse('admin:floor')}"
