"""Check plans are exported and imported: whole plans, all or nothing, with a preview."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from qc.checks import plans
from qc.models import AuditEvent, CheckPlan, EventKind, PlanItem, PlanVersion, Queue, User
from tests.databases import on_sqlite
from tests.plans import write_plan

pytestmark = [pytest.mark.django_db, on_sqlite]

IMPORT, EXPORT = "admin:qc_checkplan_import", "admin:qc_checkplan_export"
FORMATS = {"csv": "0", "xlsx": "1"}
HEAD = "Queue,Question,Answer\n"
ITEMS: list[dict[str, Any]] = [
    {"question": "Is the seal there?", "section": "Seal", "is_critical": True},
    {"question": "=Colour; or +shade", "kind": "choice", "options": "red\nblue; navy\n! grün"},
    {"question": "Why?", "kind": "text", "is_required": False, "help": "Two\nlines"},
    {"question": "Torque", "kind": "number", "upper": Decimal("9.5"), "decimals": 1, "unit": "Nm"},
]
ITEMS[2] |= {"only_if": "Is the seal there?", "only_if_answers": "not_ok\nna"}


@pytest.fixture
def published(invoices: Queue, mona: User) -> CheckPlan:
    """Mona has published a plan of all kinds for Invoices."""
    plan = write_plan(invoices, *ITEMS, rule="score", pass_score=90)
    plans.publish(plan, mona)
    return plan


def export(client: Client, ending: str = "csv") -> bytes:
    answer = client.post(reverse(EXPORT), {"format": FORMATS[ending], "resource": "0"})
    return b"".join(answer)


def upload(client: Client, content: bytes | str, ending: str = "csv") -> Any:
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(f"plans.{ending}", data)
    posted = {"import_file": file, "format": FORMATS[ending], "resource": "0"}
    return client.post(reverse(IMPORT), posted)


def confirm(client: Client, answer: Any) -> Any:
    form = answer.context["confirm_form"]
    return client.post(reverse("admin:qc_checkplan_process_import"), form.initial, follow=True)


def page(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def questions(queue: Queue) -> list[str]:
    queue.refresh_from_db()
    return [one["question"] for one in queue.plan.content["items"]] if queue.plan else []


@pytest.mark.parametrize("ending", FORMATS)
def test_import_of_an_export_changes_nothing(
    mona_client: Client, published: CheckPlan, ending: str
) -> None:
    ids = list(PlanItem.objects.values_list("pk", flat=True))
    answer = upload(mona_client, export(mona_client, ending), ending)
    assert {row.import_type for row in answer.context["result"]} == {"skip"}
    confirm(mona_client, answer)
    assert list(PlanItem.objects.values_list("pk", flat=True)) == ids
    assert PlanVersion.objects.count() == 1


def test_export_is_a_row_for_each_item_as_people_write_it(
    otto_client: Client, published: CheckPlan
) -> None:
    head, *rows = export(otto_client).decode("utf-8-sig").splitlines()
    assert head == (
        "Queue,Outcome,Passes from,Section,Question,Answer,Choices,Unit,Lower limit,Upper limit,"
        "Decimals,Required,Critical,Weight,Help,Only if,Has the answer,Key"
    )
    assert rows[0] == (
        "Invoices,score,90,Seal,Is the seal there?,ok,,,,,0,yes,yes,1,,,,is_the_seal_there"
    )
    assert rows[-1] == "Invoices,score,90,,Torque,number,,Nm,,9.5,1,yes,no,1,,,,torque"


def test_preview_shows_what_would_change_and_changes_nothing(
    mona_client: Client, published: CheckPlan
) -> None:
    text = export(mona_client).decode("utf-8-sig").replace("9.5", "11")
    lines = [
        line
        for line in text.splitlines(keepends=True)
        if not line.startswith("Invoices,score,90,Seal")
    ]
    answer = upload(
        mona_client,
        "".join(lines)
        .replace("is_the_seal_there,", ",")
        .replace('"not_ok; na"', "")
        .replace("not_ok; na", ""),
    )
    kinds = [row.import_type for row in answer.context["result"]]
    assert kinds.count("delete") == 1
    assert kinds.count("update") == 2
    assert CheckPlan.objects.get().items.count() == 4
    assert PlanVersion.objects.count() == 1


def test_import_publishes_one_version_for_each_queue(
    mona_client: Client, published: CheckPlan, labels: Queue, mona: User
) -> None:
    rows = "invoices,Is the seal there?,ok\nLabels,Barcode,scan\nInvoices,Is it dry?,OK\n"
    answer = confirm(mona_client, upload(mona_client, HEAD + rows))
    assert "Invoices: Version 2 is in use from now on." in page(answer)
    assert "Labels: Version 1 is in use from now on." in page(answer)
    assert questions(published.queue) == ["Is the seal there?", "Is it dry?"]
    assert questions(labels) == ["Barcode"]
    events = AuditEvent.objects.filter(kind=EventKind.PLAN_VERSION)
    assert [event.history_user for event in events] == [mona] * 3


def test_reworded_question_is_found_by_its_key(mona_client: Client, published: CheckPlan) -> None:
    item = PlanItem.objects.get(key="torque")
    row = "Invoices,How tight?,number,torque\n"
    confirm(mona_client, upload(mona_client, "Queue,Question,Answer,Key\n" + row))
    item.refresh_from_db()
    assert (item.question, item.upper) == ("How tight?", Decimal("9.5"))


def test_semicolons_commas_in_numbers_and_german_words_are_read(
    mona_client: Client, labels: Queue
) -> None:
    head = "Queue;Question;Answer;Upper limit;Required;Choices\n"
    rows = 'Labels;Höhe;number;1,5;ja;\nLabels;Farbe;choice;;nein;"rot; ! blau"\n'
    confirm(mona_client, upload(mona_client, (head + rows).encode("cp1252")))
    height, colour = labels.check_plan.items.all()
    assert (height.question, height.upper, height.is_required) == ("Höhe", Decimal("1.5"), True)
    assert (colour.is_required, colour.options) == (False, "rot\n! blau")


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        ("", "Orders,Seal,ok", "Queue: There is no queue “Orders”."),
        ("", "Labels,,ok", "Question: This field cannot be blank."),
        ("", "Labels,Seal,maybe", "Answer: “maybe”: write one of ok, choice, number, text"),
        ("Upper limit", "Labels,Seal,number,ten", "Upper limit: “ten”: write a number"),
        ("Weight", "Labels,Seal,ok,1.5", "Weight: “1.5”: write a whole number"),
        (
            "Weight",
            "Labels,Seal,ok,5000",
            "Weight: Ensure this value is less than or equal to 1000.",
        ),
        ("Required", "Labels,Seal,ok,perhaps", "Required: “perhaps”: write yes or no."),
        ("Choices", "Labels,Seal,choice,red", "Choices: Write at least two choices"),
        (
            "Only if",
            "Labels,Seal,ok,Nothing",
            "Only if: There is no item “Nothing” before this one.",
        ),
        (
            "Passes from",
            "Labels,Seal,ok,101",
            "Passes from: Ensure this value is less than or equal",
        ),
        ("Outcome", "Labels,Seal,ok,score", "Outcome: An earlier row of this queue has another"),
        ("Key", "Labels,Seal,ok,A key", "Key: Use small letters, digits and _ only."),
    ],
)
def test_fault_names_row_and_column_and_nothing_is_imported(
    mona_client: Client, labels: Queue, head: str, row: str, said: str
) -> None:
    extra = f",{head}" if head else ""
    first = "Labels,First,ok" + ("," if head else "")
    answer = upload(mona_client, f"Queue,Question,Answer{extra}\n{first}\n\n{row}\n")
    (wrong,) = answer.context["result"].invalid_rows
    ((column, (message,)),) = wrong.field_specific_errors.items()
    assert f"{column}: {message}".startswith(said)
    assert wrong.number == 4
    assert message.split("“")[0] in answer.content.decode()
    assert "confirm_form" not in answer.context
    assert not CheckPlan.objects.exists()


def test_two_queues_are_imported_both_or_none(
    mona_client: Client, invoices: Queue, labels: Queue
) -> None:
    upload(mona_client, HEAD + "Invoices,Seal,ok\nLabels,Seal,what\n")
    assert not CheckPlan.objects.exists()


def test_closed_queue_is_refused(mona_client: Client, labels: Queue) -> None:
    Queue.objects.update(is_closed=True)
    (wrong,) = upload(mona_client, HEAD + "Labels,Seal,ok\n").context["result"].invalid_rows
    assert wrong.field_specific_errors == {"Queue": ["Labels is closed."]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Queue,Question\nLabels,Seal\n", "The column “Answer” is missing."),
        (HEAD.strip() + ",Colour\nLabels,Seal,ok,red\n", "There is no column “Colour”. There are"),
        ("Queue,Question,Answer,Answer\nLabels,Seal,ok,ok\n", "There are two columns “Answer”."),
        ("", "The submitted file is empty."),
        (b"PK\x03\x04 nonsense", "This workbook is incomplete."),
    ],
)
def test_file_that_is_no_table_of_plans_is_refused_in_words(
    mona_client: Client, labels: Queue, content: Any, said: str
) -> None:
    answer = upload(mona_client, content)
    assert said in page(answer)
    assert "Traceback" not in page(answer)


def test_file_that_waits_too_long_or_is_changed_is_asked_for_again(
    mona_client: Client, labels: Queue
) -> None:
    sent = upload(mona_client, HEAD + "Labels,Seal,ok\n").context["confirm_form"].initial
    sent["import_file_name"] += "x"
    answer = mona_client.post(reverse("admin:qc_checkplan_process_import"), sent, follow=True)
    assert "The file is no longer here. Please choose it again." in page(answer)


def test_queue_closed_after_the_preview_is_not_changed(mona_client: Client, labels: Queue) -> None:
    answer = upload(mona_client, HEAD + "Labels,Seal,ok\n")
    Queue.objects.update(is_closed=True)
    assert "Nothing was imported" in page(confirm(mona_client, answer))
    assert not CheckPlan.objects.exists()


def test_auditor_exports_and_does_not_import(otto_client: Client, published: CheckPlan) -> None:
    assert export(otto_client)
    assert otto_client.get(reverse(IMPORT)).status_code == 403
