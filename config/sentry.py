"""Reports errors to Sentry, if there is an address: what the log has of them, and no more."""

from typing import Any

from config.environment import env, refuse

NAME = "SENTRY_DSN"


def start() -> None:
    """Start reporting to the address in SENTRY_DSN; do nothing when there is none."""
    dsn = env.str(NAME, "").strip()
    if not dsn:
        return
    # Only here: reading them takes each process a while, and most have no address.
    import sentry_sdk
    from sentry_sdk.integrations.celery import CeleryIntegration
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.utils import BadDsn, Dsn

    try:
        Dsn(dsn)
    except (BadDsn, ValueError) as error:
        raise refuse(NAME, "…", "it must look like https://key@host/number") from error
    sentry_sdk.init(
        dsn,
        integrations=[DjangoIntegration(), CeleryIntegration()],
        auto_enabling_integrations=False,
        send_default_pii=False,
        max_request_body_size="never",
        # They have notes, passwords and tokens in them.
        include_local_variables=False,
        # They have what else was logged, and names.
        max_breadcrumbs=0,
        before_send=_before_send,
    )


def _before_send(event: Any, hint: dict[str, Any]) -> Any:
    """Return an event without what is nobody's business; None for what is no error of ours."""
    # These need the settings, which call this module.
    from qc.core.exceptions import QCError
    from qc.core.log_lines import current_fields
    from qc.core.request_id import current_request_id
    from qc.core.transactions import DATABASE_AWAY

    if any(isinstance(error, (QCError, *DATABASE_AWAY)) for error in _errors(hint)):
        return None
    request = event.get("request", {})
    event["request"] = {name: request[name] for name in ("method", "url") if name in request}
    tags = {"request_id": current_request_id(), "job": current_fields().get("job")}
    event.setdefault("tags", {}).update({name: value for name, value in tags.items() if value})
    for unwanted in ("user", "extra", "breadcrumbs"):
        event.pop(unwanted, None)
    return event


def _errors(hint: dict[str, Any]) -> list[Any]:
    """Return the errors that an event is about: those raised, and those in a line of the log."""
    record = hint.get("log_record")
    return [
        (hint.get("exc_info") or (None, None))[1],
        getattr(record, "database_error", None),
        *(record.args if record and isinstance(record.args, tuple) else ()),
    ]
