"""Comments on a task, between those who may see it: each is a row of its history, never edited.

So they are sealed and kept as all else that became of the task. `@name` mentions somebody: they
find it in their header. It is stored in a transaction with the comment.
"""

import re
from collections.abc import Collection
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from qc import history
from qc.checks import evidence
from qc.core.exceptions import InvalidInput, NotAllowed
from qc.core.names import normal_name
from qc.core.transactions import retrying
from qc.models import ChangeKind, Mention, Task, User
from qc.work import guards

LONGEST = 2000
# The most comments shown, and the most people named in one.
MOST, MOST_NAMED = 100, 10
# A name ends before the punctuation of its sentence.
NAMED = re.compile(r"(?<![\w.+-])@([\w.@+-]*\w)")
# The id of the last comment, for a query of tasks that is made anyway.
_ROWS = Task.history.filter(id=OuterRef("pk"), kind=ChangeKind.COMMENTED)
LAST_COMMENT = Subquery(_ROWS.order_by("-history_id").values("history_id")[:1])


@retrying
def add(task_id: int, text: str, *, by: User) -> Task:
    """Comment on a task, for whoever may see it; those who are named in it are told.

    What it says to the one who writes is read by that. Raises NotFound, NotAllowed, InvalidInput.
    """
    text = _checked(text)
    # People are locked before tasks. A service token, which nobody mentions, has nothing to be
    # written: its other calls, which lock the task first, must not wait for this one.
    mine = [] if by.is_machine else [by.pk]
    people = {one.pk: one for one in User.objects.locked(*mine, *_named_in(text))}
    task = guards.lock_task(task_id)
    if not evidence.may_see(by, task):
        raise NotAllowed(_("%(task)s is not assigned to you.") % {"task": task.reference})
    history.record_many([task], kind=ChangeKind.COMMENTED, by=by, reasons=[text])
    _mention(task, [one for one in people.values() if one.pk != by.pk])
    if by.pk in people:
        _read(Mention.objects.filter(task=task), people[by.pk])
    return task


def of_task(task_id: int) -> list[Any]:
    """Return the comments on a task, oldest first: the newest `MOST` of them."""
    rows = Task.history.filter(id=task_id, kind=ChangeKind.COMMENTED)
    newest = rows.select_related("history_user").order_by("-history_id")[:MOST]
    return list(reversed(newest))


def mentions_of(person: User) -> list[tuple[Mention, Any]]:
    """Return the newest mentions of a person, newest first, each with its comment."""
    newest = list(person.mentions.select_related("task").order_by("-pk")[:MOST])
    rows = Task.history.select_related("history_user").in_bulk([one.row for one in newest])
    # An old comment may be in the archive.
    return [(one, rows[one.row]) for one in newest if one.row in rows]


@retrying
def read_all(person: User) -> None:
    """Note that a person has read all comments that mention them."""
    if (locked := guards.locked_person(person.pk)) is not None:
        _read(Mention.objects.all(), locked)


def _checked(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InvalidInput("comment", _("Please write something."))
    if len(text) > LONGEST:
        message = _("A comment has at most %(n)d characters.") % {"n": LONGEST}
        raise InvalidInput("comment", message)
    return text


def _named_in(text: str) -> list[int]:
    """Return the ids of the active people who are named in a text, whatever their capitals."""
    names = {normal_name(name) for name in NAMED.findall(text)[:MOST_NAMED]}
    active = User.objects.filter(is_active=True, is_machine=False).alias(lower=Lower("username"))
    found = active.filter(lower__in=names).values_list("pk", "username") if names else []
    return [pk for pk, username in found if normal_name(username) in names]


def _mention(task: Task, people: Collection[User]) -> None:
    if not people:
        return
    rows = Task.history.filter(id=task.pk, kind=ChangeKind.COMMENTED).order_by("-history_id")
    row = rows.values_list("pk", flat=True)[0]
    Mention.objects.bulk_create(Mention(row=row, task=task, person=one) for one in people)
    named = User.objects.filter(pk__in=[one.pk for one in people])
    named.update(unread_mentions=F("unread_mentions") + 1)


def _read(mentions: QuerySet[Mention], person: User) -> None:
    """Mark those of these mentions as read that are a locked person's."""
    if not person.unread_mentions:
        return
    n = mentions.filter(person=person, read_at=None).update(read_at=timezone.now())
    if n:
        me = User.objects.filter(pk=person.pk)
        me.update(unread_mentions=F("unread_mentions") - n)
