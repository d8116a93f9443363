"""An account that was read a while ago is never saved whole: that would undo what came since."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.management.commands import changepassword
from django.core.management import call_command

from qc.admin.sign_in.forms import ChosenPasswordForm, OwnPasswordForm
from qc.audit import invariants
from qc.models import ChangeKind, Queue, Task, User
from qc.work import actions
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

STRONG = "a long and new one"


@pytest.fixture
def begin_work(anna: User, invoices: Queue, add_task: Callable[..., Task]) -> Callable[[], None]:
    """Return a function that signs Anna in and gives her a task."""

    def begin() -> None:
        add_task(invoices)
        actions.sign_in(anna.pk)

    return begin


def still_works(anna: User) -> bool:
    """Return whether Anna has the new password, and is at work: now, and in her history."""
    anna.refresh_from_db()
    row = anna.history.first()
    assert anna.check_password(STRONG)
    assert list(invariants.broken()) == []
    return anna.is_logged_in and row.is_logged_in and Task.objects.held_by(anna).exists()


def test_password_chosen_by_a_link_leaves_her_at_work(
    anna: User, begin_work: Callable[[], None]
) -> None:
    stale = User.objects.get(pk=anna.pk)
    begin_work()
    form = ChosenPasswordForm(stale, {"new_password1": STRONG, "new_password2": STRONG})
    assert form.is_valid()
    form.save()
    assert still_works(anna)
    row = anna.history.first()
    assert (row.kind, row.history_user) == (ChangeKind.PASSWORD_CHANGED, anna)


def test_own_new_password_leaves_her_at_work(
    anna: User, begin_work: Callable[[], None], rf: Any
) -> None:
    stale = User.objects.get(pk=anna.pk)
    begin_work()
    data = {"old_password": "demo", "new_password1": STRONG, "new_password2": STRONG}
    form = OwnPasswordForm(stale, data, request=rf.post("/"))
    assert form.is_valid()
    form.save()
    assert still_works(anna)


def test_password_of_the_console_leaves_her_at_work(
    anna: User, begin_work: Callable[[], None]
) -> None:
    """The command reads the account first, and then asks for the password."""
    typed = iter([STRONG, STRONG])

    def answer(*_args: Any, **_kwargs: Any) -> str:
        if not Task.objects.exists():
            begin_work()
        return next(typed)

    with patch.object(changepassword.Command, "_get_pass", answer):
        call_command("changepassword", "anna")
    assert still_works(anna)


def test_unusable_password_is_saved_alone(anna: User, begin_work: Callable[[], None]) -> None:
    stale = User.objects.get(pk=anna.pk)
    begin_work()
    stale.set_unusable_password()
    stale.save()
    anna.refresh_from_db()
    assert (anna.is_logged_in, anna.has_usable_password()) == (True, False)


def test_whole_row_is_not_saved_at_all(anna: User) -> None:
    anna.first_name = "Anna"
    with pytest.raises(TypeError, match="Name the columns"):
        anna.save()
