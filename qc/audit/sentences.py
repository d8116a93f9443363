"""Rows of the audit trail as sentences: one for each kind of change."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from qc.core.context import Channel
from qc.core.localization import local
from qc.core.wording import time_between
from qc.models import ChangeKind, EventKind, Outcome, Priority
from qc.models.events import UNKNOWN_NAME_PREFIX

# Formats the name of an object, given its table, id and name: pages make it a link.
FormatName = Callable[[str, int, str], str]
# Fills the values into a sentence: pages escape them for HTML.
FormatSentence = Callable[[str, Mapping[str, str]], str]

# Behind a kind of change that people made to themselves, or to a task of theirs.
OWN = " own"
# Behind the end of a queue that was merged into another.
INTO = " into"
# By table, then by kind of change.
SENTENCES: dict[str, dict[str, str]] = {
    "task": {
        "+": gettext_noop("%(who)s added %(it)s to %(queue)s"),
        "~": gettext_noop("%(who)s edited %(it)s"),
        "-": gettext_noop("%(who)s deleted %(it)s"),
        ChangeKind.IMPORTED: gettext_noop("%(who)s imported %(it)s into %(queue)s"),
        ChangeKind.CHANGED: gettext_noop("%(who)s changed %(it)s by an import"),
        ChangeKind.ASSIGNED: gettext_noop("%(who)s assigned %(it)s to %(whom)s"),
        ChangeKind.CLAIMED: gettext_noop("%(who)s claimed %(it)s"),
        ChangeKind.STARTED: gettext_noop("%(who)s started %(it)s"),
        ChangeKind.COMPLETED: gettext_noop("%(who)s completed %(it)s, %(outcome)s"),
        ChangeKind.COMPLETION_UNDONE: gettext_noop("%(who)s opened %(it)s again"),
        ChangeKind.CORRECTED: gettext_noop("%(who)s corrected %(it)s to %(outcome)s"),
        ChangeKind.RELEASED: gettext_noop("%(who)s took %(it)s back from %(whom)s"),
        ChangeKind.RELEASED + OWN: gettext_noop("%(who)s gave %(it)s back"),
        ChangeKind.RETURNED: gettext_noop("%(who)s returned %(it)s from %(whom)s to the queue"),
        ChangeKind.RETURNED + OWN: gettext_noop("%(who)s returned %(it)s to the queue"),
        ChangeKind.HELD: gettext_noop("%(who)s took %(it)s back from %(whom)s and put it on hold"),
        ChangeKind.HELD + OWN: gettext_noop("%(who)s put %(it)s on hold"),
        ChangeKind.RESUMED: gettext_noop("%(who)s resumed %(it)s"),
        ChangeKind.CANCELLED: gettext_noop("%(who)s cancelled %(it)s"),
        ChangeKind.REOPENED: gettext_noop("%(who)s reopened %(it)s"),
        ChangeKind.UNDONE: gettext_noop("%(who)s undid the import of %(it)s"),
        ChangeKind.MOVED: gettext_noop("%(who)s moved %(it)s to %(queue)s"),
        ChangeKind.PRIORITY_SET: gettext_noop("%(who)s set the priority of %(it)s to %(priority)s"),
        ChangeKind.DUE_SET: gettext_noop("%(who)s set the due time of %(it)s to %(due)s"),
        ChangeKind.RAISED: gettext_noop("%(who)s raised the priority of %(it)s to %(priority)s"),
    },
    "person": {
        "+": gettext_noop("%(who)s added %(it)s"),
        "~": gettext_noop("%(who)s edited %(it)s"),
        "-": gettext_noop("%(who)s deleted %(it)s"),
        ChangeKind.ROLES_CHANGED: gettext_noop("%(who)s changed the roles of %(it)s"),
        ChangeKind.PASSWORD_CHANGED: gettext_noop("%(who)s changed the password of %(it)s"),
        ChangeKind.ANONYMISED: gettext_noop("%(who)s anonymised the account %(it)s"),
        ChangeKind.SETTINGS_CHANGED: gettext_noop("%(who)s changed the settings of %(it)s"),
        ChangeKind.SETTINGS_CHANGED + OWN: gettext_noop("%(it)s changed their settings"),
        ChangeKind.SIGNED_IN: gettext_noop("%(who)s signed %(it)s in"),
        ChangeKind.SIGNED_IN + OWN: gettext_noop("%(it)s signed in"),
        ChangeKind.SIGNED_OUT: gettext_noop("%(who)s signed %(it)s out"),
        ChangeKind.SIGNED_OUT + OWN: gettext_noop("%(it)s signed out"),
        ChangeKind.BREAK_BEGUN: gettext_noop("%(who)s put %(it)s on break"),
        ChangeKind.BREAK_BEGUN + OWN: gettext_noop("%(it)s went on break"),
        ChangeKind.BREAK_ENDED: gettext_noop("%(who)s ended the break of %(it)s"),
        ChangeKind.BREAK_ENDED + OWN: gettext_noop("%(it)s came back from break"),
    },
    "queue": {
        "+": gettext_noop("%(who)s added the queue %(it)s"),
        "~": gettext_noop("%(who)s edited the queue %(it)s"),
        "-": gettext_noop("%(who)s deleted the queue %(it)s"),
        ChangeKind.PAUSED: gettext_noop("%(who)s paused %(it)s"),
        ChangeKind.UNPAUSED: gettext_noop("%(who)s resumed %(it)s"),
        ChangeKind.CLOSED: gettext_noop("%(who)s closed the queue %(it)s"),
        ChangeKind.CLOSED + INTO: gettext_noop("%(who)s merged the queue %(it)s into %(into)s"),
        ChangeKind.MERGED: gettext_noop("%(who)s merged another queue into %(it)s"),
        ChangeKind.REOPENED: gettext_noop("%(who)s reopened the queue %(it)s"),
    },
    "event": {
        EventKind.SIGN_IN_FAILED: gettext_noop("Somebody failed to sign in as %(name)s"),
        EventKind.LOCKED_OUT: gettext_noop(
            "%(name)s was locked out after too many failed attempts"
        ),
        EventKind.UNLOCKED: gettext_noop("%(who)s unlocked %(name)s"),
        EventKind.EXPORTED: gettext_noop("%(who)s exported %(rows)s"),
        EventKind.READ: gettext_noop("%(who)s read the audit trail"),
        EventKind.ARCHIVED: gettext_noop("%(who)s archived %(moved)s of history to %(file)s"),
    },
}


def plain_sentence(row: Any) -> str:
    """Return the sentence of a row of the trail as plain text."""
    return sentence(row, lambda _table, _pk, name: name, lambda text, values: text % values)


def sentence(row: Any, format_name: FormatName, format_sentence: FormatSentence) -> str:
    """Return the sentence of a row of the trail, with its names and values formatted."""
    kind, sentences = row.kind or row.history_type, SENTENCES[row.table]
    if kind + OWN in sentences and _is_own_doing(row):
        kind += OWN
    if kind + INTO in sentences and row.merged_into_id:
        kind += INTO
    text = _(sentences[kind]) if kind in sentences else _("%(who)s: %(kind)s, %(it)s")
    values = {"who": _who(row, format_name), "kind": row.what} | _VALUES[row.table](
        row, format_name
    )
    for ending, more in _endings(row):
        text, values = text + ending, values | more
    return format_sentence(text, values)


def kinds(table: str) -> list[str]:
    """Return the kinds of change of a table; +, ~ or - for those without a name."""
    return [str(kind) for kind in SENTENCES[table] if not kind.endswith((OWN, INTO))]


def _is_own_doing(row: Any) -> bool:
    if row.table == "task":
        return bool(row.is_own_doing)
    return bool(row.id == row.history_user_id)


def _who(row: Any, format_name: FormatName) -> str:
    if row.history_user is not None:
        return format_name("person", row.history_user_id, str(row.history_user))
    jobs = {Channel.SWEEP: _("The scheduler"), Channel.SHELL: _("The console")}
    return jobs.get(row.through) or _("The system")


def _of_task(row: Any, format_name: FormatName) -> dict[str, str]:
    person = row.person_id
    return {
        "it": format_name("task", row.id, row.reference),
        "queue": format_name("queue", row.queue_id, str(row.queue)),
        "whom": format_name("person", person, str(row.person)) if person else _("nobody"),
        "outcome": str(Outcome(row.outcome).label) if row.outcome else "",
        "priority": Priority(row.priority).name,
        "due": date_format(local(row.due_at), "d M Y H:i"),
    }


def _of_queue(row: Any, format_name: FormatName) -> dict[str, str]:
    into = row.merged_into_id
    return {
        "it": format_name("queue", row.id, row.name),
        "into": format_name("queue", into, str(row.merged_into)) if into else "",
    }


def _of_event(row: Any, _format_name: FormatName) -> dict[str, str]:
    n = row.details.get("rows")
    # The number of rows is not known when an export of the trail begins.
    rows = _("the audit trail") if n is None else ngettext("%d task", "%d tasks", n) % n
    moved = ngettext("%d row", "%d rows", n or 0) % (n or 0)
    file = row.details.get("file", "")
    mark = row.name.removeprefix(UNKNOWN_NAME_PREFIX)
    name = row.name if mark == row.name else _("unknown name %(mark)s") % {"mark": mark}
    return {"it": "", "name": name, "rows": rows, "moved": moved, "file": file}


_VALUES: dict[str, Callable[[Any, FormatName], dict[str, str]]] = {
    "task": _of_task,
    "person": lambda row, format_name: {"it": format_name("person", row.id, row.username)},
    "queue": _of_queue,
    "event": _of_event,
}


def _endings(row: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield endings of the sentence: reason, notes and duration; an event's address and filters."""
    if row.why and row.history_change_reason != row.kind:
        yield _(": %(why)s"), {"why": row.why}
    is_checked = row.table == "task" and row.kind in (ChangeKind.COMPLETED, ChangeKind.CORRECTED)
    if is_checked and row.notes:
        yield _(": “%(note)s”"), {"note": row.notes}
    if row.table == "task" and row.kind == ChangeKind.COMPLETED:
        # A task that nobody opened was started when it was completed: count from the assignment.
        begun = row.started_at if row.started_at != row.completed_at else row.assigned_at
        if begun and row.completed_at:
            yield _(", after %(time)s"), {"time": time_between(begun, row.completed_at)}
    if row.table == "event":
        if row.address:
            yield _(", from %(address)s"), {"address": row.address}
        if row.details.get("last_listed"):
            yield _("; further ones of this hour are not listed"), {}
        if row.filters:
            filters = ", ".join(f"{name} = {value}" for name, value in row.filters.items())
            yield _(": %(asked)s"), {"asked": filters}
