"""The floor, and tasks, people and queues, at moments of the past."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from qc import history
from qc.core import localization
from qc.history import point_in_time
from qc.history.registry import TABLES
from qc.models import Queue, Task, User
from qc.work import actions, presence
from tests.admin.crowds import twenty_queues_and_a_hundred_people
from tests.databases import on_mariadb, on_sqlite
from tests.work.test_any_order_of_transitions import NUMBERS, Floor
from tests.work.test_claim_cost import fill, rows_touched

AddTask = Callable[..., Task]


def lines_of(floor: point_in_time.Floor) -> list[str]:
    """Return a line for each person and each queue."""
    people = [
        f"{one.row.username} {one.row.break_reason or 'there'}:"
        + "".join(f" {row.reference} {'begun' if row.started_at else 'given'}" for row in one.held)
        for one in floor.people
    ]
    queues = [
        f"{one.row.name}{' paused' if one.row.is_paused else ''}"
        f" {one.in_work} {one.waiting} {one.on_hold}"
        for one in floor.queues
    ]
    return people + queues


@pytest.fixture
def story(
    anna: User, ben: User, mona: User, invoices: Queue, labels: Queue, add_task: AddTask
) -> dict[str, datetime]:
    """A day, and a moment after each step of it."""
    one, two, three = (
        add_task(queue, reference=f"T-{n}") for n, queue in _queues(invoices, labels)
    )
    steps: dict[str, Callable[[], Any]] = {
        "nobody": lambda: None,
        "anna": lambda: actions.sign_in(anna.pk),
        "begun": lambda: actions.start(one.pk, by=anna),
        "ben": lambda: actions.sign_in(ben.pk),
        "break": lambda: actions.take_break(ben.pk, by=ben, reason="Lunch"),
        "held": lambda: actions.hold(two.pk, by=mona, reason="call them"),
        "edited": lambda: _rename(ben, "benny", mona),
        "back": lambda: actions.come_back(ben.pk, by=ben),
        "reassigned": lambda: actions.assign(one.pk, ben.pk, by=mona, reason="knows it"),
        "paused": lambda: actions.pause(labels.pk, by=mona, reason="no light"),
        "deleted": three.delete,
        "completed": lambda: actions.complete(one.pk, by=ben),
        "gone": lambda: actions.sign_out(anna.pk, by=None, reason="not seen"),
    }
    moments = {}
    for name, act in steps.items():
        act()
        moments[name] = timezone.now()
    return moments


def _queues(invoices: Queue, labels: Queue) -> list[tuple[int, Queue]]:
    return [(1, invoices), (2, invoices), (3, labels)]


def _rename(person: User, name: str, by: User) -> None:
    person.refresh_from_db()
    person.username = name
    history.save(person, kind="settings", by=by, fields=["username"])


STORY = {
    "nobody": ["Invoices 0 2 0", "Labels 0 1 0"],
    "anna": ["anna there: T-1 given", "Invoices 1 1 0", "Labels 0 1 0"],
    "begun": ["anna there: T-1 begun", "Invoices 1 1 0", "Labels 0 1 0"],
    "ben": ["anna there: T-1 begun", "ben there: T-2 given", "Invoices 2 0 0", "Labels 0 1 0"],
    "break": ["anna there: T-1 begun", "ben Lunch: T-2 given", "Invoices 2 0 0", "Labels 0 1 0"],
    "held": ["anna there: T-1 begun", "ben Lunch:", "Invoices 1 0 1", "Labels 0 1 0"],
    "edited": ["anna there: T-1 begun", "benny Lunch:", "Invoices 1 0 1", "Labels 0 1 0"],
    "back": ["anna there: T-1 begun", "benny there:", "Invoices 1 0 1", "Labels 0 1 0"],
    "reassigned": ["anna there:", "benny there: T-1 given", "Invoices 1 0 1", "Labels 0 1 0"],
    "paused": ["anna there:", "benny there: T-1 given", "Invoices 1 0 1", "Labels paused 0 1 0"],
    "deleted": ["anna there:", "benny there: T-1 given", "Invoices 1 0 1", "Labels paused 0 0 0"],
    "completed": ["anna there:", "benny there:", "Invoices 0 0 1", "Labels paused 0 0 0"],
    "gone": ["benny there:", "Invoices 0 0 1", "Labels paused 0 0 0"],
}


@pytest.mark.django_db
def test_floor_at_each_moment_of_a_day(story: dict[str, datetime]) -> None:
    assert {name: lines_of(point_in_time.floor(moment)) for name, moment in story.items()} == STORY


@pytest.mark.django_db
def test_since_is_the_last_change_of_presence_not_of_the_account(
    story: dict[str, datetime], ben: User
) -> None:
    left = ben.history.get(kind="went on break").history_date
    (there,) = [one for one in point_in_time.floor(story["edited"]).people if one.row.id == ben.pk]
    assert there.since == left


@pytest.mark.django_db
def test_object_at_a_moment_is_its_last_row(
    story: dict[str, datetime], ben: User, labels: Queue
) -> None:
    three = TABLES["task"].objects.filter(reference="T-3").first().id
    before = point_in_time.beginning() - timedelta(seconds=1)
    assert point_in_time.of("task", three, before).row is None
    assert not point_in_time.of("task", three, story["paused"]).was_deleted
    assert point_in_time.of("task", three, story["deleted"]).was_deleted
    assert point_in_time.of("task", 987654, before) is None
    assert point_in_time.of("event", three, before) is None
    assert point_in_time.of("person", ben.pk, story["held"]).row.username == "ben"
    assert point_in_time.of("person", ben.pk, story["edited"]).row.username == "benny"
    assert point_in_time.of("queue", labels.pk, story["gone"]).row.is_paused
    assert [row.reference for row in point_in_time.held_by(ben.pk, story["paused"])] == ["T-1"]
    assert point_in_time.held_by(ben.pk, story["gone"]) == []


@pytest.mark.django_db
def test_queues_of_a_person_at_a_moment(ben: User, mona: User, labels: Queue) -> None:
    before = timezone.now()
    labels.people.add(ben)
    between = timezone.now()
    labels.people.remove(ben)
    assert [
        point_in_time.queues_of(ben.pk, moment) for moment in (before, between, timezone.now())
    ] == [
        ["Invoices"],
        ["Invoices", "Labels"],
        ["Invoices"],
    ]


@pytest.mark.django_db
def test_dates_decide_which_rows_were_there_and_ids_which_is_last(anna: User, ben: User) -> None:
    for one in (anna, ben):
        presence.sign_in(one.pk)
    presence.take_break(ben.pk, by=ben, reason="Lunch")
    noon = timezone.now() - timedelta(hours=1)
    # Ben came before Anna, though his row was written after hers; and by another machine's clock,
    # a second behind, he went on break before he came.
    seconds = {(anna, "signed in"): 3, (ben, "signed in"): 2, (ben, "went on break"): 1}
    for (one, kind), n in seconds.items():
        rows = one.history.filter(kind=kind)
        rows.update(history_date=noon + timedelta(seconds=n))
    for one in (anna, ben):
        one.history.filter(kind="").update(history_date=noon)

    def there(n: float) -> list[str]:
        floor = point_in_time.floor(noon + timedelta(seconds=n))
        return [
            f"{person.row} {person.row.break_reason}".split(" as of")[0] for person in floor.people
        ]

    assert [len(there(n)) for n in (0, 1, 2.5, 3)] == [0, 1, 1, 2]
    assert point_in_time.floor(noon + timedelta(seconds=2.5)).people[0].row.break_reason == "Lunch"


@pytest.mark.django_db
def test_waiting_tasks_are_not_counted_with_too_many_rows_since(
    story: dict[str, datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    since = TABLES["task"].objects.filter(history_date__gt=story["held"]).count()
    monkeypatch.setattr(point_in_time, "MOST_SINCE", since)
    assert point_in_time.floor(story["held"]).is_counted
    monkeypatch.setattr(point_in_time, "MOST_SINCE", since - 2)
    far = point_in_time.floor(story["held"])
    assert not far.is_counted
    assert [(one.in_work, one.waiting) for one in far.queues] == [(1, None), (0, None)]
    monkeypatch.setattr(point_in_time, "MOST_SINCE", since)
    monkeypatch.setattr(point_in_time, "MOST_WAITING", 0)
    assert not point_in_time.floor(story["held"]).is_counted


class RecordedFloor(Floor):
    """The floor of random transitions, recorded after each and compared at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[tuple[datetime, list[str]]] = []

    @rule(task=NUMBERS, queue=NUMBERS)
    def move(self, task: int, queue: int) -> None:
        for one in Task.objects.filter(pk__in=self.tasks[task : task + 1], status="pending"):
            one.queue = self.queues[queue % 3]
            history.save(one, kind="", by=self.manager, fields=["queue"])

    @rule(task=NUMBERS)
    def undo(self, task: int) -> None:
        for one in Task.objects.filter(pk__in=self.tasks[task : task + 1], status="pending"):
            self.tasks.remove(one.pk)
            one.delete()

    @rule(who=NUMBERS, capacity=st.integers(1, 3))
    def edit(self, who: int, capacity: int) -> None:
        person = User.objects.get(pk=self.person(who).pk)
        person.capacity = capacity
        history.save(person, kind="", by=self.manager, fields=["capacity"])

    @invariant()
    def nothing_is_broken(self) -> None:
        self.recorded.append((timezone.now(), self.seen()))

    def seen(self) -> list[str]:
        """Return what is to be seen now, from the tables of now."""
        people = [
            point_in_time.Presence(person, None, list(Task.objects.held_by(person)))
            for person in User.objects.signed_in().order_by("username")
        ]
        queues = [
            point_in_time.QueueAtMoment(
                queue,
                *(
                    queue.tasks.filter(status=status).count()
                    for status in ("assigned", "pending", "on_hold")
                ),
            )
            for queue in Queue.objects.order_by("name")
        ]
        return lines_of(point_in_time.Floor(people, queues))

    def teardown(self) -> None:
        try:
            for moment, seen in self.recorded:
                assert lines_of(point_in_time.floor(moment)) == seen
        finally:
            super().teardown()


@pytest.mark.django_db
def test_floor_of_the_past_equals_what_was_seen_after_any_transitions() -> None:
    run_state_machine_as_test(
        RecordedFloor,
        settings=settings(
            max_examples=3,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def work(first: int, n: int) -> None:
    """Add n rows of history of a hundred people, who always hold one task each, or two."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO qc_historicaltask (id, reference, name, queue_id, priority, due_at,"
            " instructions, link, details, status, outcome, notes, created_at, history_date,"
            " history_type, assignee_id, person_id, slot, assigned_at, kind, through) "
            "SELECT 1 + MOD(seq, 100) + seq DIV 400 * 100, 'INV', 'Check', 1 + MOD(seq, 20), 3,"
            " NOW(6), '', '', '{}', IF(MOD(seq DIV 100, 4) = 3, 'completed', 'assigned'), '', '',"
            " NOW(6), '2026-01-01' + INTERVAL seq SECOND, '~', 1001 + MOD(seq, 100),"
            " 1001 + MOD(seq, 100), IF(MOD(seq DIV 100, 4) = 3, NULL, 1 + MOD(seq DIV 400, 2)),"
            f" NOW(6), 'assigned', 'page' FROM seq_{first}_to_{first + n - 1}"
        )
        cursor.execute(
            "INSERT INTO qc_historicaluser (id, is_superuser, username, first_name, last_name,"
            " email, is_staff, is_active, date_joined, is_logged_in, break_reason, capacity,"
            " history_date, history_type, kind, through) "
            "SELECT 1001 + MOD(seq, 100), 0, CONCAT('qc', 1 + MOD(seq, 100)), '', '', '', 1, 1,"
            " NOW(6), 1, '', 2, '2026-01-01' + INTERVAL seq SECOND, '~',"
            " IF(MOD(seq DIV 100, 3), 'came back', 'went on break'), 'api'"
            f" FROM seq_{first}_to_{first + n // 4 - 1}"
        )
        for table in ("task", "person"):
            cursor.execute(f"ANALYZE TABLE {TABLES[table]._meta.db_table}")


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_floor_reads_60_rows_per_person_however_long_the_history(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(point_in_time, "MOST_SINCE", 0)
    twenty_queues_and_a_hundred_people()
    # 100 tasks are given within 100 seconds, and are in work for 300.
    middle = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=4_250)

    statements = set()
    for first, n in ((1, 20_000), (20_001, 40_000)):
        work(first, n)
        found: list[point_in_time.Floor] = []
        with CaptureQueriesContext(connection) as queries:
            read = rows_touched(lambda: found.append(point_in_time.floor(middle)))  # noqa: B023
        assert (len(found[0].people), found[0].held) == (100, 100)
        assert read < 60 * 100
        statements.add(len(queries))
    assert len(statements) == 1


@on_mariadb
@pytest.mark.django_db
def test_counting_waiting_tasks_reads_a_few_rows_per_task_and_change(
    invoices: Queue,
) -> None:
    fill(invoices, 500)
    moment = timezone.now()
    tasks = list(Task.objects.order_by("pk")[:200])
    history.record_many(tasks, kind="", by=None, reasons=[""] * 200)
    found: list[point_in_time.Floor] = []
    read = rows_touched(lambda: found.append(point_in_time.floor(moment)))
    assert found[0].queues[0].waiting == 300
    assert read < 8 * (200 + 500)


@on_sqlite
@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("2026-07-01T02:30", ["00:30"]),
        ("2026-03-29T02:30", []),
        ("2026-10-25T02:30", ["00:30", "01:30"]),
    ],
)
def test_moments_of_a_local_time_around_clock_changes(shown: str, found: list[str]) -> None:
    with timezone.override("Europe/Berlin"):
        moments = localization.moments(datetime.fromisoformat(shown))
    assert [f"{one:%H:%M}" for one in moments] == found
