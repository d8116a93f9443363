"""The table of a list."""

from typing import Any

from django import template
from django.template import Context
from unfold.templatetags.unfold_list import result_headers

from qc.admin.shared import result_rows

register = template.Library()


@register.inclusion_tag("qc/shared/result_list.html", takes_context=True)
def result_list(context: Context, cl: Any) -> dict[str, Any]:
    """Show the headings and the rows of a list; instead, if it is empty, how to fill it."""
    headings = list(result_headers(cl))
    if hasattr(cl, "sorting"):
        for name, heading in zip(cl.list_display, headings, strict=True):
            heading.update(cl.sorting(name))
    return {
        "cl": cl,
        "result_headers": headings,
        "num_sorted_fields": sum(one["sortable"] and one["sorted"] for one in headings),
        "rows": list(zip(result_rows.groups(cl), result_rows.rows(cl, headings), strict=True)),
        "has_add_permission": cl.model_admin.has_add_permission(context["request"]),
        "is_popup": cl.is_popup,
        "to_field": cl.to_field,
    }
