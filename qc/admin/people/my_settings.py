"""*My settings*: the language, time zone and keys of one's own pages."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin import site
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from qc import history
from qc.admin.people import sign_ins
from qc.admin.second_factor import pages as second_factors
from qc.core import localization
from qc.core.transactions import retrying
from qc.models import ChangeKind, User
from qc.web.users import user_of

SETTINGS = ("language", "time_zone", "single_keys")


def _zones() -> list[tuple[Any, Any]]:
    site = _("Default: %(zone)s") % {"zone": settings.TIME_ZONE}
    return [("", site), *localization.zones()]


class ZoneField(forms.ChoiceField):
    """A choice of time zones by area; no choice means the site's own."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Time zone"), required=False, choices=_zones, widget=UnfoldAdminSelectWidget()
        )

    def valid_value(self, value: str) -> bool:
        """Return whether the zone exists; its name may be an older one that is not listed."""
        return super().valid_value(value) or localization.is_zone(value)


class LanguageField(forms.ChoiceField):
    """A choice of languages; no choice means that of the browser."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Language"),
            required=False,
            choices=lambda: [("", _("Same as the browser")), *localization.languages()],
            widget=UnfoldAdminSelectWidget(),
        )


class SettingsForm(forms.ModelForm):
    """The settings that everybody has."""

    language = LanguageField()
    time_zone = ZoneField()

    class Meta:
        model = User
        fields: ClassVar = list(SETTINGS)
        widgets: ClassVar = {"single_keys": UnfoldBooleanSwitchWidget}


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the links of the account menu; Unfold calls it for every page."""
    pages = {"my_settings": _("My settings")}
    if settings.QC_PASSWORD_FORM:
        pages["password_change"] = _("Change password")
    return [{"title": title, "link": reverse(f"admin:{name}")} for name, title in pages.items()]


def page(request: HttpRequest) -> HttpResponse:
    """Show the page, or save the settings chosen on it."""
    form = SettingsForm(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if form.is_valid():
        _save(user_of(request), form.cleaned_data)
        with localization.localized(form.cleaned_data["language"], form.cleaned_data["time_zone"]):
            messages.success(request, gettext("Your settings are saved."))
        return HttpResponseRedirect(reverse("admin:my_settings"))
    context = site.each_context(request) | {"title": _("My settings"), "form": form}
    context |= second_factors.summary(user_of(request))
    context |= sign_ins.shown(request, user_of(request))
    return render(request, "qc/people/my_settings.html", context)


@retrying
def _save(person: User, values: dict[str, Any]) -> None:
    """Save what has changed, with its history row."""
    stored = User.objects.locked(person.pk).get()
    changed = [name for name in SETTINGS if getattr(stored, name) != values[name]]
    for name in changed:
        setattr(stored, name, values[name])
    if changed:
        history.save(stored, kind=ChangeKind.SETTINGS_CHANGED, by=person, fields=changed)
