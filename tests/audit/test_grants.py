"""Rights that the database was given behind our back are found each night."""

import pytest
from django.contrib.auth.models import Group, Permission

from qc import tasks
from qc.audit import grants, invariants
from qc.models import Role, User
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]


def right(app: str, codename: str) -> Permission:
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def test_migrated_database_has_no_other_rights(anna: User, mona: User, otto: User) -> None:
    assert list(grants.differing()) == []


def test_right_put_into_or_taken_from_a_role_is_found(db: None) -> None:
    Group.permissions.through.objects.create(
        group=Group.objects.get(name=Role.QC_STAFF), permission=right("axes", "view_accessattempt")
    )
    Group.objects.get(name=Role.AUDITORS).permissions.remove(right("qc", "view_historicaltask"))
    assert list(grants.differing()) == [
        "the group Auditors lacks qc.view_historicaltask",
        "the group QC staff also has axes.view_accessattempt",
    ]


def test_role_that_is_gone_and_a_group_that_is_none_are_found(db: None) -> None:
    Group.objects.get(name=Role.QC_STAFF).delete()
    Group.objects.create(name="Friends").permissions.add(right("qc", "manage_task"))
    assert list(grants.differing()) == [
        "the group Friends also has qc.manage_task",
        "the group QC staff lacks qc.work_task",
    ]


def test_right_of_a_person_besides_their_roles_is_found(anna: User) -> None:
    anna.user_permissions.add(right("qc", "manage_task"))
    expected = "anna has qc.manage_task besides any role"
    assert list(grants.differing()) == [expected]
    assert expected in invariants.broken()


def test_nightly_job_logs_rights_and_superusers_as_errors(
    anna: User, caplog: pytest.LogCaptureFixture
) -> None:
    anna.user_permissions.add(right("qc", "manage_task"))
    User.objects.filter(pk=anna.pk).update(is_superuser=True)
    tasks.prove()
    last = caplog.records[-1]
    assert last.levelname == "ERROR"
    assert "anna has qc.manage_task besides any role" in last.getMessage()
    assert "anna differs from its last history row in is_superuser" in last.getMessage()
