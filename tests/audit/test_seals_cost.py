"""A seal costs as much as there are rows, not as much as there are ids: a cluster skips most."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from qc.audit.seals import sealing
from qc.history import events
from qc.models import AuditEvent, EventKind
from tests.audit.tampering import all_violations
from tests.databases import on_mariadb
from tests.work.test_claim_cost import rows_touched

pytestmark = [pytest.mark.django_db, on_mariadb]

ROWS = 2000


@pytest.fixture(params=[1, 1000], ids=["no id left out", "999 left out after each"])
def filled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The sealed events of one busy hour; gives their number."""
    monkeypatch.setattr(sealing, "SETTLED", timedelta(0))
    fields = AuditEvent._meta.concrete_fields
    names = ", ".join(field.column for field in fields if not field.primary_key)
    copy = f"INSERT INTO qc_auditevent ({names}) SELECT {names} FROM qc_auditevent"
    events.record(EventKind.SIGN_IN_FAILED, name="first")
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION auto_increment_increment = %s", [request.param])
        cursor.execute(f"{copy}, seq_1_to_{ROWS}")
        cursor.execute("SET SESSION auto_increment_increment = DEFAULT")
    assert sealing.seal() == ROWS + 1
    return ROWS + 1


def test_next_seal_costs_the_same_however_many_ids_were_left_out(filled: int) -> None:
    events.record(EventKind.SIGN_IN_FAILED, name="next")
    with CaptureQueriesContext(connection) as queries:
        touched = rows_touched(sealing.seal)
    assert len(queries) < 50
    # The rows of the hour are counted, once more after the one that is new, and not read.
    assert touched < 2 * filled + 200
    # Whoever verifies reads each row, and its seal.
    assert all_violations() == []
