"""The forms of an account, with its roles and queues."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import UserChangeForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from qc import permissions
from qc.admin.people.my_settings import LanguageField, ZoneField
from qc.admin.shared import labels
from qc.admin.shared.forms import SeenForm
from qc.core.localization import for_the_record
from qc.models import Queue, Task, User
from qc.work import accounts


class SetField(forms.ModelMultipleChoiceField):
    """A choice of several objects, as boxes to tick."""

    def __init__(self, queryset: models.QuerySet, **options: Any) -> None:
        widget = UnfoldAdminCheckboxSelectMultipleWidget()
        super().__init__(queryset, required=False, widget=widget, **options)


class RoleField(SetField):
    """The roles, by their names in the reader's language."""

    def label_from_instance(self, obj: Any) -> str:
        """Return the role's name."""
        return labels.role(obj)


class AccountForm(forms.ModelForm):
    """The fields that adding and changing a person have in common."""

    # The user who fills it in.
    editor: User

    roles = RoleField(
        Group.objects.none(),
        label=_("Roles"),
        help_text=_("Without a role nobody can sign in to the pages."),
    )
    queues = SetField(Queue.objects.open(), label=_("Queues"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles: Any = self.fields.get("roles")
        if roles:
            roles.queryset = permissions.roles_given_by(self.editor)
            if settings.QC_OIDC and settings.QC_OIDC.roles:
                roles.help_text = gettext(
                    "%(provider)s decides the roles of who signs in with it, at each sign-in."
                ) % {"provider": settings.QC_OIDC.name}

    @for_the_record()
    def differences(self) -> str:
        """Return in words how roles and queues change, as they are not columns of a person."""
        parts = [
            f"{self.fields[name].label}: "
            f"{_names(self.initial.get(name))} → {_names(self.cleaned_data[name])}"
            for name in ("roles", "queues")
            if name in self.changed_data
        ]
        return "; ".join(parts)


class NewPersonForm(AccountForm):
    """A new person, who chooses a password by a link."""

    language = LanguageField()

    class Meta:
        model = User
        fields: ClassVar = ["username"]
        field_classes: ClassVar = {"username": UsernameField}
        help_texts: ClassVar = {
            "username": _("What they type to sign in, such as anna. Capitals make no difference."),
            "email": _(
                "May be left empty. If mail is set up, the link for the password is sent there."
            ),
        }

    def save(self, commit: bool = True) -> User:
        """Return the person, without a password."""
        self.instance.set_unusable_password()
        return super().save(commit)


class PersonForm(SeenForm, AccountForm, UserChangeForm):
    """An existing person."""

    language = LanguageField()
    time_zone = ZoneField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, now in (("roles", self.instance.groups), ("queues", self.instance.queues)):
            field: Any = self.fields.get(name)
            if field:
                self.initial[name] = list(now.filter(pk__in=field.queryset))
        if "is_active" in self.fields and self.instance.is_active:
            self.fields["is_active"].help_text = self._if_deactivated()

    def clean_capacity(self) -> int:
        """Return the capacity. Raise ValidationError if the person holds more tasks than that."""
        capacity: int = self.cleaned_data["capacity"]
        if refusal := accounts.why_too_few(self.instance, capacity):
            raise ValidationError(refusal)
        return capacity

    def _if_deactivated(self) -> str:
        """Return what happens when the person is deactivated: it names what they hold."""
        text = gettext("Without it they are signed out everywhere and can't sign in.")
        held = [task.reference for task in Task.objects.held_by(self.instance)]
        if not held:
            return text
        more = ngettext("%s goes back to its queue.", "%s go back to their queues.", len(held))
        return f"{text} {more % ', '.join(held)}"


def _names(items: Any) -> str:
    return ", ".join(sorted(str(one) for one in items or ())) or "–"
