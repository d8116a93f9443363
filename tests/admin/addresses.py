"""All addresses of the site, filled in from real objects, and what their forms send."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from typing import Any, NamedTuple

from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern, get_resolver
from django.utils.regex_helper import normalize

from qc.history.registry import TABLES, table_of
from qc.models import (
    Alert,
    BulkChange,
    CheckPlan,
    DefectCode,
    Evidence,
    HandoverNote,
    Import,
    ItemPicture,
    PlanVersion,
    Queue,
    SavedView,
    ServiceToken,
    SignIn,
    Task,
    User,
    Webhook,
    WebhookDelivery,
)


class Address(NamedTuple):
    """An address, and the name of its pattern, or its route where it has no name."""

    name: str
    path: str


def every_address() -> list[Address]:
    """Return all addresses. Raise AssertionError for a pattern that is not in `_KNOWN`."""
    return list(_filled(get_resolver().url_patterns, "", ""))


def _filled(patterns: list[Any], expression: str, route: str) -> Iterator[Address]:
    for one in patterns:
        whole = expression + one.pattern.regex.pattern.removeprefix("^")
        words = route + str(one.pattern)
        if isinstance(one, URLPattern):
            yield from _addresses(one.name or words, whole)
        else:
            yield from _filled(one.url_patterns, whole, words)


def _addresses(name: str, expression: str) -> Iterator[Address]:
    form, parameters = normalize(expression)[0]
    if not parameters:
        yield Address(name, f"/{form}")
        return
    for values in _values(name):
        assert len(values) == len(parameters), name
        yield Address(name, "/" + form % dict(zip(parameters, values, strict=True)))


def _values(name: str) -> list[tuple[Any, ...]]:
    """Return the values for the parameters of a pattern, for each of its addresses."""
    for expression, values in _KNOWN.items():
        if re.fullmatch(expression, name):
            return [one if isinstance(one, tuple) else (one,) for one in values()]
    raise AssertionError(f"add the parameters of {name!r} to _KNOWN")


def _ids(model: Any) -> Any:
    return lambda: model.objects.order_by("pk").values_list("pk", flat=True)


def _versions(model: Any) -> Any:
    return lambda: model.history.values_list("id", "history_id")[:1]


def _rows() -> list[tuple[str, int]]:
    """Return the newest and the oldest row of each table of the trail."""
    ids = {table: sorted(_ids(model)()) for table, model in TABLES.items()}
    return [(table, some[at]) for table, some in ids.items() for at in (0, -1)]


def _subjects() -> list[tuple[str, int]]:
    """Return a task, a person and a queue, by the table of the trail that has their history."""
    return [
        (table_of(type(one).history.model), one.pk)
        for one in (m.objects.first() for m in (Task, User, Queue))
    ]


def _things() -> list[tuple[int, int]]:
    kinds = ContentType.objects.get_for_models(Task, User, Queue)
    return [(kind.pk, model.objects.first().pk) for model, kind in kinds.items()]


_KNOWN: dict[str, Any] = {
    r"my_work_.*|api_taskcomplete|task_record|v1_task(_.*)?": _ids(Task),
    r"evidence_add|api_task_files|api_defect_codes|task_comment": _ids(Task),
    # Of the queue that has a note: who is on it may write.
    r"handover_(notes|write)": lambda: HandoverNote.objects.values_list("queue", flat=True),
    r"handover_acknowledge": _ids(HandoverNote),
    r"evidence_.*|(api|v1)_file": _ids(Evidence),
    r"item_picture.*|(api|v1)_picture": _ids(ItemPicture),
    r"end_sign_in": _ids(SignIn),
    r"mfa_edit_webauthn": _ids(Authenticator),
    r"floor_why_person|end_sign_ins|auth_user_password_change": _ids(User),
    r"new_password": lambda: [("MQ", "no-token")],
    r"floor_why_queue|v1_queue.*": _ids(Queue),
    r"v1_check_plan": lambda: PlanVersion.objects.values_list("queue", flat=True),
    r"v1_check_plan_version": lambda: PlanVersion.objects.values_list("queue", "number"),
    r"v1_person": _ids(User),
    r"import_empty_file": lambda: ["csv", "xlsx"],
    r"import(_.*)?|api_import|v1_import.*": _ids(Import),
    r"trail_row": _rows,
    r"floor_history_thing": _subjects,
    r"view_on_site": _things,
    r"app_list": lambda: ["qc"],
    r"admin/\(\?P<url>.*": lambda: ["nowhere/"],
    r"task_view_.*": _ids(SavedView),
    r"qc_task_bulk.*": _ids(BulkChange),
    r"qc_task_simple_history": _versions(Task),
    r"qc_user_simple_history": _versions(User),
    r"qc_queue_simple_history": _versions(Queue),
    r"qc_task_.*|admin/qc/task/.*": _ids(Task),
    r"qc_user_.*|admin/qc/user/.*": _ids(User),
    r"qc_queue_.*|admin/qc/queue/.*": _ids(Queue),
    r"qc_servicetoken_.*|admin/qc/servicetoken/.*": _ids(ServiceToken),
    r"qc_alert_.*|admin/qc/alert/.*": _ids(Alert),
    r"webhook_(delivery|redeliver)": _ids(WebhookDelivery),
    r"webhook_.*|qc_webhook_.*|admin/qc/webhook/.*": _ids(Webhook),
    r"qc_defectcode_.*|admin/qc/defectcode/.*": _ids(DefectCode),
    r"check_plan_.*|qc_checkplan_.*|admin/qc/checkplan/.*": _ids(CheckPlan),
    r"axes_.*|admin/axes/.*": _ids(AccessAttempt),
}

# Values for required fields that are empty on their page.
FORM_VALUES = {
    "_form_submitted": "True",
    "post": "yes",
    "reason": "Because.",
    "other": "Because.",
    "outcome": "passed",
    "notes": "Looks good.",
    "position": "0",
    "time_zone": "Europe/Berlin",
    "language": "de",
    "username": "somebody",
    "password": "sesame-5",
}
FILE = b"reference,name,queue\nZ-1,Check,Invoices\n"


class _Fields(HTMLParser):
    """Collects a value for each field of a page's forms: its own, or else one from FORM_VALUES."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, list[str]] = {}
        self.name = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag in ("select", "textarea", "input"):
            self.name = attributes.get("name", "")
            self.taken.setdefault(self.name, [])
        something = FORM_VALUES.get(self.name, "1") if "required" in attributes else ""
        value = attributes.get("value") or something
        if value and tag in ("textarea", "input", "option"):
            self.taken[self.name].append(value)


def sent(page: str) -> Iterator[dict[str, Any]]:
    """Yield what the forms of a page may send, once for each action on selected rows."""
    reader = _Fields()
    reader.feed(page)
    chosen = {name: values[:1] for name, values in reader.taken.items() if name and values}
    actions = reader.taken.get("action", [])
    for action, for_all in product(actions, "01"):
        picked = {"_selected_action": reader.taken["_selected_action"], "select_across": for_all}
        yield FORM_VALUES | chosen | picked | {"action": action}
    if not actions:
        yield (
            FORM_VALUES | chosen | {"_save": "Save", "file": SimpleUploadedFile("tasks.csv", FILE)}
        )
