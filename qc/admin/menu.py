"""The menu: what each role finds at the side of every page."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class MenuEntry(NamedTuple):
    """A page in the menu: its title, its icon, its address, and what one needs to see it."""

    title: str | Promise
    icon: str
    address: str
    permission: str


WORK = [MenuEntry(_("My work"), "task_alt", "admin:my_work", "qc.work_task")]
FLOOR = [
    MenuEntry(_("Floor"), "monitoring", "admin:floor", "qc.view_task"),
    MenuEntry(_("Tasks"), "checklist", "admin:qc_task_changelist", "qc.view_task"),
    MenuEntry(_("Imports"), "upload_file", "admin:imports", "qc.view_historicaltask"),
    MenuEntry(_("Queues"), "inbox", "admin:qc_queue_changelist", "qc.view_queue"),
    MenuEntry(_("People"), "group", "admin:qc_user_changelist", "qc.view_user"),
    MenuEntry(_("Reports"), "bar_chart", "admin:reports", "qc.view_task"),
]
HOUSE = [
    MenuEntry(_("Audit trail"), "history", "admin:trail", "qc.view_historicaltask"),
    MenuEntry(
        _("Floor history"), "history_toggle_off", "admin:floor_history", "qc.view_historicaltask"
    ),
    MenuEntry(
        _("Lock-outs"),
        "lock_clock",
        "admin:axes_accessattempt_changelist",
        "axes.view_accessattempt",
    ),
]
ALL = [*WORK, *FLOOR, *HOUSE]


def allowed(user: Any, entries: list[MenuEntry]) -> list[MenuEntry]:
    """Return those of the pages that this user may see."""
    return [one for one in entries if user.has_perm(one.permission)]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu for whoever asks; Unfold calls it for every page."""
    groups = [(None, WORK), (_("Floor"), FLOOR), (_("Administration"), HOUSE)]
    return [{"title": title, "items": _items(request, entries)} for title, entries in groups]


def _items(request: HttpRequest, entries: list[MenuEntry]) -> list[dict[str, Any]]:
    shown = allowed(request.user, entries)
    addresses = {one.address: reverse(one.address) for one in shown}
    here = _longest_beginning(request.path, addresses.values())
    return [
        {
            "title": one.title,
            "icon": one.icon,
            "link": addresses[one.address],
            "active": addresses[one.address] == here,
        }
        for one in shown
    ]


def _longest_beginning(path: str, addresses: Any) -> str | None:
    # Where one page lies below another, it belongs to the nearer of the two.
    return max((one for one in addresses if path.startswith(one)), key=len, default=None)
