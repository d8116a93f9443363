"""The pages of defect codes: who may, what a change leaves, import and export."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from openpyxl import load_workbook

from qc.audit.sentences import plain_sentence
from qc.history.names import add_names
from qc.models import AuditEvent, Defect, DefectCode, EventKind, Queue, Task, User
from tests.admin.conftest import act, change, typed
from tests.databases import on_sqlite

pytestmark = [pytest.mark.django_db, on_sqlite]

LIST = "admin:qc_defectcode_changelist"
HEAD = "group,code,name,name_de,severity,active,queues\n"


@pytest.fixture
def scratch(labels: Queue) -> DefectCode:
    """A code of the queue Labels."""
    code = DefectCode.objects.create(
        group="Surface", code="SCR", name="Scratch", name_de="Kratzer", severity=2
    )
    code.queues.add(labels)
    return code


@pytest.fixture
def dent(db: None) -> DefectCode:
    return DefectCode.objects.create(group="Surface", code="DNT", name="Dent", severity=3)


def events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(kind=EventKind.CODE_CHANGED).order_by("pk"))


def found_by(code: DefectCode, task: Task, person: User) -> None:
    Defect.objects.create(
        task=task,
        code=code,
        queue=task.queue,
        person=person,
        completed_at=timezone.now(),
        severity=2,
    )


class TestList:
    def test_codes_are_listed_under_their_groups(
        self, mona_client: Client, scratch: DefectCode, dent: DefectCode
    ) -> None:
        DefectCode.objects.create(group="Papers", code="CRT", name="Certificate missing")
        page = mona_client.get(reverse(LIST)).content.decode()
        assert page.index(">Papers<") < page.index("CRT") < page.index(">Surface<")
        assert page.index(">Surface<") < page.index("DNT") < page.index("SCR")
        assert page.count(">Surface<") == 1

    def test_search_finds_the_german_name(self, mona_client: Client, scratch: DefectCode) -> None:
        assert "SCR" in mona_client.get(reverse(LIST), {"q": "kratz"}).content.decode()
        assert "SCR" not in mona_client.get(reverse(LIST), {"q": "beule"}).content.decode()

    def test_auditor_sees_and_changes_nothing(
        self, otto_client: Client, scratch: DefectCode
    ) -> None:
        assert otto_client.get(reverse(LIST)).status_code == 200
        assert otto_client.post(change(scratch), {"code": "X"}).status_code == 403
        assert otto_client.post(act(scratch, "switch_off")).status_code == 403
        assert otto_client.get(reverse("admin:qc_defectcode_import")).status_code == 403

    def test_qc_staff_are_refused(
        self, anna: User, sign_in_client: Any, scratch: DefectCode
    ) -> None:
        assert sign_in_client(anna).get(reverse(LIST)).status_code == 403


class TestChanges:
    def test_new_code_leaves_an_event_with_all_its_values(
        self, mona_client: Client, mona: User, labels: Queue
    ) -> None:
        new = {"group": "Surface", "code": "scr", "name": "Scratch", "severity": "2"}
        mona_client.post(reverse("admin:qc_defectcode_add"), new | {"queues": [labels.pk]})
        [event] = events()
        assert (event.history_user, event.details["code"]) == (mona, "SCR")
        assert event.details["before"] == {}
        assert event.details["after"]["queues"] == ["Labels"]

    def test_edit_leaves_what_it_changed(
        self, mona_client: Client, scratch: DefectCode, invoices: Queue
    ) -> None:
        sent = typed(mona_client, change(scratch))
        mona_client.post(change(scratch), sent | {"name": "Scratches", "queues": [invoices.pk]})
        [event] = events()
        assert event.details["before"] == {"name": "Scratch", "queues": ["Labels"]}
        assert event.details["after"] == {"name": "Scratches", "queues": ["Invoices"]}

    def test_saving_without_a_change_leaves_nothing(
        self, mona_client: Client, scratch: DefectCode
    ) -> None:
        mona_client.post(change(scratch), typed(mona_client, change(scratch)))
        assert events() == []

    @pytest.mark.parametrize("is_active", [True, False])
    def test_action_switches_one_code(
        self, mona_client: Client, scratch: DefectCode, is_active: bool
    ) -> None:
        DefectCode.objects.update(is_active=is_active)
        name = "switch_off" if is_active else "switch_on"
        mona_client.post(act(scratch, name), {"_form_submitted": "True"})
        scratch.refresh_from_db()
        assert scratch.is_active is not is_active
        assert events()[0].details["after"] == {"is_active": not is_active}

    def test_action_switches_the_selected_codes_each_with_an_event(
        self, mona_client: Client, scratch: DefectCode, dent: DefectCode
    ) -> None:
        chosen = {"action": "switch_selected_off", "_selected_action": [scratch.pk, dent.pk]}
        mona_client.post(reverse(LIST), chosen)
        mona_client.post(reverse(LIST), chosen)
        assert not DefectCode.objects.filter(is_active=True).exists()
        assert [one.details["code"] for one in events()] == ["DNT", "SCR"]

    def test_unused_code_is_deleted_with_an_event(
        self, mona_client: Client, scratch: DefectCode
    ) -> None:
        mona_client.post(act(scratch, "delete"), {"post": "yes"})
        assert not DefectCode.objects.exists()
        assert events()[0].details["after"] == {}

    def test_used_code_is_kept_in_a_sentence(
        self,
        mona_client: Client,
        scratch: DefectCode,
        anna: User,
        invoices: Queue,
        add_task: Callable[..., Task],
    ) -> None:
        found_by(scratch, add_task(invoices), anna)
        answer = mona_client.post(act(scratch, "delete"), {"post": "yes"}, follow=True)
        assert "SCR was found by checks, so it can&#x27;t be deleted." in answer.content.decode()
        assert DefectCode.objects.exists()

    def test_history_is_in_the_audit_trail(
        self, otto_client: Client, mona_client: Client, scratch: DefectCode
    ) -> None:
        mona_client.post(act(scratch, "switch_off"), {"_form_submitted": "True"})
        answer = otto_client.get(act(scratch, "history"), follow=True)
        assert "changed the defect code SCR: active yes → no" in answer.content.decode()

    def test_sentences_say_what_was_changed(self, mona_client: Client, scratch: DefectCode) -> None:
        sent = typed(mona_client, change(scratch))
        mona_client.post(change(scratch), sent | {"name": "Scratches", "severity": "1"})
        mona_client.post(act(scratch, "delete"), {"post": "yes"})
        changed, gone = (plain_sentence(row) for row in _trail_rows())
        assert changed == (
            "mona changed the defect code SCR: name “Scratch” → “Scratches”, "
            "severity major → critical"
        )
        assert gone == "mona deleted the defect code SCR"


def _trail_rows() -> list[Any]:
    rows = events()
    for row in rows:
        row.table = "event"
    add_names(rows)
    return rows


def upload(client: Client, content: bytes | str, name: str = "codes.csv") -> Any:
    """Upload a file; return the answer with its preview."""
    data = content.encode() if isinstance(content, str) else content
    number = "1" if name.endswith("xlsx") else "0"
    sent = {"import_file": SimpleUploadedFile(name, data), "format": number, "resource": ""}
    return client.post(reverse("admin:qc_defectcode_import"), sent)


def confirm(client: Client, preview: Any) -> Any:
    """Confirm an import that was previewed."""
    form = preview.context["confirm_form"]
    sent = {name: form[name].value() for name in form.fields}
    return client.post(reverse("admin:qc_defectcode_process_import"), sent, follow=True)


def export(client: Client, number: int) -> bytes:
    sent = {"format": str(number), "resource": ""}
    answer = client.post(reverse("admin:qc_defectcode_export"), sent)
    return b"".join(answer) if answer.streaming else answer.content


class TestFiles:
    @pytest.mark.parametrize("row", ["Surface,scr,Scratch,Kratzer,major,yes,Labels"])
    @pytest.mark.parametrize("between", [",", ";"])
    def test_preview_changes_nothing_and_its_confirmation_imports_all(
        self, mona_client: Client, mona: User, labels: Queue, row: str, between: str
    ) -> None:
        text = (HEAD + row).replace(",", between)
        preview = upload(mona_client, text)
        assert not DefectCode.objects.exists()
        answer = confirm(mona_client, preview)
        assert "Imported: 1 new, 0 changed, 0 the same." in answer.content.decode()
        code = DefectCode.objects.get()
        assert (code.code, code.severity, [*code.queues.all()]) == ("SCR", 2, [labels])
        assert (events()[0].history_user, events()[0].through) == (mona, "page")

    def test_german_file_is_read(self, mona_client: Client, labels: Queue) -> None:
        text = (
            "Gruppe;Fehlercode;Name;Name (de);Schwere;Aktiv;Warteschlangen\n"
            "Oberfläche;KRZ;Scratch;Kratzer;kritisch;nein;\n"
        )
        confirm(mona_client, upload(mona_client, text))
        code = DefectCode.objects.get()
        assert (code.group, code.severity, code.is_active) == ("Oberfläche", 1, False)

    @pytest.mark.parametrize("language", ["en", "de"])
    @pytest.mark.parametrize(("number", "name"), [(0, "codes.csv"), (1, "codes.xlsx")])
    def test_round_trip_changes_nothing(
        self,
        mona_client: Client,
        mona: User,
        scratch: DefectCode,
        dent: DefectCode,
        invoices: Queue,
        number: int,
        name: str,
        language: str,
    ) -> None:
        scratch.queues.add(invoices)
        User.objects.filter(pk=mona.pk).update(language=language)
        data = export(mona_client, number)
        User.objects.filter(pk=mona.pk).update(language="en")
        answer = confirm(mona_client, upload(mona_client, data, name))
        assert "Imported: 0 new, 0 changed, 2 the same." in answer.content.decode()
        assert events() == []

    @pytest.mark.parametrize("number", [0, 1])
    def test_name_that_looks_like_a_formula_is_none_in_a_spreadsheet(
        self, mona_client: Client, scratch: DefectCode, number: int
    ) -> None:
        DefectCode.objects.filter(pk=scratch.pk).update(name="=1+1")
        data = export(mona_client, number)
        if number:
            cell = load_workbook(BytesIO(data)).active["C2"]
            assert cell.data_type == "s"
        else:
            assert b",'=1+1," in data
        answer = confirm(mona_client, upload(mona_client, data, ["a.csv", "a.xlsx"][number]))
        assert "Imported: 0 new, 0 changed, 1 the same." in answer.content.decode()

    def test_export_has_words_for_severity_and_names_of_queues(
        self, mona_client: Client, scratch: DefectCode, invoices: Queue
    ) -> None:
        scratch.queues.add(invoices)
        book = load_workbook(BytesIO(export(mona_client, 1)))
        rows = list(book.active.values)
        assert rows[1] == (
            "Surface",
            "SCR",
            "Scratch",
            "Kratzer",
            "major",
            "yes",
            "Invoices; Labels",
        )

    @pytest.mark.parametrize(
        ("row", "column", "sentence"),
        [
            ("S,A 1,Name,,major,yes,", "code", "A code has no blanks."),
            ("S,A1,,,major,yes,", "name", "This field cannot be blank."),
            ("S,A1,Name,,awful,yes,", "severity", "“awful” is no severity."),
            ("S,A1,Name,,major,perhaps,", "active", "Write yes or no, not “perhaps”."),
            ("S,A1,Name,,major,yes,Nowhere", "queues", "There is no queue “Nowhere”."),
            ("S,GOOD,Name,,major,yes,", "code", "Duplicate of row 2."),
        ],
    )
    def test_bad_row_is_named_and_nothing_is_imported(
        self, mona_client: Client, row: str, column: str, sentence: str
    ) -> None:
        answer = upload(mona_client, f"{HEAD}S,GOOD,Name,,major,yes,\n\n{row}\n")
        assert "confirm_form" not in answer.context
        [bad] = answer.context["result"].invalid_rows
        assert bad.number == 4
        assert sentence in str(bad.field_specific_errors[column])
        assert sentence in answer.content.decode()
        assert not DefectCode.objects.exists()

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("group,name\nS,Scratch\n", "The column code is missing."),
            (
                "code,name,colour\nS,Scratch,red\n",
                "These columns are unknown, or there twice: colour",
            ),
        ],
    )
    def test_other_file_is_refused_in_words(
        self, mona_client: Client, text: str, sentence: str
    ) -> None:
        page = upload(mona_client, text).content.decode()
        assert sentence in page
        assert "Traceback" not in page

    def test_nothing_is_imported_where_a_queue_has_gone_since_the_preview(
        self, mona_client: Client, labels: Queue
    ) -> None:
        rows = "S,GOOD,Name,,major,yes,\nS,SCR,Scratch,,major,yes,Labels\n"
        preview = upload(mona_client, HEAD + rows)
        labels.delete()
        answer = confirm(mona_client, preview)
        assert "Nothing was imported" in answer.content.decode()
        assert not DefectCode.objects.exists()
        assert events() == []

    def test_forged_confirmation_is_refused_in_words(self, mona_client: Client) -> None:
        sent = {"import_file_name": "?", "original_file_name": "x", "format": "0", "resource": ""}
        address = reverse("admin:qc_defectcode_process_import")
        answer = mona_client.post(address, sent, follow=True)
        assert "The file could not be read." in answer.content.decode()


def test_name_is_shown_in_the_language_of_the_reader(scratch: DefectCode) -> None:
    with override("de"):
        assert str(scratch) == "SCR Kratzer"
