"""Finds tasks by the beginnings of words, and fills in the words of those that have none yet.

A search first reads some rows of the index for each word typed. Where one of them is that of few
tasks, these are all. Where each is that of very many, the list reads them page by page, the newest
first; but of very many different words that begin so, only some are looked at (`Found.is_cut`).
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from qc.core.exceptions import Busy
from qc.core.transactions import retrying
from qc.models import SearchGap, SearchWord, Task
from qc.models.search import SEARCHED, add_words, split, words_of
from qc.models.tasks import LAST_CHARACTER, begins_with

logger = logging.getLogger(__name__)

# Tasks that a search looks at; where several words are typed, these share what may be read.
MOST_FOUND = 450
# Each different word that begins so is a range of the index of its own.
MOST_WORDS = 6
# Tasks whose words are written in one transaction.
FILLED_AT_ONCE = 500


@dataclass(frozen=True)
class Found:
    """Where the tasks of a search are: all that have one of `words`, or those with these `ids`.

    Of those with a word, only the ones that `also` is true of. With `is_cut` there may be more than
    these ids.
    """

    words: Sequence[str] = ()
    also: Q | None = None
    ids: Sequence[int] = ()
    is_cut: bool = False


def find(text: str) -> Found:
    """Find the tasks that have a word, or a run of digits, that begins so for each word typed."""
    terms = split(text)
    if not terms:
        return Found()
    most = MOST_FOUND if len(terms) == 1 else MOST_FOUND // (len(terms) + 1)
    ids = min((_ids(term, most + 1) for term in terms), key=len)
    is_cut = len(ids) > most
    words = [_words(term) for term in terms] if is_cut else []
    if is_cut and max(map(len, words)) <= MOST_WORDS:
        first, *others = sorted(words, key=len)
        return Found(first, _having_one_of_each(others) if others else None)
    ids = ids[:most]
    return Found(ids=_having_all(terms, ids) if len(terms) > 1 else ids, is_cut=is_cut)


def first(text: str, most: int) -> QuerySet[Task]:
    """Return up to `most` of the tasks that a search finds, the newest first."""
    if is_of_references(text):
        return Task.objects.filter(begins_with(text)).order_by("reference")[:most]
    found = find(text)
    ids = set(found.ids)
    for word in found.words:
        newest = SearchWord.objects.filter(word=word).order_by("-id")
        ids.update(newest.values_list("id", flat=True)[:MOST_FOUND])
    return Task.objects.filter(found.also or Q(), pk__in=ids).order_by("-pk")[:most]


def narrow(tasks: QuerySet[Task], text: str) -> QuerySet[Task]:
    """Return those of some tasks that a search finds, however many they are."""
    if is_of_references(text):
        return tasks.filter(begins_with(text))
    terms = split(text)
    for term in terms:
        words = SearchWord.objects.filter(_begins_so(term)).values("id")
        tasks = tasks.filter(pk__in=words)
    return tasks if terms else tasks.none()


def matches(task: Task, text: str) -> bool:
    """Return whether a search finds this task."""
    terms, words = split(text), words_of(task)
    return bool(terms) and all(any(word.startswith(term) for word in words) for term in terms)


def is_of_references(text: str) -> bool:
    """Return whether a search is for references: it is the beginning of one, with its signs.

    While there are tasks whose words are not written yet, a word is also looked for there first.
    """
    is_word = split(text) == [text.strip().lower()]
    may_be = not is_word or SearchGap.objects.exists()
    return may_be and bool(text.strip()) and Task.objects.filter(begins_with(text)).exists()


@retrying
def fill(after: int = 0) -> int:
    """Write the words of some tasks that have none yet, the newest first; return how many.

    Of tasks beyond an id only. 0 is returned when all are written, or somebody else is about it.
    """
    gaps = SearchGap.objects.filter(first__gt=after)
    unlocked = gaps.select_for_update(skip_locked=True)
    gap = unlocked.order_by("-last").first()
    if gap is None:
        return 0
    # Locked, so that nobody changes their words meanwhile.
    tasks = Task.objects.select_for_update().only(*SEARCHED)
    some = tasks.filter(pk__range=(gap.first, gap.last)).order_by("-pk")[:FILLED_AT_ONCE]
    words = [(task.pk, words_of(task)) for task in some]
    add_words(words)
    if len(words) < FILLED_AT_ONCE:
        gap.delete()
    else:
        gap.last = words[-1][0] - 1
        gap.save(update_fields=["last"])
    return max(len(words), 1)


def fill_new(after: int) -> None:
    """Write the words of all tasks beyond an id; where that can't be done now, the job does it.

    Inside a transaction that is raised: it is to be tried again as a whole.
    """
    try:
        while fill(after):
            pass
    except (Busy, OperationalError):
        if connection.in_atomic_block:
            raise
        logger.warning("the words of new tasks are written later: their rows are busy")


def _ids(term: str, most: int) -> list[int]:
    """Return the ids of tasks with a word that begins so."""
    rows = SearchWord.objects.filter(_begins_so(term)).order_by("-word", "-id")
    return list(dict.fromkeys(rows.values_list("id", flat=True)[:most]))


def _words(term: str) -> list[str]:
    """Return the different words that begin so, one more than are looked for at once."""
    words: list[str] = []
    rows = SearchWord.objects.filter(_begins_so(term)).order_by("word").values_list("word")
    while len(words) <= MOST_WORDS:
        after = Q(word__gt=words[-1]) if words else Q()
        if (row := rows.filter(after).first()) is None:
            break
        words.append(row[0])
    return words


def _begins_so(term: str) -> Q:
    return Q(word__gte=term, word__lt=term + LAST_CHARACTER)


def _having_one_of_each(words: Sequence[Sequence[str]]) -> Q:
    """Return the condition that a task has at least one of some words, for each of these."""
    condition = Q()
    for some in words:
        condition &= Q(Exists(SearchWord.objects.filter(word__in=some, id=OuterRef("pk"))))
    return condition


def _having_all(terms: Sequence[str], ids: Sequence[int]) -> list[int]:
    tasks: Any = Task.objects.only(*SEARCHED).filter(pk__in=ids)
    text = " ".join(terms)
    return [task.pk for task in tasks if matches(task, text)]
