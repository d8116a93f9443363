"""What the list and the page of people show beside what is stored of them."""

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from qc.admin.shared import labels
from qc.audit import erasure_requests, second_factors, sentences
from qc.core.wording import clock
from qc.models import Role, Task, User
from qc.work import explanations

TEXT_LINK = '<a class="text-link" href="{}">{}</a>'


class PersonColumns:
    """The columns and fields that are made when they are shown."""

    @admin.display(description=_("presence"), ordering="is_logged_in")
    def presence(self, person: Any) -> SafeString:
        """Return their presence; nobody is free or busy who gets no tasks, such as an auditor."""
        roles = {group.name for group in person.groups.all()}
        gets_tasks = Role.QC_STAFF in roles or person.queues.all()
        if person.takes_work and not (gets_tasks or person.open_tasks):
            return labels.label(gettext("signed in"))
        return labels.presence(person)

    @admin.display(description=_("name"), ordering="first_name", empty_value="-")
    def names(self, person: User) -> str | None:
        """Return first and last name, or that it is a service token's account."""
        if person.is_machine:
            return gettext("service token")
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
        """Return a link to the page that makes a link for a new password."""
        page = reverse("admin:auth_user_password_change", args=[person.pk])
        return format_html(TEXT_LINK, page, gettext("Reset password"))

    @admin.display(description=_("second factor"), empty_value="-")
    def second_factor(self, person: User) -> str | None:
        """Return of which kinds their second factors are."""
        kinds = second_factors.of(person).values_list("type", flat=True)
        return ", ".join(sentences.factor_name(kind) for kind in kinds) or None

    @admin.display(description=_("requested"))
    def anonymising(self, person: User) -> str:
        """Return who has asked to anonymise them, why, and when it may be confirmed."""
        request = erasure_requests.request_of(person)
        if request is None:
            return ""
        return gettext(
            "%(who)s asked for it (%(at)s): %(reason)s. Another superuser can confirm it from "
            "%(from)s on."
        ) % {
            "who": request.by or gettext("The console"),
            "at": clock(request.at),
            "reason": request.reason,
            "from": clock(request.may_be_confirmed_from),
        }

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
