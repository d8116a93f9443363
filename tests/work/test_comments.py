"""Comments on a task: who may write them, whom they tell, and that nothing changes them."""

from collections.abc import Callable

import pytest

from qc.audit import invariants
from qc.core.commitments import pseudonym
from qc.core.exceptions import InvalidInput, NotAllowed
from qc.models import ChangeKind, Mention, Task, User
from qc.work import actions, comments
from tests.audit.leavers import anonymise

pytestmark = pytest.mark.django_db


@pytest.fixture
def unread() -> Callable[[User], int]:
    def count(person: User) -> int:
        person.refresh_from_db(fields=["unread_mentions"])
        assert person.unread_mentions == person.mentions.filter(read_at=None).count()
        return person.unread_mentions

    return count


def texts(task: Task) -> list[tuple[str, str]]:
    return [(str(row.history_user), row.why) for row in comments.of_task(task.pk)]


def test_checker_and_manager_talk_about_a_task(held: Task, anna: User, mona: User) -> None:
    comments.add(held.pk, " Which drawing?\r\nThe old one? ", by=anna)
    comments.add(held.pk, "The new one.", by=mona)
    assert texts(held) == [("anna", "Which drawing?\nThe old one?"), ("mona", "The new one.")]
    assert list(invariants.broken()) == []


def test_comment_is_a_row_of_history_and_changes_nothing_of_the_task(
    held: Task, anna: User
) -> None:
    before = Task.objects.values().get()
    comments.add(held.pk, "Which drawing?", by=anna)
    assert Task.objects.values().get() == before
    row = held.history.first()
    assert (row.kind, row.history_user, row.history_type) == (ChangeKind.COMMENTED, anna, "~")


def test_whoever_may_not_see_a_task_may_not_comment_on_it(
    held: Task, ben: User, otto: User
) -> None:
    with pytest.raises(NotAllowed):
        comments.add(held.pk, "Hello", by=ben)
    comments.add(held.pk, "Why so late?", by=otto)
    assert texts(held) == [("otto", "Why so late?")]


def test_checker_may_still_comment_on_what_they_completed(held: Task, anna: User) -> None:
    actions.complete(held.pk, by=anna)
    comments.add(held.pk, "It was the old drawing.", by=anna)
    assert len(texts(held)) == 1


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2001])
def test_comment_must_say_something_and_end_somewhere(held: Task, mona: User, text: str) -> None:
    with pytest.raises(InvalidInput):
        comments.add(held.pk, text, by=mona)
    assert texts(held) == []
    comments.add(held.pk, "x" * 2000, by=mona)


class TestMentions:
    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("@mona, please look.", {"mona"}),
            ("Ask @MONA or @ben.", {"mona", "ben"}),
            ("(@mona)", {"mona"}),
            ("mail@mona", set()),
            ("@nobody-here @", set()),
            ("@monaco", set()),
        ],
    )
    def test_name_behind_an_at_sign_tells_its_person(
        self, held: Task, anna: User, ben: User, mona: User, text: str, named: set[str]
    ) -> None:
        comments.add(held.pk, text, by=anna)
        told = User.objects.filter(unread_mentions=1).values_list("username", flat=True)
        assert set(told) == named
        assert {str(one.person) for one in Mention.objects.all()} == named

    def test_person_finds_what_mentions_them_until_they_have_read_it(
        self, held: Task, anna: User, mona: User, unread: Callable[[User], int]
    ) -> None:
        comments.add(held.pk, "@mona Which drawing? @mona", by=anna)
        assert unread(mona) == 1
        [(mention, comment)] = comments.mentions_of(mona)
        assert (mention.task, comment.history_user) == (held, anna)
        comments.read_all(mona)
        assert unread(mona) == 0

    def test_answer_reads_what_it_answers(
        self, held: Task, anna: User, mona: User, unread: Callable[[User], int]
    ) -> None:
        comments.add(held.pk, "@mona Which drawing?", by=anna)
        comments.add(held.pk, "@anna The new one.", by=mona)
        assert (unread(mona), unread(anna)) == (0, 1)

    def test_who_names_themselves_or_has_left_is_not_told(
        self, held: Task, anna: User, ben: User
    ) -> None:
        User.objects.filter(pk=ben.pk).update(is_active=False)
        comments.add(held.pk, "@anna @ben", by=anna)
        assert not Mention.objects.exists()


def test_people_of_a_conversation_can_be_anonymised(held: Task, anna: User, mona: User) -> None:
    comments.add(held.pk, "@mona Which drawing?", by=anna)
    actions.sign_out(anna.pk, by=anna, reason="gone")
    User.objects.filter(pk__in=[anna.pk, mona.pk]).update(is_active=False)
    for leaver in (anna, mona):
        anonymise(User.objects.get(pk=leaver.pk))
    [(name, _text)] = texts(held)
    assert name == pseudonym(anna.pk)
