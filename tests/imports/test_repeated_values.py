"""Values that many rows share are written into the statement, whatever characters they have."""

import pytest

from qc.models import Queue, Task, User
from qc.work import actions
from tests.imports.files import import_file

pytestmark = pytest.mark.django_db

ROWS = 120


@pytest.mark.parametrize(
    "text", ["", "Look closely.", "50 %s of it", "100%", "it's \\ so; --", "größer", "a:b+c~d"]
)
def test_text_of_all_rows_is_kept_as_it_is(mona: User, invoices: Queue, text: str) -> None:
    rows = "".join(f"A-{n},Check {n},Invoices,{n % 4 + 1},{text}\n" for n in range(ROWS))
    import_file("reference,name,queue,priority,instructions\n" + rows, by=mona)
    tasks = list(Task.objects.order_by("pk"))
    assert [(one.reference, one.name) for one in tasks] == [
        (f"A-{n}", f"Check {n}") for n in range(ROWS)
    ]
    assert {one.instructions for one in tasks} == {text}
    assert [one.priority for one in tasks] == [n % 4 + 1 for n in range(ROWS)]
    assert Task.history.count() == ROWS


def test_nobody_free_is_one_statement(
    anna: User, invoices: Queue, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        assert actions.hand_out_from([invoices.pk]) == 0
