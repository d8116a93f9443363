"""What admins do with webhooks: each change leaves an event, which names no secret.

All raise NotAllowed for whoever is no superuser, and NotFound where there is no such webhook.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from qc import permissions
from qc.core import pinned_http
from qc.core.exceptions import InvalidInput, NotFound
from qc.core.masking import masked
from qc.core.pinned_http import Undelivered
from qc.core.transactions import retrying
from qc.history import events
from qc.models import EventKind, EventType, Outcome, Queue, User, Webhook
from qc.webhooks import fanout, log, signing

# As they are: an address is recorded masked, a secret by its mark.
PLAIN = ("name", "types", "outcomes", "is_paused")
# For how long the old secret signs, too, after a change.
BOTH_SIGN = timedelta(hours=24)

Recorded = dict[str, Any]


@retrying
def create(  # noqa: PLR0913
    *,
    by: User | None,
    name: str,
    url: str,
    types: Collection[str] = (),
    outcomes: Collection[str] = (),
    queues: Iterable[Queue] = (),
) -> tuple[Webhook, str]:
    """Create a webhook, told of all that happens from now on; return it and its secret.

    Types, outcomes or queues of which none is given do not limit it. Raises InvalidInput.
    """
    permissions.check_superuser(by)
    values = {"name": name, "url": url, "types": list(types), "outcomes": list(outcomes)}
    _check(values)
    log.collect()
    secret, chosen = signing.new_secret(), list(queues)
    webhook = Webhook.objects.create(
        **values,
        secret=signing.stored(secret),
        is_limited=bool(chosen),
        upto=log.newest(),
    )
    webhook.queues.set(chosen)
    _record(by, {}, as_recorded(webhook))
    return webhook, secret


@retrying
def change(webhook_id: int, *, by: User | None, **values: Any) -> Webhook:
    """Change columns of a webhook, or its `queues`; what is not wanted any more is dropped.

    Raises InvalidInput.
    """
    webhook = _locked(webhook_id, by)
    before, queues = as_recorded(webhook), values.pop("queues", None)
    _check(values)
    for name, value in values.items():
        setattr(webhook, name, list(value) if name in ("types", "outcomes") else value)
    if queues is not None:
        webhook.queues.set(chosen := list(queues))
        webhook.is_limited = bool(chosen)
    if "url" in values:
        # The new address has not failed yet.
        webhook.failures, webhook.failing_since, webhook.next_at = 0, None, None
    webhook.save(update_fields=[*values, "is_limited", "failures", "failing_since", "next_at"])
    after = as_recorded(webhook)
    if any(before[name] != after[name] for name in ("types", "outcomes", "queues")):
        fanout.drop_unwanted(webhook, _("not wanted any more"))
    _record(by, before, after)
    return webhook


@retrying
def rotate(webhook_id: int, *, by: User | None, **_more: Any) -> str:
    """Give a webhook a new secret and return it; for a day the old one signs, too."""
    webhook = _locked(webhook_id, by)
    before, secret = as_recorded(webhook), signing.new_secret()
    webhook.previous_secret, webhook.secret = webhook.secret, signing.stored(secret)
    webhook.previous_until = timezone.now() + BOTH_SIGN
    webhook.save(update_fields=["secret", "previous_secret", "previous_until"])
    _record(by, before, as_recorded(webhook))
    return secret


def pause(webhook_id: int, *, by: User | None, **_more: Any) -> Webhook:
    """Let all that happens wait for a webhook, until it is resumed; for seven days at most."""
    return _update(webhook_id, by, is_paused=True)


def resume(webhook_id: int, *, by: User | None, **_more: Any) -> Webhook:
    """Send to a webhook again, beginning with what has waited."""
    return _update(webhook_id, by, is_paused=False, failures=0, failing_since=None, next_at=None)


@retrying
def switch_on(webhook_id: int, *, by: User | None, **_more: Any) -> Webhook:
    """Send to a webhook again that was switched off: what happens from now on."""
    if _locked(webhook_id, by).switched_off_at is not None:
        log.collect()
        Webhook.objects.filter(pk=webhook_id).update(upto=log.newest())
    on = {"switched_off_at": None, "switched_off_why": "", "next_at": None, "failing_since": None}
    return _update(webhook_id, by, **on, failures=0)


def switch_off(webhook: Webhook, why: str) -> None:
    """Switch off a webhook, which is locked, that has said that it is gone; drop what waits."""
    before = as_recorded(webhook)
    webhook.switched_off_at, webhook.switched_off_why = timezone.now(), why[:300]
    webhook.save(update_fields=["switched_off_at", "switched_off_why"])
    fanout.drop_all(webhook, why)
    _record(None, before, as_recorded(webhook), reason=why)


@retrying
def delete(webhook_id: int, *, by: User | None, **_more: Any) -> None:
    """Delete a webhook with its deliveries."""
    webhook = _locked(webhook_id, by)
    before = as_recorded(webhook)
    webhook.delete()
    _record(by, before, {})


def as_recorded(webhook: Webhook) -> Recorded:
    """Return what is recorded of a webhook."""
    return {name: getattr(webhook, name) for name in PLAIN} | {
        "url": masked(webhook.url),
        "queues": sorted(queue.name for queue in webhook.queues.all()),
        "secret": signing.mark(webhook.secret),
        "switched_off_at": webhook.switched_off_at is not None,
    }


def _locked(webhook_id: int, by: User | None) -> Webhook:
    permissions.check_superuser(by)
    webhook = fanout.locked(webhook_id)
    if webhook is None:
        raise NotFound(_("There is no such webhook."))
    return webhook


@retrying
def _update(webhook_id: int, by: User | None, **columns: Any) -> Webhook:
    webhook = _locked(webhook_id, by)
    before = as_recorded(webhook)
    for name, value in columns.items():
        setattr(webhook, name, value)
    webhook.save(update_fields=list(columns))
    _record(by, before, as_recorded(webhook))
    return webhook


def _check(values: Mapping[str, Any]) -> None:
    """Raise InvalidInput for a value that is not allowed."""
    if not values.get("name", "-").strip():
        raise InvalidInput("name", _("Enter a name."))
    try:
        if "url" in values:
            pinned_http.check(values["url"])
    except Undelivered as error:
        raise InvalidInput("url", str(error)) from error
    for name, allowed in (("types", EventType.values), ("outcomes", Outcome.values)):
        if unknown := set(values.get(name, ())) - set(allowed):
            raise InvalidInput(name, _("There is no “%(value)s”.") % {"value": min(unknown)})


def _record(by: User | None, before: Recorded, after: Recorded, reason: str = "") -> None:
    """Record the values that differ; nothing where none does."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if names:
        why: dict[str, Any] = {"reason": reason} if reason else {}
        events.record(
            EventKind.WEBHOOK_CHANGED,
            by=by,
            webhook=(after or before)["name"],
            before={name: before[name] for name in names if name in before},
            after={name: after[name] for name in names if name in after},
            **why,
        )
