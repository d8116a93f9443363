"""Names mean the same under each collation that docs/databases.md allows, and on SQLite."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import checks
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client

from qc.admin.queues.forms import QueueForm
from qc.core.database_checks import check_collations
from qc.models import Queue, Role, Task, User
from tests.conftest import person
from tests.databases import on_mariadb
from tests.imports.files import faults, import_file

COLLATIONS = ["general_ci", "unicode_ci", "uca1400_ai_ci", "bin"]
TABLES = ("qc_user", "qc_queue", "qc_historicaluser", "qc_historicalqueue")


def convert(collation: str) -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"ALTER TABLE {table} CONVERT TO CHARACTER SET utf8mb4 COLLATE {collation}"
            )


@pytest.fixture(params=COLLATIONS if connection.vendor == "mysql" else [""])
def collation(request: pytest.FixtureRequest, transactional_db: None) -> Iterator[str]:
    """A database whose names have this collation."""
    if not request.param:
        yield ""
        return
    convert(f"utf8mb4_{request.param}")
    yield f"utf8mb4_{request.param}"
    convert("utf8mb4_general_ci")


def can_sign_in(name: str) -> bool:
    return Client().login(username=name, password="demo")


@pytest.mark.django_db(transaction=True)
def test_names_mean_the_same(collation: str) -> None:
    anna, jose = person("anna", Role.QC_STAFF), person("josé", Role.QC_STAFF)
    mona = person("mona", Role.MANAGERS)
    assert User.objects.get_by_natural_key("Anna") == anna
    assert User.objects.get_by_natural_key("JOSé") == jose
    for other in ("ann", "anna ", "ännä", "jose", "😀"):
        with pytest.raises(User.DoesNotExist):
            User.objects.get_by_natural_key(other)
    with pytest.raises(ValidationError, match="already exists"):
        User(username="ANNA", password="x").full_clean()

    Queue.objects.create(name="Straße 1")
    for same in ("straße  1", "STRASSE 1"):
        with transaction.atomic():
            assert "name" in QueueForm({"name": same}).errors, same
    for name, meant in (("strasse 1", 1), ("Strase 1", 0), ("Sträße 1", 0)):
        record = import_file(f"reference,name,queue\n{name},Check,{name}\n", by=mona)
        assert (record.new, bool(faults(record))) == (meant, not meant), name
    assert Task.objects.get().reference == "STRASSE 1"


@on_mariadb
@pytest.mark.django_db(transaction=True)
def test_check_names_each_column_with_another_collation() -> None:
    def found() -> list[Any]:
        return [
            one for one in check_collations(databases=["default"]) if "qc_queue.name" in one.msg
        ]

    assert found() == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE qc_queue CONVERT TO CHARACTER SET latin1")
    (error,) = found()
    assert error.level == checks.ERROR
    assert "latin1" in error.msg
    convert("utf8mb4_swedish_ci")
    (warning,) = found()
    convert("utf8mb4_general_ci")
    assert warning.level == checks.WARNING
    assert "utf8mb4_uca1400_ai_ci" in warning.hint
