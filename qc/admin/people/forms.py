"""The forms of an account, with its roles and queues."""

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from qc.admin.people.my_settings import ZoneField
from qc.admin.shared import labels
from qc.admin.shared.forms import SeenForm
from qc.core.context import kind_of_change
from qc.core.localization import for_the_record
from qc.models import ChangeKind, Queue, Role, Task, User


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

    roles = RoleField(
        Group.objects.filter(name__in=Role.values).order_by("pk"),
        label=_("Roles"),
        help_text=_("Without a role nobody can sign in to the pages."),
    )
    queues = SetField(Queue.objects.open(), label=_("Queues"))

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


class NewPersonForm(AccountForm, UserCreationForm):
    """A new person, with a first password."""


class PersonForm(SeenForm, AccountForm, UserChangeForm):
    """An existing person."""

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
        held = Task.objects.held_by(self.instance).count()
        if held <= capacity:
            return capacity
        text = ngettext(
            "%(person)s has one task now: take it back first.",
            "%(person)s has %(held)d tasks now: take some back first.",
            held,
        )
        raise ValidationError(text % {"person": self.instance, "held": held})

    def _if_deactivated(self) -> str:
        """Return what happens when the person is deactivated: it names what they hold."""
        text = gettext("Without it they are signed out everywhere and can't sign in.")
        held = [task.reference for task in Task.objects.held_by(self.instance)]
        if not held:
            return text
        more = ngettext("%s goes back to its queue.", "%s go back to their queues.", len(held))
        return f"{text} {more % ', '.join(held)}"


class NewPasswordForm(AdminPasswordChangeForm):
    """A new password for somebody; the history keeps that it was set, never the password."""

    def save(self, commit: bool = True) -> User:
        """Save the password, with one history row."""
        self.user._change_reason = str(_("new password"))
        with kind_of_change(ChangeKind.PASSWORD_CHANGED):
            return super().save(commit)


def _names(items: Any) -> str:
    return ", ".join(sorted(str(one) for one in items or ())) or "–"
