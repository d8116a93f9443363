"""The forms of signing in, and of one's own new password."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm

from qc.core.context import kind_of_change
from qc.models import ChangeKind, User
from qc.work import presence


def may_enter(user: Any) -> bool:
    """Return whether this account is active, meant for the pages, and has a role."""
    return user.is_active and user.is_staff and user.has_module_perms("qc")


class SignInForm(AuthenticationForm):
    """Asks for name and password; says what to do to somebody who has no role."""

    def confirm_login_allowed(self, user: User) -> None:
        """Raise ValidationError for an account that may not enter the pages."""
        super().confirm_login_allowed(user)
        if not may_enter(user):
            raise ValidationError(_("You have no role yet. Please ask a manager for one."))


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    """One's own new password, which ends one's other sessions and all tokens."""

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        """Save the password; the session of this request goes on."""
        with kind_of_change(ChangeKind.PASSWORD_CHANGED):
            person: User = super().save(commit)
        presence.end_access(person.pk)
        person.refresh_from_db(fields=["access_ended_at"])
        return person
