"""The forms of a service token, and of a new secret."""

from datetime import date, datetime, timedelta
from ipaddress import ip_network
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from qc.admin.shared.forms import PlainTextField, SeenForm
from qc.core.local_days import end
from qc.models import Scope, ServiceToken, User
from qc.models.service_tokens import LONGEST_LIFE, USUAL_LIFE

MOST_NETWORKS = 50
GRACES = (0, 1, 4, 24)


class DayWidget(UnfoldAdminTextInputWidget):
    """A day as a browser's own field has it."""

    def __init__(self) -> None:
        super().__init__(attrs={"type": "date"})

    def format_value(self, value: Any) -> Any:
        """Return the day as browsers take it, whatever the language."""
        return value.isoformat() if isinstance(value, date) else super().format_value(value)


def last_day(moment: datetime) -> date:
    """Return the last day on which a token can be used that expires then."""
    return timezone.localdate(moment - timedelta(microseconds=1))


def _in_words(scope: Scope) -> Any:
    """Return what a scope allows, and its name in the API."""
    return format_lazy("{} ({})", scope.label, scope.value)


class ServiceTokenForm(SeenForm):
    """What a service token may do, until when and from where."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(scope.value, _in_words(scope)) for scope in Scope],
        help_text=_("What it may do. Choose no more than the other system needs."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )
    last_day = forms.DateField(
        label=_("Last day"),
        help_text=_("It can be used until the end of this day, for two years at most."),
        input_formats=["%Y-%m-%d"],
        widget=DayWidget(),
    )
    networks = PlainTextField(
        label=_("Allowed addresses"),
        help_text=_(
            "Networks such as 10.1.0.0/16 or single addresses, one on each line. Left empty: any."
        ),
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )

    class Meta:
        model = ServiceToken
        fields: ClassVar[list[str]] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        token = self.instance
        if token.pk:
            self.initial["scopes"] = token.scopes
            self.initial["networks"] = "\n".join(token.networks)
            self.initial["last_day"] = last_day(token.expires_at)
        else:
            self.initial["last_day"] = timezone.localdate() + USUAL_LIFE

    def clean_last_day(self) -> date:
        """Return the day. Raise ValidationError for one that is over, or too far away."""
        day: date = self.cleaned_data["last_day"]
        today = timezone.localdate()
        if day < today:
            raise ValidationError(_("This day is over."))
        if day > today + LONGEST_LIFE:
            raise ValidationError(_("Choose a day within two years."))
        return day

    def clean_networks(self) -> list[str]:
        """Return the networks. Raise ValidationError that names what is none."""
        lines = [line.strip() for line in self.cleaned_data["networks"].splitlines()]
        found = list(dict.fromkeys(_network(line) for line in lines if line))
        if len(found) > MOST_NETWORKS:
            text = gettext("At most %(n)d networks are allowed.") % {"n": MOST_NETWORKS}
            raise ValidationError(text)
        return found

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        values = self.cleaned_data
        if not self.errors:
            self.instance.scopes = [one for one in Scope.values if one in values["scopes"]]
            self.instance.networks = values["networks"]
            self.instance.expires_at = end(values["last_day"])


class NewServiceTokenForm(ServiceTokenForm):
    """A new service token, which is named once and for all."""

    name = forms.CharField(
        label=_("Name"),
        max_length=150,
        help_text=_("Such as erp or scanner-3. The history names the system so, for ever."),
        validators=[User.username_validator],
        widget=UnfoldAdminTextInputWidget(),
    )

    def clean_name(self) -> str:
        """Return the name. Raise ValidationError for one that somebody has already."""
        account = User(username=self.cleaned_data["name"])
        try:
            account.clean()
        except ValidationError as error:
            raise ValidationError(error.messages) from error
        return account.username


class NewSecretForm(forms.Form):
    """Asks how long the old secret is valid beside the new one."""

    grace = forms.TypedChoiceField(
        label=_("The old secret"), coerce=int, widget=UnfoldAdminSelectWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        grace: Any = self.fields["grace"]
        grace.choices = [(hours, _how_long(hours)) for hours in GRACES]


def _how_long(hours: int) -> str:
    if not hours:
        return gettext("ends at once")
    text = ngettext("is valid for %(n)d more hour", "is valid for %(n)d more hours", hours)
    return text % {"n": hours}


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        message = gettext("“%(text)s” is no network: write it as 10.1.0.0/16 or 10.1.2.3.")
        raise ValidationError(message % {"text": text}) from error
