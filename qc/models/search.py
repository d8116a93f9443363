"""The words by which tasks are found: those of their reference, name and details.

One row for each word of a task, and one more for each run of digits in a word: `LOT-00123` has
`lot` and `00123`, `B28` has `b28` and `28`. They are in the order of an index, so that the
beginning of a word is one range of it, and the newest tasks of a word are its end. Whoever saves
these columns of a task writes its words in the same transaction, or leaves a gap that is filled
soon (`qc.work.search`).
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models.constants import OnConflict

from qc.models.fields import ExactField

SEARCHED = frozenset({"reference", "name", "details"})
# Of a longer word the beginning is kept, of more words the first.
LONGEST = 40
MOST_WORDS = 300
# Words that one statement deletes: SQLite takes no deeper condition than 1,000.
DELETED_AT_ONCE = 200

WORD = re.compile(r"[^\W_]+")
DIGITS = re.compile(r"\d+")

Words = frozenset[str]


class SearchWord(models.Model):
    """A word of a task; `id` is that of the task."""

    pk = models.CompositePrimaryKey("word", "id")
    word = ExactField(max_length=LONGEST)
    id = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.word} {self.id}"


class SearchGap(models.Model):
    """A span of ids, both included, among which are tasks whose words are not written yet."""

    first = models.BigIntegerField()
    last = models.BigIntegerField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.first} – {self.last}"


def split(text: str) -> list[str]:
    """Return the words of a text as they are stored: without case and accents, each once."""
    plain = text.lower() if text.isascii() else _without_accents(text).casefold()
    return list(dict.fromkeys(word[:LONGEST] for word in WORD.findall(plain)))


def words_of(task: Any) -> Words:
    """Return the words of a task, and the runs of digits inside them."""
    texts = [task.reference, task.name, *map(_as_text, (task.details or {}).values())]
    words = dict.fromkeys(_with_digits(split(" ".join(texts))))
    return frozenset(islice(words, MOST_WORDS))


@contextmanager
def replace_words(stored: Sequence[Any]) -> Iterator[list[Any]]:
    """Write the words of tasks that are saved inside, in a transaction.

    `stored` are those that are there already; new ones are added to the list that it yields.
    """
    before, tasks = _stored(stored), list(stored)
    yield tasks
    after = {task.pk: words_of(task) for task in tasks}
    _delete((pk, words - after[pk]) for pk, words in before.items())
    add_words((pk, words - before.get(pk, frozenset())) for pk, words in after.items())


def add_words(words: Iterable[tuple[int, Words]]) -> None:
    """Write words of tasks, by their ids; it does no harm if some are there already."""
    rows = ", ".join([f"('{word}', {pk})" for word, pk in _pairs(words)])
    if rows:
        insert = connection.ops.insert_statement(on_conflict=OnConflict.IGNORE)
        _execute(f"{insert} {SearchWord._meta.db_table} (word, id) VALUES {rows}")


def forget_words(tasks: Iterable[Any]) -> None:
    """Delete the words of tasks that are deleted."""
    _delete((task.pk, words_of(task)) for task in tasks)


def leave_gap(references: Sequence[str]) -> None:
    """Note that the words of the new tasks with these references are not written yet.

    By SQL: the query that Django makes of many references takes a twentieth of an import.
    """
    table = apps.get_model("qc", "Task")._meta.db_table
    marks = ", ".join(["%s"] * len(references))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT MIN(id), MAX(id) FROM {table} WHERE reference IN ({marks})",  # noqa: S608
            references,
        )
        first, last = cursor.fetchone()
    SearchGap.objects.create(first=first, last=last)


def _stored(tasks: Sequence[Any]) -> dict[int, Words]:
    if not tasks:
        return {}
    stored = type(tasks[0])._default_manager.filter(pk__in=[task.pk for task in tasks])
    return {task.pk: words_of(task) for task in stored.only(*SEARCHED)}


def _delete(words: Iterable[tuple[int, Words]]) -> None:
    pairs = _pairs(words)
    for start in range(0, len(pairs), DELETED_AT_ONCE):
        some = pairs[start : start + DELETED_AT_ONCE]
        these = " OR ".join([f"(word = '{word}' AND id = {pk})" for word, pk in some])
        _execute(f"DELETE FROM {SearchWord._meta.db_table} WHERE {these}")  # noqa: S608


def _pairs(words: Iterable[tuple[int, Words]]) -> list[tuple[str, int]]:
    # In the order of the index: that is quicker, and two who write the same wait for each other.
    return sorted((word, pk) for pk, some in words for word in some)


def _execute(sql: str) -> None:
    """Run a statement in which words stand as they are: they are letters and digits only."""
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _with_digits(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield word
        if not (word.isdigit() or word.isalpha()):
            yield from DIGITS.findall(word)


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
