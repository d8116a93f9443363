"""What goes with a change of an account, whether it was typed or stood in a file."""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.utils.translation import gettext, ngettext

from qc import history
from qc.core.localization import for_the_record
from qc.models import Task, User
from qc.work import presence


def deactivate(person: User, *, by: User | None) -> list[Task]:
    """Sign out somebody who is being deactivated; return the tasks that they held."""
    with for_the_record():
        reason = gettext("deactivated")
    return presence.sign_out(person.pk, by=by, reason=reason)


def set_roles(person: User, roles: Iterable[Group], *, among: Iterable[Group]) -> None:
    """Give a person these of the groups `among`, and leave their other groups; without history."""
    others = person.groups.exclude(pk__in=[group.pk for group in among])
    with history.without_history(person):
        person.groups.set([*others, *roles])


def why_too_few(person: User, capacity: int) -> str:
    """Return why this capacity is too small for what the person holds, "" if it is not."""
    held = Task.objects.held_by(person).count()
    if held <= capacity:
        return ""
    text = ngettext(
        "%(person)s has one task now: take it back first.",
        "%(person)s has %(held)d tasks now: take some back first.",
        held,
    )
    return text % {"person": person, "held": held}
