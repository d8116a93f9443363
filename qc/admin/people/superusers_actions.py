"""What superusers alone may do to an account: have it anonymised, reset its second factor."""

from typing import Any

from allauth.core import context as request_context
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.enums import ActionVariant

from qc import permissions
from qc.admin.shared.base import AuditedModelAdmin
from qc.admin.shared.dialogs import dialog_action
from qc.audit import erasure, erasure_requests, second_factors
from qc.models import User
from qc.web.second_factors import source


def _reset_second_factor(person_id: int, *, by: User, reason: str) -> User:
    came_from = source(request_context.request)
    return second_factors.reset(person_id, by=by, reason=reason, source=came_from)


class SuperusersActions(AuditedModelAdmin):
    """The actions, each with its dialog."""

    ask_to_anonymise = dialog_action(
        "ask_to_anonymise",
        erasure_requests.make,
        label=_("Anonymise"),
        question=_(
            "For people who have left the company: asks to remove their names and e-mail "
            "address from the account and its history, and from the sign-in events "
            "together with the network addresses. What they did is kept under a "
            "pseudonym. Names that somebody wrote into a reason, a note or a task "
            "are kept. Another superuser must confirm it, after 24 hours at the earliest."
        ),
        done=_("Another superuser can confirm it after 24 hours. Nothing is changed yet."),
        icon="person_off",
        variant=ActionVariant.DANGER,
        permission="superuser",
        needs_proof=True,
    )
    anonymise = dialog_action(
        "anonymise",
        erasure.anonymise,
        label=_("Confirm anonymising"),
        question=_("Removes the names of this person now. This cannot be undone."),
        done=_("The account is anonymised. It has a pseudonym now."),
        icon="person_off",
        variant=ActionVariant.DANGER,
        permission="superuser",
        needs_proof=True,
    )
    keep_names = dialog_action(
        "keep_names",
        erasure_requests.take_back,
        label=_("Take back anonymising"),
        question=_("The account keeps its names."),
        done=_("The account keeps its names."),
        icon="undo",
        permission="superuser",
    )
    reset_second_factor = dialog_action(
        "reset_second_factor",
        _reset_second_factor,
        label=_("Reset second factor"),
        question=_(
            "For people who have lost their app, keys and recovery codes: removes them all, and "
            "ends all sessions and tokens. Make sure that it is them who ask for it."
        ),
        done=_("The second factor of %(item)s is reset."),
        icon="lock_reset",
        variant=ActionVariant.DANGER,
        permission="superuser",
        needs_proof=True,
    )

    def has_superuser_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Return whether this user may do these."""
        return permissions.is_superuser(request.user)
