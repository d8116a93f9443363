"""Looks: what an open page has seen of the history, and whether that has gone on since.

Every change writes its row of history in its own transaction. So "is anything new?" is answered by
the numbers of the last rows, read in one statement together with the session that asks. What comes
with time alone leaves no row: a look says until when it counts, and after that the page is looked
at in full.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import OuterRef, Subquery, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from qc.core.compiled_queries import Prepared
from qc.models import Evidence, Queue, SignIn, Task, User
from qc.web.sign_ins import USED_EVERY
from qc.work import presence
from qc.work.backlog import running_queues_of

# With an answer "nothing new": what the page sends when it asks again.
HEADER = "QC-Look"
LENGTH = 20
# What a page shows: a person's tasks or absence, that they wait for a task, or the floor.
OWN, WAITING, FLOOR = "own", "waiting", "floor"


class Look(NamedTuple):
    """The numbers of the last rows of history, for a session and its person.

    With `is_noted` it is stored already that its person was there just now.
    """

    kind: str
    person: int
    numbers: tuple[str, ...]
    is_noted: bool

    def own(self) -> "Look":
        """Return it for a page of somebody who does not wait for a task."""
        return self._replace(kind=OWN, numbers=self.numbers[:OWN_NUMBERS])

    def until(self, moment: datetime | None) -> str:
        """Return what the page sends when it asks again; it counts until then, or not at all."""
        return self._sealed(f"{int(moment.timestamp()):x}") if moment else ""

    def is_still(self, sent: str) -> bool:
        """Return whether a page sent what it was given, and nothing has happened since."""
        until = sent.partition(".")[2].partition(".")[0]
        is_same = constant_time_compare(sent, self._sealed(until))
        return is_same and int(until, 16) > timezone.now().timestamp()

    def _sealed(self, until: str) -> str:
        values = repr((self.kind, until, self.person, self.numbers))
        seal = salted_hmac("qc.looks", values, algorithm="sha256").hexdigest()[:LENGTH]
        return f"{self.kind}.{until}.{seal}"


def _last(model: Any, condition: str = "") -> str:
    """Return SQL of the number of the last row of history, found by one seek in an index."""
    table = model.history.model._meta.db_table
    return f"(SELECT MAX(history_id) FROM {table} AS h {condition})"  # noqa: S608


def _files(task: str) -> str:
    """Return SQL of a number that rises, under the task's lock, as a file comes to it or goes."""
    table = Evidence._meta.db_table
    rows = f"FROM {table} AS e WHERE e.task_id = {task}"
    return f"(SELECT COALESCE(MAX(e.id), 0) + COUNT(e.removed_at) {rows})"


def _of_task(task: str) -> str:
    """Return SQL of a number that rises with each change of a task or of its files."""
    return f"COALESCE({_last(Task, f'WHERE h.id = {task}')}, 0) + {_files(task)}"


# Each task's number rises under its lock; so does their sum, whatever commits first.
HELD = (
    f"COALESCE((SELECT SUM({_of_task('t.id')})"  # noqa: S608
    f" FROM {Task._meta.db_table} AS t WHERE t.assignee_id = %s AND t.slot IS NOT NULL), 0)"
)
# The same of a task that a page shows: one seek less.
SHOWN = _of_task("%s")
# So often it names the task.
NAMED = SHOWN.count("%s")
HEAD = Task.objects.waiting().filter(queue=OuterRef("pk")).order_by().values("pk")[:1]
# Whether a task waits in a running queue of a person: one seek in each of their queues.
CLAIMABLE = Prepared(
    lambda person: (
        running_queues_of(person)
        .alias(head=Subquery(HEAD))
        .filter(head__isnull=False)
        .values_list(Value(1))[:1]
    )
)
# That of a session that has not ended, and of an active person. What a session rests on is among
# the columns: a look does not outlive a change of it, whoever makes it.
OF_SESSION = (
    "SELECT p.last_seen_at > %s AND s.last_used_at > %s, p.password, p.access_ended_at,"  # noqa: S608
    f" s.session_key, p.unread_mentions, {{columns}} FROM {SignIn._meta.db_table} AS s"
    f" JOIN {Session._meta.db_table} AS live ON live.session_key = s.session_key"
    f" JOIN {User._meta.db_table} AS p ON p.id = s.person_id"
    " WHERE s.session_key = %s AND s.person_id = %s AND p.is_active AND live.expire_date > %s"
)
OWN_COLUMNS = ", ".join(
    [_last(Task, "WHERE h.person_id = %s"), _last(User, "WHERE h.id = %s"), _last(Queue)]
)
# The four columns of each session, these, and that of the tasks.
OWN_NUMBERS = 4 + 3 + 1
FLOOR_COLUMNS = ", ".join(map(_last, (Task, User, Queue)))


def read(
    kind: str, session_key: str | None, person: int, shown: Sequence[int] | None = None
) -> Look | None:
    """Read the look of a session now; None unless it is live and this person's.

    It must be read before what the page shows, so that it is never newer than that. `shown` are the
    tasks on a page that has been drawn.
    """
    now, adapt = timezone.now(), connection.ops.adapt_datetimefield_value
    columns, values = _columns(kind, person, shown)
    noted = [adapt(now - presence.SEEN_EVERY), adapt(now - timedelta(seconds=USED_EVERY))]
    with connection.cursor() as cursor:
        sql = OF_SESSION.format(columns=columns)
        cursor.execute(sql, [*noted, *values, session_key, person, adapt(now)])
        row = cursor.fetchone()
    return Look(kind, person, tuple(map(str, row[1:])), bool(row[0])) if row else None


def _columns(kind: str, person: int, shown: Sequence[int] | None) -> tuple[str, list[int]]:
    """Return the SQL of the numbers that concern a page, and the values for its placeholders."""
    if kind == FLOOR:
        return FLOOR_COLUMNS, []
    tasks = HELD if shown is None else " + ".join([SHOWN] * len(shown)) or "0"
    ids = [person] if shown is None else [pk for pk in shown for _place in range(NAMED)]
    own = f"{OWN_COLUMNS}, {tasks}", [person, person, *ids]
    if kind == OWN:
        return own
    waits, values = CLAIMABLE.sql(person)
    return f"{own[0]}, ({waits})", own[1] + values


def of(request: HttpRequest) -> Look | None:
    """Return the look that was read before what an asking page shows; None for other requests."""
    return getattr(request, "look", None)
