"""The deliveries of a webhook: the log, and a page for each with what is sent and the answer.

Managers and auditors read them; superusers send them again.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qc import permissions, webhooks
from qc.admin.shared.params import is_id
from qc.admin.webhooks import rows, steps
from qc.admin.webhooks.access import reading_view, superusers_view
from qc.admin.webhooks.forms import LogForm
from qc.core.exceptions import QCError
from qc.core.localization import number
from qc.core.wording import exactly
from qc.models import DeliveryState, Task, Webhook, WebhookDelivery
from qc.web.users import user_of


@reading_view
def log(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a page of the deliveries that match the filters; none if a filter is wrong."""
    webhook = get_object_or_404(Webhook, pk=pk)
    form = LogForm({name: request.GET.get(name, "") for name in LogForm.base_fields})
    params = {name: value for name, value in form.data.items() if value}
    before = request.GET.get("before", "")
    found: list[WebhookDelivery] = []
    has_more = False
    if form.is_valid():
        matching = rows.matching(webhook, form.cleaned_data["state"], form.cleaned_data["task"])
        found, has_more = rows.page(matching, int(before) if is_id(before) else 0)
    context = site.each_context(request) | {
        "title": _("Deliveries of %s") % webhook,
        "webhook": webhook,
        "form": form,
        "rows": list(rows.shown(found)),
        "is_filtered": bool(params),
        "is_first": not is_id(before),
        "first_link": f"?{urlencode(params)}",
        "older_link": f"?{urlencode(params | {'before': found[-1].pk})}" if has_more else "",
        "can_redeliver": permissions.is_superuser(request.user) and rows.has_failed(webhook),
    }
    return render(request, "qc/webhooks/log.html", context)


@reading_view
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a delivery: how it went, what is sent and what the receiver answered."""
    one = get_object_or_404(WebhookDelivery.objects.select_related("webhook"), pk=pk)
    has_ended = one.state != DeliveryState.PENDING
    context = site.each_context(request) | {
        "title": _("Delivery to %s") % one.webhook,
        "delivery": one,
        "webhook": one.webhook,
        "type": rows.type_of(one),
        "facts": list(_facts(one)),
        "body": _indented(one.body),
        "may_redeliver": has_ended and permissions.is_superuser(request.user),
    }
    return render(request, "qc/webhooks/delivery.html", context)


def _facts(one: WebhookDelivery) -> Iterator[tuple[str, Any]]:
    """Yield what is known of a delivery, each with its name."""
    task = Task.objects.filter(pk=one.task).first() if one.task else None
    yield _("Status"), rows.state_of(one)
    yield _("Event"), one.type
    if task:
        address = reverse("admin:qc_task_change", args=[task.pk])
        yield _("Task"), format_html('<a class="qc-link" href="{}">{}</a>', address, task)
    yield _("Message"), one.message_id
    yield _("Made"), exactly(one.created_at)
    yield _("Attempts"), number(one.attempts)
    if one.tried_at:
        yield _("Last attempt"), exactly(one.tried_at)
    if one.seconds is not None:
        yield _("Took"), _("%(n)s seconds") % {"n": number_format(one.seconds, 2)}
    yield _("Next attempt"), exactly(one.next_at) if one.next_at else rows.waits_for(one)
    if one.status is not None:
        yield _("Status of the answer"), one.status
    if one.error:
        yield _("What was wrong"), one.error


def _indented(body: str) -> str:
    """Return a body in lines, as it is easier to read."""
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2) if body else ""


@superusers_view("POST")
def redeliver(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a delivery once more."""
    one = get_object_or_404(WebhookDelivery, pk=pk)
    try:
        webhooks.redeliver(one.pk, by=user_of(request))
        messages.success(request, _("It is sent again in a moment."))
    except QCError as refusal:
        messages.error(request, str(refusal))
    return redirect("admin:webhook_delivery", pk)


@superusers_view("POST")
def redeliver_failed(request: HttpRequest, pk: int) -> HttpResponse:
    """Send all that was given up once more."""
    webhook = get_object_or_404(Webhook, pk=pk)
    try:
        n = webhooks.redeliver_failed(webhook.pk, by=user_of(request))
        text = ngettext("%(n)s delivery is sent again.", "%(n)s deliveries are sent again.", n)
        messages.success(request, text % {"n": number(n)})
    except QCError as refusal:
        messages.error(request, str(refusal))
    return redirect("admin:webhook_log", pk)


urlpatterns = [
    *steps.urlpatterns,
    path("qc/webhook/<int:pk>/log/", log, name="webhook_log"),
    path("qc/webhook/<int:pk>/redeliver/", redeliver_failed, name="webhook_redeliver_failed"),
    path("qc/webhook/delivery/<int:pk>/", delivery, name="webhook_delivery"),
    path("qc/webhook/delivery/<int:pk>/redeliver/", redeliver, name="webhook_redeliver"),
]
