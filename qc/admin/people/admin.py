"""The people pages: list, form and history of accounts, with their roles and queues."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from qc import history, permissions
from qc.admin.people import sign_ins
from qc.admin.people.columns import PersonColumns
from qc.admin.people.files import PeopleImportExport
from qc.admin.people.filters import MachineFilter, PresenceFilter, RoleFilter
from qc.admin.people.forms import NewPersonForm, PersonForm
from qc.admin.people.lockouts import unlock
from qc.admin.people.password_links import PasswordLinks
from qc.admin.people.superusers_actions import SuperusersActions
from qc.admin.shared import available_actions
from qc.admin.shared.base import after_commit, save_columns
from qc.admin.shared.dialogs import NoReasonForm, dialog_action
from qc.admin.shared.give_next import TaskNextForm, give_next
from qc.admin.shared.open_queues import OpenQueuesFilter
from qc.admin.shared.returned import say_returned
from qc.audit import erasure_requests, second_factors
from qc.core.localization import zone_in_words
from qc.history import timeline
from qc.models import ChangeKind, Role, Task, User
from qc.web import proofs, throttling
from qc.work import accounts, lost_access, memberships
from qc.work import actions as work
from qc.work.memberships import Membership

# Nobody else fills these in: rights, and the name by which the past is found.
SUPERUSERS_FIELDS = {"username", "is_superuser", "is_staff", "groups", "user_permissions"}
# A form that changes these asks for a new proof of who it is.
RIGHTS = {"roles", "is_superuser"}
ANONYMISING = ("ask_to_anonymise", "anonymise", "keep_names")
ANONYMISING_SECTION = (_("Anonymising"), {"fields": ("anonymising",)})


# Registered by django.contrib.auth; here roles are set on a person's page.
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(PeopleImportExport, PersonColumns, SuperusersActions, PasswordLinks, UserAdmin):
    """Lists, shows and edits people, also by files; nobody is deleted, only deactivated."""

    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    list_display = (
        "username",
        "names",
        "presence",
        "holds",
        "roles_held",
        "queues_on",
        "last_seen",
    )
    list_filter = (
        PresenceFilter,
        RoleFilter,
        MachineFilter,
        ("queues", OpenQueuesFilter),
        "is_active",
    )
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)
    actions = ("invite_selected",)
    actions_detail = (
        "give_next",
        "come_back",
        "take_break",
        "sign_out",
        "unlock",
        "reset_second_factor",
        *ANONYMISING,
    )
    filter_horizontal = ()
    change_form_outer_after_template = "qc/people/below_form.html"
    readonly_fields = (
        "anonymising",
        "presence",
        "why",
        "tasks_held",
        "last_seen",
        "roles_held",
        "queues_on",
        "set_password",
        "last_login",
        "date_joined",
        "second_factor",
    )
    add_fieldsets = (
        (None, {"fields": ("username", ("first_name", "last_name"), "email")}),
        (_("Work"), {"fields": ("roles", "queues", "capacity")}),
        (_("Language and time"), {"fields": ("language",)}),
    )
    fieldsets = (
        (_("Now"), {"fields": (("presence", "last_seen"), "why", "tasks_held")}),
        (None, {"fields": ("username", ("first_name", "last_name"), "email", "set_password")}),
        (_("Work"), {"fields": ("roles", "queues", "capacity", "is_active")}),
        (_("Language and time"), {"fields": (("language", "time_zone"),)}),
        (_("Account"), {"fields": (("date_joined", "last_login"), "second_factor")}),
    )
    # For users who may not edit: names instead of boxes, and no password.
    reading_fieldsets = (
        fieldsets[0],
        (None, {"fields": ("username", ("first_name", "last_name"), "email")}),
        (_("Work"), {"fields": ("roles_held", "queues_on", "capacity", "is_active")}),
        fieldsets[-1],
    )

    sign_out = dialog_action(
        "sign_out",
        work.sign_out,
        label=_("Sign out"),
        question=_("Their tasks return to the queue. They can sign in again."),
        done=_("%(item)s is signed out."),
        icon="logout",
        variant=ActionVariant.DANGER,
    )
    give_next = dialog_action(
        "give_next",
        give_next,
        label=_("Give next"),
        question=_("They get the task when they finish what they have, before all others."),
        done=_("%(item)s gets it next."),
        icon="playlist_add",
        form=TaskNextForm,
    )
    take_break = dialog_action(
        "take_break",
        work.take_break,
        label=_("Put on break"),
        question=_("They get no new tasks and keep the ones they have."),
        done=_("%(item)s is on break."),
        icon="coffee",
    )
    come_back = dialog_action(
        "come_back",
        work.come_back,
        label=_("End break"),
        question=_("They get tasks again at once."),
        done=_("%(item)s is back from break."),
        icon="play_arrow",
        form=NoReasonForm,
        variant=ActionVariant.PRIMARY,
    )

    unlock = dialog_action(
        "unlock",
        unlock,
        label=_("Unlock"),
        question=_(
            "Too many wrong passwords were tried with this name. They can sign in again at once. "
            "Make sure that it is them who ask for it."
        ),
        done=_("%(item)s is unlocked."),
        icon="lock_open",
        form=NoReasonForm,
        variant=ActionVariant.PRIMARY,
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may edit accounts, or this one."""
        if obj is None:
            return super().has_change_permission(request)
        return permissions.may_edit_account(request.user, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields that are only shown; to managers the name of an account too."""
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None or request.user.is_superuser else ("username", *fields)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form, which knows its user: that is a class of its own for each request."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.editor = request.user
        return form

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Show or save the form; refuse what the page would not have offered to its user."""
        if request.method == "POST" and not request.user.is_superuser:
            _refuse_crafted(request, is_new=object_id is None)
        return super().changeform_view(request, object_id, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the people, with the number of tasks that each holds."""
        people: Any = super().get_queryset(request)
        return people.with_open_tasks().prefetch_related("groups", "queues")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions for several people, without Django's own, which deletes them."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return what the form of a new person begins with: most are QC staff."""
        staff = Group.objects.filter(name=Role.QC_STAFF)
        return super().get_changeform_initial_data(request) | {"roles": list(staff)}

    def available_actions(self, request: HttpRequest, item: User) -> Collection[str]:
        """Return the names of the actions that make sense for a person as they are now."""
        user: Any = request.user
        if item.is_machine:
            return {"sign_out"} & available_actions.of_person(item)
        may_steer = permissions.may_steer(user, item)
        names = available_actions.of_person(item)
        # What they do next is no matter of their account.
        names &= names if may_steer else {"give_next"}
        may_reset = user.is_superuser and item != user and second_factors.has_one(item)
        names |= {"reset_second_factor"} if may_reset else set()
        names |= {"unlock"} if may_steer and throttling.is_locked(item.username) else set()
        return names | available_actions.of_leaver(item, user)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections that this user may see, with one more for superusers."""
        if obj is None:
            return super().get_fieldsets(request, obj)
        if not self.has_change_permission(request, obj):
            fieldsets: Any = self.reading_fieldsets
        else:
            rights = (_("Superuser"), {"fields": ("is_superuser",)})
            fieldsets = (*self.fieldsets, *([rights] if request.user.is_superuser else []))
        is_asked = erasure_requests.request_of(obj) is not None
        return (*([ANONYMISING_SECTION] if is_asked else []), *fieldsets)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show the form, and below it the person's day, sessions and tokens."""
        person = context.get("original")
        if person is not None:
            context |= sign_ins.shown(request, person)
        if person is not None and self.has_view_history_permission(request, person):
            context |= {"day": timeline.of_today(person), "zone": zone_in_words()}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the columns; the history row is written by `save_related`.

        Raises ReauthenticationRequired for other rights without a recent proof, and saves nothing.
        """
        if RIGHTS & set(form.changed_data):
            proofs.check(request)
        obj.is_staff = obj.is_staff or not change
        form.access = lost_access.access_of(obj.pk) if change else None
        if "is_active" in form.changed_data and not obj.is_active:
            say_returned(request, _end_work(obj, by=request.user))
        save_columns(obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save roles and queues with the history rows of all, and give the person work."""
        super().save_related(request, form, formsets, change)
        person: User = form.instance
        by: Any = request.user
        if not form.changed_data:
            return
        if "roles" in form.changed_data:
            among = form.fields["roles"].queryset
            accounts.set_roles(person, form.cleaned_data["roles"], among=among)
        if person == by:
            # One's other sessions end with a change of one's own account, this one goes on.
            update_session_auth_hash(request, person)
        kind = ChangeKind.ROLES_CHANGED if change and "roles" in form.changed_data else ""
        reasons = [form.differences()]
        history.record_many([person], kind=kind, by=by, reasons=reasons, created=not change)
        if "queues" in form.changed_data:
            _set_queues(person, form.cleaned_data["queues"], by=by)
        if form.access:
            returned = lost_access.return_lost(person.pk, form.access, by=by)
            say_returned(request, returned)
            after_commit(work.hand_out_from, {task.queue_id for task in returned})
        after_commit(work.hand_out_to, person.pk)


def _end_work(person: User, *, by: Any) -> list[Task]:
    """Sign out somebody who is being deactivated; return the tasks that they held."""
    returned = accounts.deactivate(person, by=by)
    after_commit(work.hand_out_from, {task.queue_id for task in returned})
    return returned


def _refuse_crafted(request: HttpRequest, *, is_new: bool) -> None:
    """Raise PermissionDenied for a form that gives rights, or renames, and is not a superuser's."""
    closed = SUPERUSERS_FIELDS - ({"username"} if is_new else set())
    given = {
        str(pk) for pk in permissions.roles_given_by(request.user).values_list("pk", flat=True)
    }
    if closed & request.POST.keys() or not given.issuperset(request.POST.getlist("roles")):
        raise PermissionDenied


def _set_queues(person: User, chosen: Any, *, by: Any) -> None:
    wanted = {queue.pk for queue in chosen}
    # The page doesn't show closed queues: they keep their people, for a reopening.
    now = set(person.queues.filter(is_closed=False).values_list("pk", flat=True))
    memberships.write(
        add={Membership(person.pk, queue) for queue in wanted - now},
        remove={Membership(person.pk, queue) for queue in now - wanted},
        by=by,
    )
