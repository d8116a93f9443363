"""Rows of the audit trail as sentences, with the texts of `sentence_texts`."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from qc.audit.sentence_texts import GONE, INTO, NEW, OWN, REMOVED, RETIRED, SENTENCES
from qc.checks import findings
from qc.core.context import Channel
from qc.core.localization import local
from qc.core.wording import time_between
from qc.history.names import called
from qc.models import (
    Alert,
    ChangeKind,
    DefectCode,
    EventKind,
    Outcome,
    Priority,
    ServiceToken,
    Severity,
    TokenRefusal,
    Webhook,
)
from qc.models.events import UNKNOWN_NAME_PREFIX, Refusal
from qc.reports.control_charts import ChartKind

# Formats the name of an object, given its table, id and name: pages make it a link.
FormatName = Callable[[str, int, str], str]
# Fills the values into a sentence: pages escape them for HTML.
FormatSentence = Callable[[str, Mapping[str, str]], str]

# Events of a change that have the values before and after it, and whose.
CHANGED: dict[str, Any] = {
    EventKind.CODE_CHANGED: DefectCode,
    EventKind.ALERT_CHANGED: Alert,
    EventKind.SERVICE_TOKEN_CHANGED: ServiceToken,
    EventKind.WEBHOOK_CHANGED: Webhook,
}
# Of a check with more to say only so much is said in its sentence.
MOST_FINDINGS = 10
# How somebody has shown who they are, by its name in `qc.web.proofs`.
PROOFS = {
    "password": gettext_noop("password"),
    "provider": gettext_noop("single sign-on"),
    "provider_mfa": gettext_noop("single sign-on with a second factor"),
    "totp": gettext_noop("code of the app"),
    "recovery_codes": gettext_noop("recovery code"),
    "webauthn": gettext_noop("security key"),
}
# Kinds of second factors, by their name in `qc.audit.second_factors`.
FACTORS = {"totp": gettext_noop("authenticator app"), "webauthn": gettext_noop("security key")}


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
    if kind + RETIRED in sentences and not row.plan_id:
        kind += RETIRED
    if kind in CHANGED:
        kind += _whether_new(row)
    if kind + REMOVED in sentences and row.details.get("removed"):
        kind += REMOVED
    text = _(sentences[kind]) if kind in sentences else _("%(who)s: %(kind)s, %(it)s")
    values = {"who": _who(row, format_name), "kind": row.what} | _VALUES[row.table](
        row, format_name
    )
    for ending, more in _endings(row):
        text, values = text + ending, values | more
    return format_sentence(text, values)


def factor_name(factor: str) -> str:
    """Return what a kind of second factor is called, "" for any other."""
    return _(FACTORS[factor]) if factor in FACTORS else ""


def _is_own_doing(row: Any) -> bool:
    if row.table == "task":
        return bool(row.is_own_doing)
    if row.table == "event":
        return row.history_user is not None and row.name == row.history_user.username
    return bool(row.id == row.history_user_id)


def _whether_new(row: Any) -> str:
    """Return what is behind the kind of a change of what was added or deleted by it."""
    if not row.details.get("before"):
        return NEW
    return "" if row.details.get("after") else GONE


def _who(row: Any, format_name: FormatName) -> str:
    if row.history_user is not None:
        return format_name("person", row.history_user_id, str(called(row, row.history_user_id)))
    jobs = {Channel.SWEEP: _("The scheduler"), Channel.SHELL: _("The console")}
    return jobs.get(row.through) or _("The system")


def _of_task(row: Any, format_name: FormatName) -> dict[str, str]:
    person = row.person_id
    return {
        "it": format_name("task", row.id, row.reference),
        "queue": format_name("queue", row.queue_id, str(row.queue)),
        "whom": format_name("person", person, str(called(row, person))) if person else _("nobody"),
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


def _of_event(row: Any, format_name: FormatName) -> dict[str, str]:
    n = row.details.get("rows")
    # The number of rows is not known when an export of the trail begins.
    rows = _("the audit trail") if n is None else ngettext("%d task", "%d tasks", n) % n
    moved = ngettext("%d row", "%d rows", n or 0) % (n or 0)
    file = row.details.get("file", "")
    count = row.details.get("count", 0)
    events = ngettext("%d event", "%d events", count) % count
    mark = row.name.removeprefix(UNKNOWN_NAME_PREFIX)
    name = row.name if mark == row.name else _("unknown name %(mark)s") % {"mark": mark}
    device = row.details.get("device") or _("an unknown device")
    factor = row.details.get("factor", "")
    values = {"name": name, "device": device, "rows": rows, "moved": moved, "file": file}
    values |= {"it": "", "events": events, "factor": factor_name(factor)}
    values |= {name: row.details.get(name, "") for name in ("code", "alert", "webhook")}
    if row.kind in _VALUES_OF_EVENTS:
        values |= _VALUES_OF_EVENTS[row.kind](row.details, format_name)
    return values


def _of_plan_version(details: Mapping[str, Any], format_name: FormatName) -> dict[str, str]:
    queue = format_name("queue", details["queue"], details["queue_name"])
    return {"queue": queue, "number": str(details["number"])}


def _of_baseline(details: Mapping[str, Any], _format_name: FormatName) -> dict[str, str]:
    chart = str(ChartKind(details["chart"]).label)
    if "size" in details:
        chart = f"{chart}, n = {details['size']}"
    if details["item"]:
        chart = f"“{details['item']}”, {chart}"
    values = details.get("values", {})
    centre = _("centre %(centre).6g, spread %(spread).6g, from %(first)s to %(last)s")
    words = centre % {**details, **values} if values else ""
    return {"chart": chart, "its_queue": details["queue"], "centre": words}


def _of_evidence(details: Mapping[str, Any], format_name: FormatName) -> dict[str, str]:
    task = details.get("task", "")
    return {"task": format_name("task", details["task_id"], task) if "task_id" in details else task}


def _of_handover(details: Mapping[str, Any], format_name: FormatName) -> dict[str, str]:
    queue = format_name("queue", details["queue"], details["queue_name"])
    return {"queue": queue, "note": details.get("text", "")}


_VALUES_OF_EVENTS: dict[str, Callable[[Mapping[str, Any], FormatName], dict[str, str]]] = {
    EventKind.PLAN_VERSION: _of_plan_version,
    EventKind.BASELINE_FROZEN: _of_baseline,
    EventKind.HANDOVER_WRITTEN: _of_handover,
    EventKind.HANDOVER_READ: _of_handover,
    **dict.fromkeys(
        (EventKind.EVIDENCE_ADDED, EventKind.EVIDENCE_REMOVED, EventKind.EVIDENCE_REFUSED),
        _of_evidence,
    ),
}


_VALUES: dict[str, Callable[[Any, FormatName], dict[str, str]]] = {
    "task": _of_task,
    "person": lambda row, format_name: {
        "it": format_name("person", row.id, str(called(row, row.id)))
    },
    "queue": _of_queue,
    "event": _of_event,
}


def _endings(row: Any) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield endings of the sentence: reason, notes and duration; an event's address and filters."""
    if row.why and row.history_change_reason != row.kind:
        yield _(": %(why)s"), {"why": row.why}
    if row.table == "task" and row.kind in (ChangeKind.COMPLETED, ChangeKind.CORRECTED):
        yield from _endings_of_check(row)
    if row.table == "event":
        yield from _endings_of_event(row)


def _endings_of_check(row: Any) -> Iterator[tuple[str, dict[str, str]]]:
    if found := list(findings.notable(row.findings, row.plan_id)):
        yield _(": %(found)s"), {"found": _joined(found)}
    if row.notes:
        yield _(": “%(note)s”"), {"note": row.notes}
    if row.kind == ChangeKind.COMPLETED and row.completed_at:
        # A task that nobody opened was started when it was completed: count from the assignment.
        begun = row.started_at if row.started_at != row.completed_at else row.assigned_at
        if begun:
            yield _(", after %(time)s"), {"time": time_between(begun, row.completed_at)}


def _endings_of_event(row: Any) -> Iterator[tuple[str, dict[str, str]]]:
    if reason := row.details.get("reason"):
        yield _(": %(why)s"), {"why": reason}
    if row.address:
        yield _(", from %(address)s"), {"address": row.address}
    if proofs := row.details.get("proofs"):
        names = [_(PROOFS.get(one, one)) for one in proofs]
        yield _(", by %(proofs)s"), {"proofs": ", ".join(names)}
    if why := row.details.get("why"):
        yield _(" (%(refusal)s)"), {"refusal": str(Refusal(why).label)}
    if why_token := row.details.get("refused"):
        yield _(" (%(refusal)s)"), {"refusal": str(TokenRefusal(why_token).label)}
    if row.details.get("last_listed"):
        yield _("; further ones of this hour are not listed"), {}
    if changes := ", ".join(_changes(row)):
        yield _(": %(changes)s"), {"changes": changes}
    if row.filters:
        filters = ", ".join(f"{name} = {value}" for name, value in row.filters.items())
        yield _(": %(asked)s"), {"asked": filters}


def _changes(row: Any) -> Iterator[str]:
    """Yield what a change of a code, alert or webhook changed: each column before and after it."""
    before, after = row.details.get("before"), row.details.get("after")
    if row.kind not in CHANGED or not (before and after):
        return
    for name, value in after.items():
        label = CHANGED[row.kind]._meta.get_field(name).verbose_name
        old, new = _changed_value(name, before.get(name)), _changed_value(name, value)
        yield f"{label} {old} → {new}"


def _changed_value(name: str, value: Any) -> str:
    if name == "severity":
        return str(Severity(value).label)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(value) if isinstance(value, list) else f"“{'' if value is None else value}”"


def _joined(found: list[str]) -> str:
    left = len(found) - MOST_FINDINGS
    more = [ngettext("%d more", "%d more", left) % left] if left > 0 else []
    return "; ".join([*found[:MOST_FINDINGS], *more])
