"""Which actions make sense for a person or a queue as they are now, wherever they are offered."""

from qc.core.commitments import pseudonym
from qc.models import Queue, User


def of_person(person: User) -> set[str]:
    """Return the names of the actions that change something for this person."""
    offers = {
        "sign_out": person.is_logged_in,
        "take_break": person.takes_work,
        "come_back": person.is_logged_in and bool(person.break_reason),
        "forget": not person.is_active and person.username != pseudonym(person.pk),
    }
    return {name for name, makes_sense in offers.items() if makes_sense}


def of_queue(queue: Queue) -> set[str]:
    """Return the name of the one action that the queue's state asks for."""
    return {"unpause" if queue.is_paused else "pause"}
