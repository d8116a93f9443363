"""What the list and the page of service tokens show."""

from django.contrib import admin
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from qc.admin.service_tokens.forms import last_day
from qc.admin.shared import labels
from qc.core.wording import clock
from qc.models import Scope, ServiceToken, TokenState

# On a telephone each child of a cell is a column of its own.
TOGETHER = "<span>{}</span>"
COLOURS = {
    TokenState.ACTIVE: "success",
    TokenState.EXPIRES_SOON: "warning",
    TokenState.EXPIRED: "danger",
}


class TokenColumns:
    """The columns and fields that are made when they are shown."""

    @admin.display(description=_("name"))
    def name(self, token: ServiceToken) -> str:
        """Return the name."""
        return token.name

    @admin.display(description=_("status"))
    def state_label(self, token: ServiceToken) -> SafeString:
        """Return whether it can be used, as a label."""
        return labels.label(token.state.label, COLOURS.get(token.state, ""))

    @admin.display(description=_("scopes"))
    def scopes_held(self, token: ServiceToken) -> SafeString:
        """Return what it may do: the names of scopes, in words where one points at them."""
        scopes = ((Scope(one).label, one) for one in token.scopes)
        named = format_html_join(", ", '<span title="{}">{}</span>', scopes)
        return format_html(TOGETHER, named)

    @admin.display(description=_("last day"))
    def expires(self, token: ServiceToken) -> str:
        """Return the last day on which it can be used."""
        return date_format(last_day(token.expires_at), "d M Y")

    @admin.display(description=_("last used"))
    def last_use(self, token: ServiceToken) -> SafeString | str:
        """Return how long ago it was used, and from where."""
        if token.last_used_at is None:
            return gettext("never")
        ago = labels.age(token.last_used_at)
        if not token.last_used_address:
            return ago
        return format_html(TOGETHER, format_html("{}, {}", ago, token.last_used_address))

    @admin.display(description=_("allowed addresses"))
    def places(self, token: ServiceToken) -> str:
        """Return from where it may be used."""
        return ", ".join(token.networks) or gettext("any")

    @admin.display(description=_("begins with"))
    def begins(self, token: ServiceToken) -> str:
        """Return what may be shown of the secret."""
        return token.shown_key

    @admin.display(description=_("made"))
    def made(self, token: ServiceToken) -> str:
        """Return who made it, and when."""
        return _by(token.created_by, clock(token.created_at))

    @admin.display(description=_("revoked"), empty_value="-")
    def revoked(self, token: ServiceToken) -> str | None:
        """Return who revoked it, and when."""
        return _by(token.revoked_by, clock(token.revoked_at)) if token.revoked_at else None


def _by(person: object, moment: str) -> str:
    return gettext("by %(person)s, %(at)s") % {"person": person, "at": moment}
