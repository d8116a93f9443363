"""The menu at the side of every page."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class MenuEntry(NamedTuple):
    """A page in the menu; `address` is the name of its URL."""

    title: str | Promise
    icon: str
    address: str
    permission: str


WORK = [
    MenuEntry(_("My work"), "task_alt", "admin:my_work", "qc.work_task"),
    MenuEntry(_("Handover"), "sticky_note_2", "admin:handover", "qc.work_task"),
]
FLOOR = [
    MenuEntry(_("Floor"), "monitoring", "admin:floor", "qc.view_task"),
    MenuEntry(_("Tasks"), "checklist", "admin:qc_task_changelist", "qc.view_task"),
    MenuEntry(_("Imports"), "upload_file", "admin:imports", "qc.view_historicaltask"),
    MenuEntry(_("Queues"), "inbox", "admin:qc_queue_changelist", "qc.view_queue"),
    MenuEntry(
        _("Check plans"), "fact_check", "admin:qc_checkplan_changelist", "qc.view_historicaltask"
    ),
    MenuEntry(
        _("Defect codes"), "report", "admin:qc_defectcode_changelist", "qc.view_historicaltask"
    ),
    MenuEntry(_("Alerts"), "notifications", "admin:qc_alert_changelist", "qc.view_historicaltask"),
    MenuEntry(_("People"), "group", "admin:qc_user_changelist", "qc.view_user"),
    MenuEntry(_("Who works where"), "grid_on", "admin:matrix", "qc.manage_task"),
    MenuEntry(_("Reports"), "bar_chart", "admin:reports", "qc.view_task"),
]
ADMINISTRATION = [
    MenuEntry(_("Audit trail"), "history", "admin:trail", "qc.view_historicaltask"),
    MenuEntry(
        _("Floor history"), "history_toggle_off", "admin:floor_history", "qc.view_historicaltask"
    ),
    MenuEntry(_("Webhooks"), "webhook", "admin:qc_webhook_changelist", "qc.view_historicaltask"),
    MenuEntry(
        _("Service tokens"), "key", "admin:qc_servicetoken_changelist", "qc.view_servicetoken"
    ),
    MenuEntry(_("API"), "api", "docs", "qc.view_servicetoken"),
    MenuEntry(
        _("Lock-outs"),
        "lock_clock",
        "admin:axes_accessattempt_changelist",
        "axes.view_accessattempt",
    ),
    MenuEntry(_("Status"), "monitor_heart", "admin:status", "qc.view_jobrun"),
]
ALL = (*WORK, *FLOOR, *ADMINISTRATION)
GROUPS = ((None, WORK), (_("Floor"), FLOOR), (_("Administration"), ADMINISTRATION))


def allowed(user: Any, entries: Sequence[MenuEntry]) -> list[MenuEntry]:
    """Return the entries that this user may see."""
    return [one for one in entries if user.has_perm(one.permission)]


def drawn(request: HttpRequest) -> SafeString:
    """Return the menu of a user, with the entry marked that the page belongs to."""
    shown = tuple(one.address for one in allowed(request.user, ALL))
    # If the addresses of two entries match, the longer one is active.
    above = [one for one in shown if request.path.startswith(_path(one))]
    here = max(above, key=lambda one: len(_path(one)), default="")
    return _drawn(shown, here, get_language())


_path = cache(reverse)


# Made of these values only, so it can't be out of date.
@lru_cache
def _drawn(shown: tuple[str, ...], here: str, language: str | None) -> SafeString:
    groups = [(title, _items(entries, shown, here)) for title, entries in GROUPS]
    return SafeString(render_to_string("qc/shared/menu.html", {"groups": groups}))


def _items(entries: list[MenuEntry], shown: tuple[str, ...], here: str) -> list[dict[str, Any]]:
    return [
        {"entry": one, "path": _path(one.address), "is_here": one.address == here}
        for one in entries
        if one.address in shown
    ]
