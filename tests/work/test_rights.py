"""Rights are read as one statement, are those that Django reads, and last for a request."""

from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission

from qc import permissions
from qc.models import Role, User
from tests.conftest import group

pytestmark = pytest.mark.django_db


@pytest.fixture
def otti(otto: User) -> User:
    """Otto the auditor, who also works, and has a right of his own."""
    otto.groups.add(group(Role.QC_STAFF))
    otto.user_permissions.add(Permission.objects.get(codename="add_queue"))
    return User.objects.get(pk=otto.pk)


@pytest.mark.parametrize("who", ["anna", "mona", "otti"])
def test_rights_are_those_that_django_reads(who: str, request: pytest.FixtureRequest) -> None:
    user: User = request.getfixturevalue(who)
    of_django = ModelBackend().get_all_permissions(User.objects.get(pk=user.pk))
    assert permissions.RightsBackend().get_all_permissions(user) == of_django
    assert user.get_all_permissions() == of_django
    assert of_django


def test_all_rights_are_one_statement(otti: User, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert permissions.may_work(otti)
        assert permissions.is_auditor(otti)
        assert not permissions.is_manager(otti)
        assert otti.has_module_perms("qc")
        assert not otti.has_module_perms("auth")


def test_who_has_no_right_is_asked_about_once(anna: User, django_assert_num_queries: Any) -> None:
    anna.groups.clear()
    nobody = User.objects.get(pk=anna.pk)
    with django_assert_num_queries(1):
        assert not permissions.may_work(nobody)
        assert not nobody.has_module_perms("qc")


def test_superuser_has_all_rights_and_who_is_inactive_has_none(otti: User) -> None:
    root = User(pk=otti.pk, is_superuser=True)
    assert root.has_perm("qc.manage_task")
    assert root.has_module_perms("qc")
    assert "qc.manage_task" in root.get_all_permissions()
    otti.is_active = False
    assert not otti.has_perm("qc.work_task")
    assert not AnonymousUser().has_perm("qc.work_task")


def test_person_read_again_is_as_stored_and_keeps_the_rights(
    otti: User, django_assert_num_queries: Any
) -> None:
    assert permissions.may_work(otti)
    User.objects.filter(pk=otti.pk).update(break_reason="Lunch", is_logged_in=True)
    with django_assert_num_queries(1):
        again = permissions.as_stored(otti)
        assert (again.break_reason, permissions.may_work(again)) == ("Lunch", True)
