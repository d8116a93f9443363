"""The menu at the side of every page."""

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class MenuEntry(NamedTuple):
    """A page in the menu; `address` is the name of its URL."""

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
ADMINISTRATION = [
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
    MenuEntry(_("Status"), "monitor_heart", "admin:status", "qc.view_jobrun"),
]
ALL = [*WORK, *FLOOR, *ADMINISTRATION]


def allowed(user: Any, entries: list[MenuEntry]) -> list[MenuEntry]:
    """Return the entries that this user may see."""
    return [one for one in entries if user.has_perm(one.permission)]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu of a user; Unfold calls it for every page."""
    groups = [(None, WORK), (_("Floor"), FLOOR), (_("Administration"), ADMINISTRATION)]
    return [{"title": title, "items": _items(request, entries)} for title, entries in groups]


def _items(request: HttpRequest, entries: list[MenuEntry]) -> list[dict[str, Any]]:
    shown = allowed(request.user, entries)
    addresses = {one.address: reverse(one.address) for one in shown}
    # If the addresses of two entries match, the longer one is active.
    above = [one for one in addresses.values() if request.path.startswith(one)]
    here = max(above, key=len, default=None)
    return [
        {
            "title": one.title,
            "icon": one.icon,
            "link": addresses[one.address],
            "active": addresses[one.address] == here,
        }
        for one in shown
    ]
