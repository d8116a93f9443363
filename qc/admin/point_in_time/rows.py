"""The rows of *Floor history*: texts and addresses that many share are made once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from qc.admin.point_in_time.urls import at
from qc.admin.shared import labels
from qc.admin.shared.addresses import address_of
from qc.core.wording import by_days
from qc.history.point_in_time import Presence, QueueAtMoment

PERSON = """<tr>
    <th scope="row">{link} <span class="qc-quiet">{first_name} {last_name}</span></th>
    <td>{presence}{since}</td>
    <td>{held}</td>
</tr>
"""
QUEUE = """<tr>
    <th scope="row">{link}{paused}</th>
    <td class="qc-n">{in_work}</td>
    <td class="qc-n">{waiting}</td>
    <td class="qc-n">{on_hold}</td>
</tr>
"""
HELD = """<li>{link} {name} {priority} <span class="qc-quiet">{since}</span></li>
"""
LINK = '<a class="qc-link" href="{}">{}</a>'


class Rows:
    """Draws what there was at a moment."""

    def __init__(self, moment: datetime) -> None:
        self.at = escape(at(moment))
        self.to_the_second = by_days("d M")

    def people(self, people: Iterable[Presence]) -> SafeString:
        """Return the rows of people."""
        since = escape(pgettext("before a time", "since"))
        rows = []
        for one in people:
            begun = one.since and f"{since} {self.to_the_second(one.since)}"
            rows.append(
                PERSON.format(
                    link=self._link("person", one.row.id, one.row.username),
                    first_name=escape(one.row.first_name),
                    last_name=escape(one.row.last_name),
                    presence=labels.presence(one.row),
                    since=f' <span class="qc-quiet">{begun}</span>' if begun else "",
                    held=self.held(one.held),
                )
            )
        return SafeString("".join(rows))

    def presence(self, one: Presence | None) -> SafeString:
        """Return whether a person was there, and what they held."""
        if one is None:
            return SafeString(f'<span class="qc-quiet">{escape(_("not signed in"))}</span>')
        return SafeString(f"{labels.presence(one.row)} {self.held(one.held)}")

    def queues(self, queues: Iterable[QueueAtMoment]) -> SafeString:
        """Return the rows of queues."""
        rows = [
            QUEUE.format(
                link=self._link("queue", one.row.id, one.row.name),
                paused=f" {labels.running(one.row)}" if one.row.is_paused else "",
                in_work=_count(one.in_work),
                waiting=_count(one.waiting),
                on_hold=_count(one.on_hold),
            )
            for one in queues
        ]
        return SafeString("".join(rows))

    def held(self, tasks: Sequence[Any]) -> SafeString:
        """Return the list of the tasks that somebody held."""
        if not tasks:
            return SafeString(f'<span class="qc-quiet">{escape(_("nothing"))}</span>')
        items = [
            HELD.format(
                link=self._link("task", task.id, task.reference),
                name=escape(task.name),
                priority=labels.priority(task),
                since=escape(self._begun(task)),
            )
            for task in tasks
        ]
        return SafeString(f'<ul class="qc-then-held">{"".join(items)}</ul>')

    def _begun(self, task: Any) -> str:
        if task.started_at:
            return _("started %(when)s") % {"when": self.to_the_second(task.started_at)}
        when = self.to_the_second(task.assigned_at)
        return _("assigned %(when)s, not started") % {"when": when}

    def _link(self, table: str, pk: int, name: str) -> str:
        return LINK.format(address_of("floor_history_thing", pk, table) + self.at, escape(name))


def name_of(row: Any) -> str:
    """Return what a task, a person or a queue was called in a row of its history."""
    return str(getattr(row, "reference", "") or getattr(row, "username", "") or row.name)


def _count(n: int | None) -> str:
    return "–" if n is None else str(n)
