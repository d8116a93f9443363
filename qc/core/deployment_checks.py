"""What a site in production should have around it: `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core import checks

# What a proxy's own Content-Security-Policy must allow: Unfold's Alpine, its colours and its icons.
PAGES_NEED = (
    "script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
)


@checks.register(checks.Tags.security, deploy=True)
def check_seals(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Warn where no copy of the seals is kept outside."""
    if settings.QC_SEAL_FILE or settings.QC_SEAL_URL:
        return []
    return [
        checks.Warning(
            "The seals are in the database only: whoever owns it can cut off or remake them.",
            hint="Set QC_SEAL_FILE or QC_SEAL_URL, as docs/audit.md says.",
            id="qc.W002",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_second_factor(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Say where a password alone is enough for everybody."""
    if settings.QC_SECOND_FACTOR != "off":
        return []
    return [
        checks.Info(
            "Nobody must have a second factor: whoever learns a manager's password is in.",
            hint="Set QC_SECOND_FACTOR to managers or all, as docs/operation.md says.",
            id="qc.I002",
        )
    ]


@checks.register(checks.Tags.security, deploy=True)
def check_proxy(**_kwargs: Any) -> list[checks.CheckMessage]:
    """Say what a proxy must leave alone."""
    if not settings.PROXIES:
        return []
    return [
        checks.Info(
            "Browsers keep to a Content-Security-Policy of the proxy as well as to ours.",
            hint=f"Let the proxy add none. Where it must, pages need at least {PAGES_NEED} in it.",
            id="qc.I001",
        )
    ]
