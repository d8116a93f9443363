"""What superusers do with a webhook on pages of their own: a new secret, a test, deleting it."""

from typing import Any

from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.widgets import INPUT_CLASSES

from qc import webhooks
from qc.admin.shared.params import is_id
from qc.admin.webhooks import rows
from qc.admin.webhooks.access import LIST, superusers_view
from qc.admin.webhooks.columns import host_of
from qc.core.wording import to_the_minute
from qc.models import Webhook, WebhookDelivery
from qc.models.webhooks import TEST
from qc.web import proofs
from qc.web.users import user_of

# How a receiver verifies what it gets.
VERIFICATION = """\
import os
from standardwebhooks import Webhook  # pip install standardwebhooks

event = Webhook(os.environ["QC_DESK_SECRET"]).verify(body, headers)"""
# What is shown at once of an answer.
FIRST_LINES = 10


@superusers_view("GET", "POST")
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether to change the secret; change it, and show the new one: this once."""
    webhook = get_object_or_404(Webhook, pk=pk)
    if request.method == "POST":
        proofs.check(request)
        return secret_page(request, pk, webhooks.rotate(pk, by=user_of(request)))
    return _question_page(
        request,
        webhook,
        title=_("New secret for %s") % webhook,
        question=_(
            "Makes a new secret and shows it once. For 24 hours messages are signed by the old "
            "and the new one, so that the receiver can change over without missing any."
        ),
        warning=_hurry(webhook),
        button=_("Make a new secret"),
        icon="key",
    )


def _hurry(webhook: Webhook) -> str:
    """Return what a change ends at once, so soon after the one before; "" for nothing."""
    if webhook.previous_until is None or not webhook.has_previous(timezone.now()):
        return ""
    text = _(
        "It was changed a short time ago, and until %(time)s the one before that signs too. That "
        "ends at once if you change it again."
    )
    return text % {"time": to_the_minute(webhook.previous_until)}


def secret_page(request: HttpRequest, pk: int, secret: str) -> HttpResponse:
    """Return the page that shows a secret: this once."""
    webhook = Webhook.objects.get(pk=pk)
    until = webhook.previous_until if webhook.has_previous(timezone.now()) else None
    context = site.each_context(request) | {
        "title": _("Secret of %s") % webhook,
        "webhook": webhook,
        "secret": secret,
        "both_until": to_the_minute(until) if until else "",
        "verification": VERIFICATION,
        "input_classes": " ".join(INPUT_CLASSES),
    }
    return render(request, "qc/webhooks/secret.html", context)


@superusers_view("GET", "POST")
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a test at once; then show how it went, before that what it is."""
    webhook = get_object_or_404(Webhook, pk=pk)
    if request.method == "POST":
        made = webhooks.send_test(pk, by=user_of(request))
        return redirect(f"{reverse('admin:webhook_test', args=[pk])}?sent={made.pk}")
    sent = _sent(webhook, request.GET.get("sent", ""))
    context = site.each_context(request) | {
        "title": _("Test of %s") % webhook,
        "webhook": webhook,
        "host": host_of(webhook),
        "type": TEST,
        "sent": sent,
        "state": rows.state_of(sent) if sent else "",
        "answer": "\n".join(sent.answer.splitlines()[:FIRST_LINES]) if sent else "",
    }
    return render(request, "qc/webhooks/test.html", context)


def _sent(webhook: Webhook, pk: str) -> WebhookDelivery | None:
    """Return the test of a webhook that has this id, if it has."""
    tests = WebhookDelivery.objects.filter(webhook=webhook, type=TEST)
    return tests.filter(pk=pk).first() if is_id(pk) else None


def delete_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether to delete a webhook, or delete it with its deliveries."""
    webhook = get_object_or_404(Webhook, pk=pk)
    if request.method == "POST":
        webhooks.delete(pk, by=user_of(request))
        messages.success(request, _("The webhook %s is deleted.") % webhook)
        return redirect(LIST)
    return _question_page(
        request,
        webhook,
        title=_("Delete %s") % webhook,
        question=_(
            "Nothing is sent to it any more, and the log of its deliveries is deleted too. To let "
            "it rest for a while, pause it instead."
        ),
        button=_("Delete"),
        icon="delete",
        variant="danger",
    )


def _question_page(request: HttpRequest, webhook: Webhook, **context: Any) -> HttpResponse:
    """Return a page that asks before something is done."""
    back = reverse("admin:qc_webhook_change", args=[webhook.pk])
    context = {"webhook": webhook, "back": back, **context}
    return render(request, "qc/webhooks/ask.html", site.each_context(request) | context)


urlpatterns = [
    path("qc/webhook/<int:pk>/secret/", rotate, name="webhook_rotate"),
    path("qc/webhook/<int:pk>/try/", test, name="webhook_test"),
]
