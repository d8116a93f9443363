"""Which actions change something for a person or a queue in their present state."""

from qc.audit import erasure_requests
from qc.core.commitments import pseudonym
from qc.models import Queue, User


def of_person(person: User) -> set[str]:
    """Return the names of the actions that change something for this person.

    They are read by `with_open_tasks()`.
    """
    conditions = {
        "sign_out": person.is_logged_in,
        "take_break": person.takes_work,
        "come_back": person.is_logged_in and bool(person.break_reason),
        "give_next": person.is_logged_in and not person.is_free(person.open_tasks),
    }
    return {name for name, is_met in conditions.items() if is_met}


def of_leaver(person: User, user: User) -> set[str]:
    """Return the names of the actions by which this user can have this person anonymised."""
    if person.is_active or person.username == pseudonym(person.pk):
        return set()
    request = erasure_requests.request_of(person)
    if request is None:
        return {"ask_to_anonymise"}
    return {"keep_names", *(["anonymise"] if request.may_be_confirmed_by(user) else [])}


def of_queue(queue: Queue) -> set[str]:
    """Return the names of the actions that change something for this queue."""
    if queue.is_closed:
        return set() if queue.merged_into_id else {"reopen"}
    return {"import_tasks", "unpause" if queue.is_paused else "pause", "merge", "close"}
