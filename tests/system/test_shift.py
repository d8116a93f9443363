"""The black box: everybody works through the API at once while the sweep runs each second."""

from collections.abc import Callable

from qc.models import Queue, Task, User
from tests.system.clients import Client, answers, assert_done_once, at_work, faults
from tests.system.records import completions, most_held_at_once
from tests.system.site import Site, assert_sound, is_embedded

Hire = Callable[[int], list[User]]
Pile = Callable[..., list[Task]]

PEOPLE, TASKS = (8, 200) if is_embedded() else (64, 640)


def test_every_task_is_completed_once_by_its_holder(
    site: Site, queue: Queue, hire: Hire, pile: Pile
) -> None:
    people, tasks = hire(PEOPLE), pile(queue, TASKS)
    site.start_web()
    site.start_jobs()
    clients = [Client(site.url, person.username, patience=60) for person in people]
    with at_work(clients):
        pass

    assert_done_once(clients, completions())
    assert len(completions()) == len(tasks)
    assert set(Task.objects.values_list("pk", "assignee__username")) == set(completions())
    # How many wait, and how long, is a matter of the machine.
    assert answers(clients).keys() <= {200, 503}
    assert all("Too much is asked at once" in one for one in faults(clients))
    assert most_held_at_once() == 1
    assert_sound(site)
