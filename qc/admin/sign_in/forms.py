"""The forms of signing in, and of one's own new password."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth import authenticate
from django.contrib.auth.forms import SetPasswordForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm
from unfold.widgets import BASE_INPUT_CLASSES

from qc import history
from qc.core.context import current_user
from qc.models import ChangeKind, User


def may_enter(user: Any) -> bool:
    """Return whether this account is a person's, active, meant for the pages, and has a role."""
    is_persons = user.is_active and user.is_staff and not user.is_machine
    return is_persons and user.has_module_perms("qc")


class SignInForm(AuthenticationForm):
    """Asks for name and password; says what to do to somebody who has no role, or no account now.

    Only who knows the password learns that an account is deactivated: else anybody could find out
    which accounts there are.
    """

    def clean(self) -> Any:
        """Return the values of somebody who may enter. Raise ValidationError for anybody else."""
        # What this thread was told about another sign-in.
        AuthenticationBackend.unstash_authenticated_user()
        return super().clean()

    def get_invalid_login_error(self) -> ValidationError:
        """Return why nobody was signed in."""
        # The password was right, and the account is not active.
        if AuthenticationBackend.unstash_authenticated_user() is None:
            return super().get_invalid_login_error()
        return ValidationError(
            _("This account is deactivated. Please ask a manager to activate it again."), "inactive"
        )

    def confirm_login_allowed(self, user: User) -> None:
        """Raise ValidationError for an account that may not enter the pages."""
        super().confirm_login_allowed(user)
        if not may_enter(user):
            raise ValidationError(_("You have no role yet. Please ask a manager for one."))


class NewPassword:
    """What each form of a new password does: it ends the sessions and tokens of its person."""

    user: User

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        """Save the password with its history row; a session of this request goes on."""
        chosen: User = super().save(commit=False)  # type: ignore[misc]
        person = User.objects.locked(chosen.pk).get()
        person.password = chosen.password
        # Somebody who is not signed in has a link that was made for them.
        by = current_user() or person
        history.save(person, kind=ChangeKind.PASSWORD_CHANGED, by=by, fields=["password"])
        chosen.refresh_from_db(fields=["access_ended_at"])
        return chosen


class OwnPasswordForm(NewPassword, AdminOwnPasswordChangeForm):
    """One's own new password, which ends one's other sessions and all tokens."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """Return the old password. A wrong one counts for the lock-out, as at a sign-in."""
        old: str = self.cleaned_data["old_password"]
        known = authenticate(self.request, username=self.user.get_username(), password=old)
        if known is None:
            raise ValidationError(self.error_messages["password_incorrect"], "password_incorrect")
        return old


class ChosenPasswordForm(NewPassword, SetPasswordForm):
    """A first or new password, chosen by whoever was given a link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = " ".join(BASE_INPUT_CLASSES)
        self.fields["new_password1"].widget.attrs["autofocus"] = True
