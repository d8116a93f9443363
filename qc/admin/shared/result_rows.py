"""The rows of a list as Unfold draws them, but what is the same in each row is made only once."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import lookup_field, quote
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import checkbox
from unfold.templatetags.unfold_list import CHECKBOX_CLASSES, LINK_CLASSES, ROW_CLASSES
from unfold.utils import display_for_field, display_for_value

BOX = "action_checkbox"
NOT_WRAPPED = (models.DateField, models.TimeField, models.ForeignKey)
# Stands for an object's key in what is made for all rows; no address escapes it.
PK = "__pk__"


class Column(NamedTuple):
    """A column of a list: what stands before and after the value, with `PK` in it."""

    name: str
    before: str
    after: str


def rows(cl: Any, headings: list[dict[str, Any]]) -> Iterator[SafeString]:
    """Yield the cells of each object of a list, whose columns have these headings."""
    pairs = zip(cl.list_display, headings, strict=True)
    columns = [_column(cl, name, heading["text"]) for name, heading in pairs]
    for item in cl.result_list:
        pk = quote(str(item.pk))
        cells = (
            f"{one.before.replace(PK, pk)}{_value(cl, one.name, item)}{one.after}"
            for one in columns
        )
        yield SafeString("".join(cells))


def groups(cl: Any) -> Iterator[str]:
    """Yield for each object of a list the title of the group that begins with it, else "".

    Lists of an admin with `list_group`, the name of a column that they are sorted by, have groups.
    """
    column, last = getattr(cl.model_admin, "list_group", ""), None
    for item in cl.result_list:
        title = getattr(item, column) or _("Without a group") if column else ""
        yield "" if title == last else title
        last = title


def _column(cl: Any, name: str, heading: object) -> Column:
    if name == BOX:
        box = checkbox.render(ACTION_CHECKBOX_NAME, PK)
        return Column(name, _opening("td", CHECKBOX_CLASSES, _("Select record")) + box, "</td>")
    nowrap = ["nowrap"] if isinstance(_field(cl, name), NOT_WRAPPED) else []
    classes = [f"field-{name}", *ROW_CLASSES, *nowrap]
    if name not in (cl.list_display_links or ()):
        return Column(name, _opening("td", classes, heading), "</td>")
    link = format_html('<a href="{}" class="{}" >', _address(cl), " ".join(LINK_CLASSES))
    return Column(name, _opening("th", classes, heading) + link, "</a></th>")


def _opening(tag: str, classes: list[str], heading: object) -> SafeString:
    return format_html('<{} class="{}" data-label="{}">', tag, " ".join(classes), heading)


def _address(cl: Any) -> str:
    """Return the address of an object's page, from which one comes back to the same list."""
    page = reverse(f"admin:{cl.opts.app_label}_{cl.opts.model_name}_change", args=[PK])
    kept = {"preserved_filters": cl.preserved_filters, "opts": cl.opts}
    return str(add_preserved_filters(kept, page))


def _value(cl: Any, name: str, item: models.Model) -> str:
    """Return what an object has in a column, escaped."""
    if name == BOX:
        return ""
    field, attr, value = lookup_field(name, item, cl.model_admin)
    empty = getattr(attr, "empty_value_display", cl.model_admin.get_empty_value_display())
    if isinstance(field, models.ForeignKey):
        value = getattr(item, name)
    is_stored = field is not None and not isinstance(field, models.ForeignKey)
    shown = (
        display_for_field(value, field, empty)
        if is_stored
        else display_for_value(value, empty, getattr(attr, "boolean", False))
    )
    return str(conditional_escape(shown))


def _field(cl: Any, name: str) -> Any:
    try:
        return cl.opts.get_field(name)
    except FieldDoesNotExist:
        return None
