"""Who may do what, for pages, API and domain.

A role is a group (`qc.models.Role`); a migration gives each group its permissions. This module
defines what these permissions allow.
"""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from qc.core.exceptions import NotAllowed
from qc.models import Task, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

# The transitions that a task's holder may make, and those that a manager may.
HOLDERS = frozenset({"start", "complete", "release", "draft", "undo", "correct"})
MANAGERS = frozenset({"assign", "release", "hold", "resume", "cancel", "reopen", "edit"})


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


def may(user: User, transition: str, task: Task) -> bool:
    """Return whether this user may make this transition, whatever the status of the task."""
    holds = transition in HOLDERS and task.assignee_id == user.pk
    return holds or (transition in MANAGERS and is_manager(user))


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


def check_steers(user: User | None, person: User) -> None:
    """Raise NotAllowed unless the user is this person, a manager or a job (None)."""
    if user is not None and user.pk != person.pk and not is_manager(user):
        raise NotAllowed(_("Only a manager may do this to somebody else."))


def may_edit_account(user: User, account: User) -> bool:
    """Return whether this user may edit an account; only superusers may edit a superuser's."""
    return user.has_perm("qc.change_user") and (user.is_superuser or not account.is_superuser)


def check_edits_account(user: User | None, account: User) -> None:
    """Raise NotAllowed unless `may_edit_account`; a job (None) may."""
    if user is not None and not may_edit_account(user, account):
        raise NotAllowed(_("You may not edit this account."))


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
