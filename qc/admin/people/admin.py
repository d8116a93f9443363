"""The people pages: list, form and history of accounts, with their roles and queues."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.enums import ActionVariant

from qc import history, permissions
from qc.admin.people.forms import NewPasswordForm, NewPersonForm, PersonForm
from qc.admin.shared import available_actions, labels
from qc.admin.shared.base import AuditedModelAdmin, after_commit, save_columns
from qc.admin.shared.dialogs import NoReasonForm, SignOutForm, dialog_action
from qc.admin.shared.open_queues import OpenQueuesFilter
from qc.admin.shared.returned import say_returned
from qc.audit import erasure
from qc.core.localization import for_the_record
from qc.history import timeline
from qc.models import ChangeKind, Queue, Role, Task, User
from qc.work import actions as work
from qc.work import explanations, lost_access, presence

TEXT_LINK = '<a class="text-link" href="{}">{}</a>'


class PresenceFilter(DropdownFilter):
    """A filter by presence."""

    title = _("presence")
    parameter_name = "presence"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the choices."""
        return [
            ("free", _("Free")),
            ("busy", _("Busy")),
            ("break", _("On break")),
            ("in", _("Signed in")),
            ("out", _("Signed out")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[User]:
        """Return the people with the chosen presence."""
        free = User.objects.free().order_by().values("pk")
        kinds = {
            "free": queryset.filter(pk__in=free),
            "busy": queryset.taking_work().exclude(pk__in=free),
            "break": queryset.signed_in().exclude(break_reason=""),
            "in": queryset.signed_in(),
            "out": queryset.filter(is_logged_in=False),
        }
        return kinds.get(self.value(), queryset)


class RoleFilter(DropdownFilter):
    """A filter by role."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the roles."""
        return list(Role.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """Return the people with the chosen role."""
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


# Registered by django.contrib.auth; here roles are set on a person's page.
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(AuditedModelAdmin, UserAdmin):
    """Lists, shows and edits people; nobody is deleted, only deactivated."""

    form = PersonForm
    add_form = NewPersonForm
    add_form_template = None
    change_password_form = NewPasswordForm
    list_display = (
        "username",
        "names",
        "presence",
        "holds",
        "roles_held",
        "queues_on",
        "last_seen",
    )
    list_filter = (PresenceFilter, RoleFilter, ("queues", OpenQueuesFilter), "is_active")
    search_fields = ("username", "first_name", "last_name")
    ordering = ("username",)
    actions = ()
    actions_detail = ("come_back", "take_break", "sign_out", "anonymise")
    filter_horizontal = ()
    change_form_outer_after_template = "qc/people/day.html"
    readonly_fields = (
        "presence",
        "why",
        "tasks_held",
        "last_seen",
        "roles_held",
        "queues_on",
        "set_password",
        "last_login",
        "date_joined",
    )
    add_fieldsets = (
        (None, {"fields": ("username", ("first_name", "last_name"), "email")}),
        (_("Work"), {"fields": ("roles", "queues", "capacity")}),
        (_("Password"), {"fields": ("usable_password", "password1", "password2")}),
    )
    fieldsets = (
        (_("Now"), {"fields": (("presence", "last_seen"), "why", "tasks_held")}),
        (None, {"fields": ("username", ("first_name", "last_name"), "email", "set_password")}),
        (_("Work"), {"fields": ("roles", "queues", "capacity", "is_active")}),
        (_("Language and time"), {"fields": (("language", "time_zone"),)}),
        (_("Account"), {"fields": (("date_joined", "last_login"),)}),
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
        question="",
        done=_("%(item)s is signed out."),
        icon="logout",
        form=SignOutForm,
        variant=ActionVariant.DANGER,
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
    anonymise = dialog_action(
        "anonymise",
        erasure.anonymise,
        label=_("Anonymise"),
        question=_(
            "For people who have left the company: removes their names and e-mail "
            "address from the account and its history, and from the sign-in events "
            "together with the network addresses. What they did is kept under a "
            "pseudonym. Names that somebody wrote into a reason, a note or a task "
            "are kept. This cannot be undone."
        ),
        done=_("The account is anonymised. It has a pseudonym now."),
        icon="person_off",
        variant=ActionVariant.DANGER,
    )

    presence = staticmethod(labels.presence)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether this user may edit the account; a superuser's needs a superuser."""
        if obj is None:
            return super().has_change_permission(request)
        return permissions.may_edit_account(request.user, obj)  # type: ignore[arg-type]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Return the people, with the number of tasks that each holds."""
        people: Any = super().get_queryset(request)
        return people.with_open_tasks().prefetch_related("groups", "queues")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return no actions for several people."""
        return {}

    def available_actions(self, request: HttpRequest, item: User) -> Collection[str]:
        """Return the names of the actions that make sense for a person as they are now."""
        return available_actions.of_person(item)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the sections that this user may see, with one more for superusers."""
        if obj is not None and not self.has_change_permission(request, obj):
            return self.reading_fieldsets
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not request.user.is_superuser:
            return fieldsets
        return (*fieldsets, (_("Superuser"), {"fields": ("is_superuser",)}))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Show the form, and below it the person's day."""
        person = context.get("original")
        if person is not None and self.has_view_history_permission(request, person):
            context["day"] = timeline.of_today(person)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save the columns; the history row is written by `save_related`."""
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
            _set_roles(person, form)
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

    @admin.display(description=_("name"), ordering="first_name", empty_value="-")
    def names(self, person: User) -> str | None:
        """Return first and last name."""
        return person.get_full_name() or None

    @admin.display(description=_("assigned tasks"), ordering="open_tasks")
    def holds(self, person: User) -> str:
        """Return how many tasks they hold, and their capacity."""
        return gettext("%(held)d of %(most)d") % {
            "held": person.open_tasks,
            "most": person.capacity,
        }

    @admin.display(description=_("roles"), empty_value="-")
    def roles_held(self, person: User) -> str | None:
        """Return their roles."""
        return ", ".join(map(labels.role, person.groups.all())) or None

    @admin.display(description=_("queues"), empty_value="-")
    def queues_on(self, person: Any) -> str | None:
        """Return the queues they are on."""
        return ", ".join(one.name for one in person.queues.all() if not one.is_closed) or None

    @admin.display(description=_("last seen"), ordering="last_seen_at")
    def last_seen(self, person: User) -> SafeString:
        """Return how long ago they were last seen."""
        return labels.age(person.last_seen_at)

    @admin.display(description=_("password"))
    def set_password(self, person: User) -> SafeString:
        """Return a link to the page that sets a new password."""
        page = reverse("admin:auth_user_password_change", args=[person.pk])
        return format_html(TEXT_LINK, page, gettext("Set a new password"))

    @admin.display(description=_("why"))
    def why(self, person: User) -> str:
        """Return why they have the tasks that they have, or none."""
        return explanations.of_person(person)

    @admin.display(description=_("tasks"), empty_value="-")
    def tasks_held(self, person: User) -> SafeString | None:
        """Return links to the tasks they hold."""
        tasks = [
            (reverse("admin:qc_task_change", args=[task.pk]), task)
            for task in Task.objects.held_by(person)
        ]
        return format_html_join(SafeString("<br>"), TEXT_LINK, tasks)


def _end_work(person: User, *, by: Any) -> list[Task]:
    """Sign out somebody who is being deactivated, everywhere; return the tasks that they held."""
    with for_the_record():
        reason = gettext("deactivated")
    returned = presence.sign_out(person.pk, by=by, reason=reason)
    presence.end_access(person.pk)
    after_commit(work.hand_out_from, {task.queue_id for task in returned})
    return returned


def _set_roles(person: User, form: Any) -> None:
    # The page doesn't show groups that are no roles: they stay.
    others = person.groups.exclude(pk__in=form.fields["roles"].queryset)
    with history.without_history(person):
        person.groups.set([*others, *form.cleaned_data["roles"]])


def _set_queues(person: User, chosen: Any, *, by: Any) -> None:
    wanted = {queue.pk for queue in chosen}
    # The page doesn't show closed queues: they keep their people, for a reopening.
    now = set(person.queues.filter(is_closed=False).values_list("pk", flat=True))
    for queue in Queue.objects.select_for_update().filter(pk__in=wanted ^ now).order_by("pk"):
        with history.without_history(queue):
            (queue.people.add if queue.pk in wanted else queue.people.remove)(person)
        # The row's set of people says who was added or removed.
        history.record_many([queue], kind="", by=by, reasons=[""])
