"""The forms by which people show who they are, and set up how."""

from typing import Any

from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from qc.models import User
from qc.web import second_factors

LONGEST_CODE, LONGEST_NAME = 20, 60


def _code_field(help_text: Any, *, required: bool) -> forms.CharField:
    shown = {"autocomplete": "one-time-code", "autofocus": True, "data-not-kept": True}
    return forms.CharField(
        label=_("Code"),
        required=required,
        max_length=LONGEST_CODE,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget(attrs=shown),
    )


class FactorForm(forms.Form):
    """Takes a code, or what a security key answered to the page's script.

    `proof` is the type of the factor once the form is valid.
    """

    code = _code_field(_("From your app, or a recovery code."), required=False)
    credential = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: HttpRequest, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.person, self.proof = request, person, ""

    def clean(self) -> dict[str, Any]:
        """Check the code or the key. Raise ValidationError if it is wrong, which is counted."""
        code, credential = map(self.cleaned_data.get, ("code", "credential"))
        if credential:
            self.proof = second_factors.accept_key(self.request, self.person, credential)
        elif code:
            self.proof = second_factors.accept_code(self.request, self.person, code)
        if not self.proof:
            raise ValidationError(_("This is wrong, or was used already. Please try again."))
        return self.cleaned_data


class PasswordForm(forms.Form):
    """Takes one's own password; a wrong one counts for the lock-out, as at a sign-in."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=UnfoldAdminPasswordWidget(
            attrs={"autocomplete": "current-password", "autofocus": True}
        ),
    )

    def __init__(self, *args: Any, request: HttpRequest, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request, self.person = request, person

    def clean_password(self) -> str:
        """Return the password. Raise ValidationError if it is wrong."""
        password: str = self.cleaned_data["password"]
        name = self.person.get_username()
        if authenticate(self.request, username=name, password=password) is None:
            raise ValidationError(_("The password is wrong."))
        return password


class AppForm(ActivateTOTPForm):
    """Takes the first code of an app; `secret` is what it has to be of, kept in the session."""

    code = _code_field(_("The code that your app shows now."), required=True)


class KeyForm(AddWebAuthnForm):
    """Takes the name of a new key, and what it answered to the page's script."""

    name = forms.CharField(
        label=_("Name"),
        required=False,
        max_length=LONGEST_NAME,
        help_text=_("By which you know it again, such as “Blue key”."),
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
    )

    def clean(self) -> dict[str, Any]:
        """Return name and credential. Raise ValidationError also for a malformed credential."""
        try:
            return super().clean()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValidationError(_("The key did not answer as expected.")) from error


class KeyNameForm(forms.Form):
    """Takes another name for a key."""

    name = forms.CharField(
        label=_("Name"), max_length=LONGEST_NAME, widget=UnfoldAdminTextInputWidget()
    )
