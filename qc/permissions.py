"""Who may do what, for pages, API and domain.

A role is a group (`qc.models.Role`); a migration gives each group its permissions. This module
defines what these permissions allow.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat
from django.utils.translation import gettext as _

from qc.core.compiled_queries import Joined, Prepared
from qc.core.exceptions import NotAllowed
from qc.models import Role, Task, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

_SEE = {
    f"view_{prefix}{model}" for prefix in ("", "historical") for model in ("task", "queue", "user")
}
# What each role may, as migrations grant it: one that changes this changes it here too. Each night
# the database is compared with it.
GRANTS: dict[str, set[str]] = {
    Role.QC_STAFF: {"work_task"},
    Role.MANAGERS: _SEE
    | {"work_task", "manage_task", "export_task", "add_task", "change_task"}
    | {"add_queue", "change_queue", "delete_queue", "add_user", "change_user"},
    Role.AUDITORS: _SEE | {"export_task"},
}

# Where Django keeps the rights of a user that it has read.
KNOWN_RIGHTS = "_perm_cache"
# The transitions that a task's holder may make, and those that a manager may; both may add and
# remove its files.
HOLDERS = frozenset({"start", "complete", "release", "draft", "undo", "correct", "files"})
MANAGERS = frozenset({"assign", "release", "hold", "resume", "cancel", "reopen", "edit"})
MANAGERS |= {"files", "next"}


def rights_of(person: OuterRef) -> Concat:
    """Return the expression of a user's rights, their own and those of their roles, as one text."""
    own = User.user_permissions.through.objects.filter(user=person).values("user")
    roles = Group.permissions.through.objects.filter(group__user=person).values("group__user")
    return Concat(_joined(own), Value(","), _joined(roles))


def _joined(grants: Any) -> Coalesce:
    name = Concat("permission__content_type__app_label", Value("."), "permission__codename")
    return Coalesce(Subquery(grants.order_by().annotate(all=Joined(name)).values("all")), Value(""))


PERSON = Prepared(lambda pk: User.objects.filter(pk=pk))
RIGHTS = Prepared(lambda pk: User.objects.filter(pk=pk).values_list(rights_of(OuterRef("pk"))))


class RightsBackend:
    """Reads all rights of a user as one statement, once for each request; signs nobody in."""

    def authenticate(self, request: Any) -> None:
        """Return nobody."""

    def get_all_permissions(self, user: Any, obj: object = None) -> set[str]:
        """Return the rights of an active user, but none of a superuser, who needs none."""
        if not user.is_active or user.is_superuser or obj is not None:
            return set()
        if not hasattr(user, KNOWN_RIGHTS):
            know_rights(user, RIGHTS.rows(user.pk)[0][0])
        rights: set[str] = getattr(user, KNOWN_RIGHTS)
        return rights

    def has_perm(self, user: Any, right: str, obj: object = None) -> bool:
        """Return whether a user has a right."""
        return right in self.get_all_permissions(user, obj)

    def has_module_perms(self, user: Any, app: str) -> bool:
        """Return whether a user has any right in an application."""
        return any(right.startswith(f"{app}.") for right in self.get_all_permissions(user))


def know_rights(user: User, rights: str) -> None:
    """Keep the rights of a user, as `rights_of` has them, for as long as this object is used."""
    if not user.is_superuser:
        setattr(user, KNOWN_RIGHTS, set(rights.split(",")) - {""})


def as_stored(user: User) -> User:
    """Return a user as they are stored now, with the rights that this request has read already."""
    stored: User = PERSON.first(user.pk)
    if hasattr(user, KNOWN_RIGHTS):
        setattr(stored, KNOWN_RIGHTS, getattr(user, KNOWN_RIGHTS))
    return stored


def is_manager(user: "User | AnonymousUser") -> bool:
    """Return whether this user manages tasks and people."""
    return user.has_perm("qc.manage_task")


def may_work(user: "User | AnonymousUser") -> bool:
    """Return whether this user may be given tasks and complete them."""
    return user.has_perm("qc.work_task")


def is_auditor(user: "User | AnonymousUser") -> bool:
    """Return whether this user may read everything, history included."""
    return user.has_perm("qc.view_historicaltask")


def check_role(user: User) -> None:
    """Raise NotAllowed for an account without any role: it has no business here."""
    if not (may_work(user) or is_auditor(user)):
        raise NotAllowed(_("Your account has no role. Please ask a manager for one."))


def check_works(person: User) -> None:
    """Raise NotAllowed for a person who may not be given tasks."""
    if not may_work(person):
        raise NotAllowed(_("%s has no role that works on tasks.") % person)


def may(user: User, transition: str, task: Task) -> bool:
    """Return whether this user may make this transition, whatever the status of the task."""
    holds = transition in HOLDERS and task.assignee_id == user.pk
    return holds or (transition in MANAGERS and is_manager(user))


def may_rework(user: User, task: Task) -> bool:
    """Return whether this user may have a task reworked, whatever its status.

    Managers may, and its checker where the queue says where reworks go.
    """
    is_checker = task.assignee_id == user.pk and may_work(user)
    return is_manager(user) or (is_checker and task.queue.rework_queue_id is not None)


def check(user: User | None, transition: str, task: Task) -> None:
    """Raise NotAllowed unless the user `may` do it; a job (None) may do everything."""
    if user is not None and not may(user, transition, task):
        raise NotAllowed(_refusal(transition, task))


def check_manager(user: User) -> None:
    """Raise NotAllowed unless this user is a manager."""
    if not is_manager(user):
        raise NotAllowed(_("Only a manager may do this."))


def check_auditor(user: User) -> None:
    """Raise NotAllowed unless this user `is_auditor`, as managers are too."""
    if not is_auditor(user):
        raise NotAllowed(_("Only a manager or an auditor may read this."))


def may_steer(user: User, person: User) -> bool:
    """Return whether this user may sign a person out, end their access and switch their breaks.

    One's own always; else it takes what it takes to edit the account. Superusers also steer the
    accounts of service tokens.
    """
    if person.is_machine and is_superuser(user):
        return True
    return user.pk == person.pk or may_edit_account(user, person)


def check_steers(user: User | None, person: User) -> None:
    """Raise NotAllowed unless the user `may_steer` this person; a job (None) may."""
    if user is None or may_steer(user, person):
        return
    if is_manager(user):
        raise NotAllowed(_("You may not edit this account."))
    raise NotAllowed(_("Only a manager may do this to somebody else."))


def steered_by(user: "User | AnonymousUser", people: Iterable[User]) -> set[int]:
    """Return the ids of those of some people whom this user `may_steer`, in one statement."""
    people = list(people)
    machines = {person.pk for person in people if person.is_machine and is_superuser(user)}
    edited = edited_by(user, people) | machines
    return {user.pk, *edited} if user.pk else edited


def edited_by(user: "User | AnonymousUser", people: Iterable[User]) -> set[int]:
    """Return the ids of those whose accounts this user `may_edit_account`, in one statement."""
    if not user.has_perm("qc.change_user"):
        return set()
    ids = [person.pk for person in people if not person.is_machine]
    if user.is_superuser:
        return set(ids)
    staff = User.objects.filter(pk__in=ids).staff_accounts()
    return set(staff.values_list("pk", flat=True))


def roles_given_by(user: "User | AnonymousUser") -> QuerySet[Group]:
    """Return the roles that this user may give and take: a superuser all, a manager QC staff."""
    names = Role.values if user.is_superuser else [Role.QC_STAFF]
    return Group.objects.filter(name__in=names).order_by("pk")


def may_edit_account(user: "User | AnonymousUser", account: User) -> bool:
    """Return whether this user may edit an account.

    Managers edit those of QC staff and those without a role: whoever could rename, deactivate or
    sign in as an auditor, or another manager, could hide what they did themselves. The account of a
    service token is edited by nobody: it is as its token is.
    """
    if account.is_machine:
        return False
    is_staff_account = User.objects.filter(pk=account.pk).staff_accounts().exists
    return user.has_perm("qc.change_user") and (user.is_superuser or is_staff_account())


def is_superuser(user: "User | AnonymousUser") -> bool:
    """Return whether this user may anonymise people and reset others' second factors."""
    return user.is_active and user.is_superuser


def check_superuser(user: User | None) -> None:
    """Raise NotAllowed unless the user `is_superuser`; the console (None) may."""
    if user is not None and not is_superuser(user):
        raise NotAllowed(_("Only a superuser may do this."))


def must_have_second_factor(user: "User | AnonymousUser") -> bool:
    """Return whether QC_SECOND_FACTOR demands a second factor of this user."""
    demanded = settings.QC_SECOND_FACTOR
    return demanded == "all" or (demanded == "managers" and is_auditor(user))


def _refusal(transition: str, task: Task) -> str:
    if transition not in HOLDERS:
        return _("Only a manager may do this.")
    if task.assignee_id is None:
        return _("%(task)s is not assigned to you.") % {"task": task.reference}
    if task.completed_at is not None:
        sentence = _("%(task)s was completed by %(person)s.")
    else:
        sentence = _("%(task)s is assigned to %(person)s.")
    return sentence % {"task": task.reference, "person": task.assignee}
